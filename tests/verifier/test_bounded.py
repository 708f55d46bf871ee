"""`quasar.verify` and `quasar verify` end, whatever text they are given, and use little memory."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

import quasar
from quasar.core.errors import InputError, ProblemError
from quasar.verifier import bounded
from quasar.verifier.sandbox import SandboxLimits
from quasar.verifier.settings import VerifierSettings

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
PAIR = quasar.load_problem({"hamiltonian": "1.0 * (Z(0) @ Z(1)) + 0.5 * Z(0)"})
BELL = HEAD + "qubit[2] q; h q[0]; cx q[0], q[1];"
DEFINED = HEAD + "gate bell a, b { h a; ctrl @ x a, b; } qubit[2] q; bell q[0], q[1];"
SHORT = SandboxLimits(max_seconds=1, max_memory_mib=512)

HOSTILE = {
    "doubling definitions": (
        "gate d0 a { sx a; }"
        + "".join(f"gate d{i} a {{ d{i - 1} a; d{i - 1} a; }}" for i in range(1, 50))
        + "qubit[2] q; d49 q[1];",
        {"gates"},
    ),
    "controls on controls": (
        "gate k0 a0 { sx a0; }"
        + "".join(
            f"gate k{i} {n} {{ negctrl @ k{i - 1} {n}; }}"
            for i in range(1, 9)
            for n in [", ".join(f"a{j}" for j in range(i + 1))]
        )
        + "qubit[9] q; k8 " + ", ".join(f"q[{j}]" for j in range(9)) + ";",
        {"gates"},
    ),
    "a power that is no literal": (
        "gate g " + ", ".join(f"a{i}" for i in range(12)) + " { "
        + " ".join(f"h a{i};" for i in range(12)) + " } qubit[12] q; pow(1/3.0) @ g "
        + ", ".join(f"q[{i}]" for i in range(12)) + ";",
        {"time", "memory"},
    ),
    "measured in mid-circuit": (
        "qubit[17] q; bit[17] c; h q; c = measure q; ry(0.3) q; c = measure q; h q;",
        {"outcomes", "time"},
    ),
    "many qubits": ("qubit[3000000000] q; h q[0];", {"qubits"}),
    "many qubits, computed": ("qubit[30000*50000] q; gphase(0);", {"memory", "time"}),
    "a physical qubit far away": ("h $900000000;", {"qubits"}),
    "a loop over bits": (
        "qubit[2] q; bit[200000] c; c[0] = measure q[0]; while (c == 0) { h q[0]; h q[0]; "
        "c[0] = measure q[0]; }",
        {"time", "steps", "memory"},
    ),
    "deep blocks": ("qubit[2] q; bit c; " + "if (c) { " * 500 + "}" * 500, {"nesting"}),
    "flat but long": ("qubit[24] q; " + "h q; " * 800, set()),  # told without a simulation
}  # fmt: skip


@pytest.mark.timeout(60)
@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_program_gets_a_verdict(case: str) -> None:
    body, limits = HOSTILE[case]
    report = quasar.verify(HEAD + body, PAIR, limits=SHORT)
    assert not report.feasible
    assert report.fault is not None
    assert report.fault.kind == ("limit" if limits else "qubits")
    assert report.fault.limit in (limits or {None})


@pytest.mark.timeout(90)
def test_the_command_line_gives_a_verdict_within_its_memory(tmp_path: Path) -> None:
    problem, circuit = tmp_path / "p.json", tmp_path / "c.qasm"
    problem.write_text('{"hamiltonian": "1.0 * (Z(0) @ Z(1))"}')
    circuit.write_text(HEAD + HOSTILE["many qubits, computed"][0])
    command = [sys.executable, "-m", "quasar", "verify", str(circuit), "--problem", str(problem)]
    done = subprocess.run(
        ["bash", "-c", 'ulimit -v 8000000; exec "$@"', "bash", *command, "--max-seconds", "1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert "infeasible" in done.stdout


@pytest.mark.timeout(60)
@pytest.mark.parametrize("case", ["doubling definitions", "a loop over bits", "flat but long"])
def test_a_hostile_reference_is_an_input_error(case: str) -> None:
    with pytest.raises(InputError, match="reference circuit is not usable"):
        quasar.verify(BELL, PAIR, reference=HEAD + HOSTILE[case][0], limits=SHORT)


def test_a_reference_with_definitions_is_compared_with() -> None:
    for text in (BELL, DEFINED):
        report = quasar.verify(text, PAIR, reference=DEFINED)
        assert report.relative_entropy == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("text", [BELL, DEFINED, HEAD + "qubit[2] q; hh q;", b"\xff", ""])
def test_limits_change_nothing_that_is_within_them(text: str | bytes) -> None:
    within = quasar.verify(text, PAIR).model_dump(mode="json", exclude={"cost_s"})
    without = quasar.verify(text, PAIR, limits=None).model_dump(mode="json", exclude={"cost_s"})
    assert within == without


def test_flat_programs_need_no_other_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded._SandboxKey, "open", lambda key: pytest.fail("opened a sandbox"))
    assert quasar.verify(BELL, PAIR, reference=BELL).feasible
    assert not quasar.verify(HEAD + "qubit[40] q; h q;", PAIR).feasible
    assert quasar.verify(DEFINED, PAIR, limits=None).feasible
    assert quasar.Verifier(PAIR).verify(DEFINED).feasible


def test_the_sandbox_serves_the_next_call_too() -> None:
    quasar.verify(DEFINED, PAIR)
    assert bounded._kept._box is not None
    pids = bounded._kept._box.pids
    quasar.verify(DEFINED + " x q;", PAIR)
    assert bounded._kept._box.pids == pids
    quasar.verify(DEFINED, PAIR, settings=VerifierSettings(max_stage=1))
    assert bounded._kept._box.pids != pids


def test_a_forked_child_has_a_sandbox_of_its_own() -> None:
    quasar.verify(DEFINED, PAIR)
    box = bounded._kept._box
    assert box is not None
    child = multiprocessing.get_context("fork").Process(target=_verify_in_child)
    child.start()
    child.join(60)
    assert child.exitcode == 0
    assert bounded._kept._box is box
    for pid in box.pids:
        os.kill(pid, 0)  # still there
    assert quasar.verify(DEFINED, PAIR).feasible


def _verify_in_child() -> None:
    ok = quasar.verify(DEFINED, PAIR).feasible
    bounded._kept.close()
    os._exit(0 if ok else 1)


def test_a_stage_that_takes_too_long_is_left_out_and_said() -> None:
    """Stage 4 is the verifier's own work: the circuit stays feasible."""
    angles = "".join(f"ry(0.{i:03d}) q[{i % 17}]; cx q[{i % 17}], q[{(i + 1) % 17}]; "
                     for i in range(1, 300))  # fmt: skip
    problem = quasar.load_problem({"hamiltonian": "1.0 * (Z(0) @ Z(16))"})
    report = quasar.verify(HEAD + "qubit[17] q; " + angles, problem, limits=SHORT)
    assert report.feasible
    assert report.approximation_ratio is not None
    assert report.stages.utility is None
    assert "not finished within" in report.skipped["utility"]


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "problem",
    [
        {"problem_type": "graph_coloring", "graph": {"nodes": [{"id": 0}, {"id": 1}],
         "edges": [{"source": 0, "target": 1}]},
         "problem_specific_attributes": {"number_of_colors": 10**9}},
        {"problem_type": "tsp", "graph": {"nodes": [{"id": i} for i in range(9000)],
         "edges": [{"source": i, "target": i + 1} for i in range(8999)]}},
    ],
)  # fmt: skip
def test_a_problem_too_large_is_refused_before_it_is_encoded(problem: dict) -> None:
    with pytest.raises(ProblemError, match="at most 5,000 can be encoded"):
        quasar.verify(BELL, problem)
