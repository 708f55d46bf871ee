"""`quasar optimise`: what it writes, prints and refuses."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from quasar.cli.main import app
from quasar.core.errors import EXIT_INFEASIBLE, EXIT_INTERRUPTED, InputError
from quasar.optimize.trace import Trace
from quasar.problems.load import load_problem
from quasar.verifier.pipeline import Verifier

PAIR = {"problem_type": "maxcut", "graph": {"nodes": [{"id": 0}, {"id": 1}], "edges": [
    {"source": 0, "target": 1}]}}  # fmt: skip
HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
WRITTEN = HEAD + "input float a;\nqubit[2] q;\nry(a) q[0];\nry(0.1) q[1];\n"


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    circuit, problem = tmp_path / "c.qasm", tmp_path / "p.json"
    circuit.write_text(WRITTEN)
    problem.write_text(json.dumps(PAIR))
    return [str(circuit), "--problem", str(problem), "--set", "a=0.4"]


def run(*args: str, text: str | None = None, name: str = "optimise") -> Result:
    return CliRunner().invoke(app, [name, *args], input=text)


@pytest.mark.parametrize("name", ["optimise", "optimize"])
def test_the_program_is_printed_and_the_figures_beside_it(files: list[str], name: str) -> None:
    done = run(*files, name=name)
    assert done.exit_code == 0, done.output
    report = Verifier(load_problem(PAIR)).verify(done.stdout)
    assert report.p_optimal == pytest.approx(1.0, abs=2e-3)
    assert "before" in done.stderr
    assert "P(opt)" in done.stderr


def test_out_is_written_once(files: list[str], tmp_path: Path) -> None:
    out = tmp_path / "better.qasm"
    done = run(*files, "--out", str(out))
    assert done.exit_code == 0
    assert f"written     {out}" in done.stdout
    assert Verifier(load_problem(PAIR)).verify(out.read_text()).top_is_optimal
    assert "exists already" in str(run(*files, "--out", str(out)).exception)
    assert run(*files, "--out", str(out), "--force").exit_code == 0
    assert "is a folder" in str(run(*files, "--out", str(tmp_path)).exception)
    assert "no folder" in str(run(*files, "--out", str(tmp_path / "a" / "b")).exception)


def test_json_says_everything(files: list[str]) -> None:
    options = ("--json", "--max-evaluations", "50", "--method", "cobyla", "--seed", "3")
    told = json.loads(run(*files, *options).stdout)
    assert told["improved"]
    assert told["evaluations"] <= told["max_evaluations"] == 50
    assert told["before"]["energy"] > told["report"]["energy"]
    assert (told["method"], told["seed"], told["interrupted"]) == ("cobyla", 3, False)
    assert told["qasm"] == json.loads(run(*files, *options).stdout)["qasm"]


def test_standard_input_is_a_circuit_or_a_problem(files: list[str]) -> None:
    circuit, _, problem, *rest = files
    assert run("-", "--problem", problem, *rest, text=WRITTEN).exit_code == 0
    assert run(circuit, "--problem", "-", *rest, text=json.dumps(PAIR)).exit_code == 0
    both = run("-", "--problem", "-", *rest, text=WRITTEN)
    assert isinstance(both.exception, InputError)


def test_an_infeasible_circuit_has_its_verdict(files: list[str], tmp_path: Path) -> None:
    (tmp_path / "c.qasm").write_text(HEAD + "qubit[2] q;\noops q[0];\n")
    done = run(*files[:3])
    assert done.exit_code == EXIT_INFEASIBLE
    assert "line 4" in done.stdout


def test_ctrl_c_keeps_the_best(
    files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, record, sent = tmp_path / "better.qasm", Trace.record, []

    def interrupted(self: Trace, *seen: Any) -> None:
        record(self, *seen)
        if len(self.energies) == 8 and not sent:
            sent.append(True)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Trace, "record", interrupted)
    done = run(*files, "--json", "--out", str(out), "--method", "cobyla")
    assert done.exit_code == EXIT_INTERRUPTED
    told = json.loads(done.stdout)
    assert told["interrupted"]
    assert told["improved"], told["note"]
    assert told["evaluations"] == 8
    assert told["before"]["energy"] > told["report"]["energy"]
    assert out.read_text() == told["qasm"]


def test_a_device_judges_before_and_after(files: list[str], tmp_path: Path) -> None:
    noisy = (*files, "--device", "generic:3:line", "--shots", "500", "--mitigate", "readout")
    done = run(*noisy, "--out", str(tmp_path / "better.qasm"))
    assert done.exit_code == 0, done.output
    lines = [line.split() for line in done.stdout.splitlines()]
    labels = [line[0] for line in lines if line]
    facts = ["device", "ideal", "noisy", "mitigated", "mitigation"]
    first, last = labels.index("before"), labels.index("after")
    assert [label for label in labels[first:last] if label in facts] == facts
    assert [label for label in labels[last:] if label in facts] == facts


def test_worse_under_noise_is_said(files: list[str]) -> None:
    Path(files[0]).write_text(
        HEAD + "input float a;\nqubit[2] q;\nry(a) q[0];\nry(2.4) q[1];\ncry(0) q[0], q[1];\n"
    )
    device = ("--device", "generic:3:line", "--noise", "depolarizing:0,0.5")
    files[-1] = "a=1.0"
    done = run(*files, *device)
    assert "worse than the given ones: noisy energy" in " ".join(done.stderr.split())
    told = json.loads(run(*files, *device, "--json").stdout)
    assert "noisy energy" in told["device_note"]
    assert told["report"]["device"]["noisy"]["energy"] > told["before"]["device"]["noisy"]["energy"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--mitigate", "readout"], "give --device or --noise"),
        (["--shots", "10"], "give --device or --noise"),
        (["--device", "torono"], "There is no device 'torono'"),
    ],
)
def test_devices_that_cannot_be_used_are_said_as_by_verify(
    files: list[str], options: list[str], said: str
) -> None:
    found = [str(run(*files, *options, name=name).exception) for name in ("optimise", "verify")]
    assert said in found[0]
    assert found[0] == found[1]


def test_a_device_that_is_too_small_is_said_once(files: list[str]) -> None:
    done = run(*files, "--device", "ions:1")
    assert done.exit_code == 0
    assert done.stderr.count("the circuit has 2 qubits, ions:1 has 1") == 1


def test_cvar_is_told(files: list[str]) -> None:
    done = run(*files, "--cvar", "0.5", "--json")
    told = json.loads(done.stdout)
    assert told["cvar"] == 0.5
    assert "CVaR 0.9    " in run(*files, "--cvar", "0.9").stderr
    assert run(*files, "--cvar", "2").exit_code == 2
