"""Anybody's program with better angles, and what is measured on both ends."""

from __future__ import annotations

import pytest

from quasar.agent.optimise import optimise
from quasar.agent.polish import Method
from quasar.circuits.qasm import parse
from quasar.core.errors import CircuitError
from quasar.optimize.trace import Budget
from quasar.problems.load import load_problem
from quasar.verifier.pipeline import Verifier

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
PAIR = {"problem_type": "maxcut", "graph": {"nodes": [{"id": 0}, {"id": 1}], "edges": [
    {"source": 0, "target": 1}]}}  # fmt: skip
WRITTEN = HEAD + "qubit[2] q;\nry(0.4) q[0];\nry(0.1) q[1];\n"


@pytest.fixture
def verifier() -> Verifier:
    return Verifier(load_problem(PAIR))


@pytest.mark.parametrize("method", ["lbfgs", "cobyla"])
def test_energy_falls_and_gates_stay(method: Method, verifier: Verifier) -> None:
    found = optimise(parse(WRITTEN), verifier, method=method, budget=Budget(300))
    assert found.improved
    assert found.report.energy is not None
    assert found.before.energy is not None
    assert found.report.energy == pytest.approx(-0.5, abs=2e-3)
    assert found.before.energy > found.report.energy
    assert found.before.energy == pytest.approx(verifier.verify(WRITTEN).energy)
    turned = [line for line in found.qasm.splitlines() if line.startswith("ry")]
    assert [line[-5:] for line in turned] == ["q[0];", "q[1];"]
    assert len(found.polish.trace.energies) <= 300


@pytest.mark.parametrize("method", ["lbfgs", "cobyla"])
def test_the_budget_is_kept(method: Method, verifier: Verifier) -> None:
    stopped = Budget(1000, stop=lambda: True)
    found = optimise(parse(WRITTEN), verifier, method=method, budget=stopped)
    assert not found.improved
    assert found.polish.out_of_time
    found = optimise(parse(WRITTEN), verifier, method=method, budget=Budget(4))
    assert len(found.polish.trace.energies) == 4


def test_a_circuit_without_angles_comes_back_as_it_was(verifier: Verifier) -> None:
    found = optimise(parse(HEAD + "qubit[2] q;\nh q[0];\n"), verifier)
    assert not found.improved
    assert "no angles" in found.polish.note
    assert found.before is found.report
    assert "h q[0];" in found.qasm


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("qubit[3] q;\nh q;\n", "the circuit has 3 qubits, the problem has 2"),
        ("qubit[2] q;\nbit c;\nc = measure q[0];\nif (c) { x q[1]; }\n", "dynamic"),
    ],
)
def test_what_cannot_be_optimised(program: str, message: str, verifier: Verifier) -> None:
    with pytest.raises(CircuitError, match=message):
        optimise(parse(HEAD + program), verifier)
