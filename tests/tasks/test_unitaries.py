"""Unitaries against matrices and integers written down here, and the two ways of grading."""

from __future__ import annotations

import numpy as np
import pytest

from quasar.circuits.circuit import Circuit
from quasar.circuits.controlled import multi_phase, multi_x
from quasar.core.errors import CircuitError, InputError
from quasar.core.seeds import generator
from quasar.simulate.gate_matrix import gate_matrix
from quasar.tasks.registry import read_task
from quasar.tasks.running import run
from quasar.tasks.unitary_task import UnitaryTask
from support.task_circuits import broken, graded

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'


def matrix(**given: object) -> np.ndarray:
    task = read_task(given)
    assert isinstance(task, UnitaryTask)
    return task.apply(np.eye(1 << task.qubits, dtype=complex))


def test_the_fourier_transform_is_that_of_the_books() -> None:
    k = np.arange(8)
    wanted = np.exp(2j * np.pi * np.outer(k, k) / 8) / np.sqrt(8)
    assert np.allclose(matrix(task="qft", qubits=3), wanted)
    assert np.allclose(matrix(task="qft", qubits=3, inverse=True), wanted.conj().T)


def test_registers_are_added_and_compared() -> None:
    added = matrix(task="adder", qubits=4)
    compared = matrix(task="comparator", qubits=5)
    for a in range(4):
        for b in range(4):
            assert added[a | (a + b) % 4 << 2, a | b << 2] == 1
            assert compared[a | b << 2 | int(a < b) << 4, a | b << 2] == 1


def test_controls_and_phases() -> None:
    last = np.eye(8, dtype=complex)
    last[7, 7] = np.exp(0.5j)
    assert np.allclose(matrix(task="multi_controlled", qubits=3, gate="p", angle=0.5), last)
    assert np.allclose(np.diag(matrix(task="diagonal", phases=[0, 1])), [1, np.exp(1j)])
    assert np.allclose(matrix(task="permutation", to=[1, 0]), [[0, 1], [1, 0]])


@pytest.mark.parametrize("controls", range(7))
@pytest.mark.parametrize("borrowed", [0, 1, 4])
def test_controlled_x_leaves_borrowed_qubits(controls: int, borrowed: int) -> None:
    n = controls + 1 + borrowed
    gates = multi_x(range(controls), controls, range(controls + 1, n))
    rng = generator(controls, "borrowed", borrowed)
    start = [gate for q in range(n) for gate in multi_phase(float(rng.uniform(1, 2)), [q])]
    around = [g for q in range(n) for g in (("h", q),)]
    from quasar.circuits.circuit import Gate

    spread = [Gate(name, (q,)) for name, q in around]
    before = run(Circuit(n, (*spread, *start, *spread)))
    after = run(Circuit(n, (*spread, *start, *spread, *gates)))
    wanted = before.copy()
    mask = (1 << controls) - 1
    index = np.arange(1 << n)
    moved = np.where(index & mask == mask, index ^ (1 << controls), index)
    assert abs(np.vdot(wanted[moved], after)) == pytest.approx(1.0)


def test_the_empty_circuit_scores_nothing() -> None:
    score = graded(read_task("multi_controlled", qubits=8), f"{HEAD}qubit[8] q;\n")
    assert score.value > 0.98
    assert score.score == pytest.approx(0.0, abs=1e-9)
    assert not score.solved


@pytest.mark.parametrize("name", ["qft", "multi_controlled"])
def test_probes_find_a_gate_that_the_fidelity_hides(name: str) -> None:
    task = read_task(name, qubits=13)
    right = graded(task, task.reference())
    assert right.solved
    assert right.known_by == "probes"
    assert 0 < right.failure_probability < 1e-12
    wrong = graded(task, broken(task, generator(0, name)))
    assert not wrong.solved
    idle = graded(task, f"{HEAD}qubit[13] q;\n")
    assert not idle.solved
    assert idle.score == pytest.approx(0.0, abs=1e-6)


def test_probes_and_the_exact_fidelity_agree() -> None:
    task = read_task("diagonal", phases=[0.0, 0.3, 1.0, 2.0])
    assert isinstance(task, UnitaryTask)
    from quasar.circuits.qasm import parse
    from quasar.tasks.running import placed

    made = placed(parse(f"{HEAD}qubit[2] q;\np(0.7) q[0];\n"), 2)
    exact, probed = task._exact(made), task._probed(made)
    assert probed.value == pytest.approx(exact.value, abs=0.2)


def test_outputs_may_be_on_other_wires() -> None:
    body = "bit[2] c;\nqubit[2] q;\nc[0] = measure q[1];\nc[1] = measure q[0];\n"
    assert graded(read_task("permutation", to=[0, 2, 1, 3]), f"{HEAD}{body}").solved


def test_ancillas_that_stay_entangled_count_as_wrong() -> None:
    task = read_task("diagonal", phases=[0.0, 1.0])
    kept = f"{HEAD}qubit[2] q;\ncx q[0], q[1];\np(1.0) q[1];\n"
    assert not graded(task, kept).solved
    assert graded(task, f"{kept}cx q[0], q[1];\n").solved


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"task": "adder", "qubits": 3}, "an even number, not 3"),
        ({"task": "comparator", "qubits": 4}, "an odd number from 3, not 4"),
        ({"task": "permutation", "to": [0, 0]}, "each of 0 to 1 once"),
        ({"task": "permutation", "to": [0, 1]}, "moves nothing"),
        ({"task": "diagonal", "phases": [0.0, 1.0, 2.0]}, "3 phases for 2 qubits"),
        ({"task": "multi_controlled", "qubits": 1}, "from 2 to 20"),
    ],
)
def test_what_is_no_unitary_is_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_task(given)


def test_single_gates_have_the_matrices_of_the_book() -> None:
    assert np.allclose(gate_matrix(multi_phase(0.3, [0])[0]), np.diag([1, np.exp(0.3j)]))


@pytest.mark.parametrize(
    ("task", "gates"),
    [
        (
            {"task": "multi_controlled", "qubits": 3},
            "qubit[3] q; reset q[1]; ccx q[0], q[1], q[2];",
        ),
        ({"task": "encoder", "code": "repetition"}, "qubit[3] q; reset q; cx q[0], q[1];"),
        ({"task": "syndrome", "code": "repetition"}, "qubit[5] q; reset q[2]; cx q[0], q[3];"),
    ],
)
def test_the_inputs_must_not_be_reset(task: dict[str, object], gates: str) -> None:
    with pytest.raises(CircuitError, match=r"resets qubit \d, which holds the input"):
        graded(read_task(task), HEAD + gates)


def test_ancillas_may_be_reset_before_use() -> None:
    task = read_task({"task": "multi_controlled", "qubits": 3})
    assert graded(task, f"{HEAD}qubit[4] q; reset q[3]; ccx q[0], q[1], q[2];").solved
