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
