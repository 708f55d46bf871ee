"""States against vectors written down here, and what is no state."""

from __future__ import annotations

import math

import numpy as np
import pytest

from quasar.core.errors import CircuitError, InputError
from quasar.tasks.registry import read_task
from quasar.tasks.state_task import StateTask
from support.task_circuits import graded

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'


def target(**given: object) -> np.ndarray:
    task = read_task(given)
    assert isinstance(task, StateTask)
    return task.target()


def test_targets_are_the_states_of_the_books() -> None:
    r = math.sqrt(0.5)
    assert np.allclose(target(task="ghz", qubits=3), [r, 0, 0, 0, 0, 0, 0, r])
    assert np.allclose(np.flatnonzero(target(task="w", qubits=3)), [1, 2, 4])
    assert np.allclose(np.flatnonzero(target(task="dicke", qubits=4, k=2)), [3, 5, 6, 9, 10, 12])
    assert np.allclose(target(task="cluster", qubits=2), [0.5, 0.5, 0.5, -0.5])
    cat = target(task="cat", string="001", phase=math.pi / 2)
    assert np.allclose(cat, [0, r, 0, 0, 0, 0, 1j * r, 0])
    assert np.allclose(target(task="amplitudes", amplitudes=["0.6", "0.8i"]), [0.6, 0.8j])


def test_cluster_states_join_neighbours_of_the_grid() -> None:
    grid = read_task("cluster", qubits=6, rows=2)
    edges = [[0, 1], [1, 2], [3, 4], [4, 5], [0, 3], [1, 4], [2, 5]]
    same = read_task("graph_state", qubits=6, edges=edges)
    assert isinstance(grid, StateTask)
    assert isinstance(same, StateTask)
    assert np.allclose(grid.target(), same.target())


def test_ancillas_must_return_to_zero() -> None:
    bell = read_task("ghz", qubits=2)
    used = "qubit[3] q;\nh q[2];\ncx q[2], q[0];\ncx q[2], q[1];\n"
    score = graded(bell, f"{HEAD}{used}")
    assert score.value == pytest.approx(0.25)
    assert score.ancillas == 1
    tidy = graded(bell, f"{HEAD}{used}cx q[0], q[2];\n")
    assert tidy.solved
    assert tidy.details["ancillas_in_zero"] == pytest.approx(1.0)


def test_measured_bits_say_which_qubit_is_which() -> None:
    task = read_task("uniform", strings=["01"])
    moved = f"{HEAD}bit[2] c;\nqubit[2] q;\nx q[1];\nc[0] = measure q[1];\nc[1] = measure q[0];\n"
    assert graded(task, moved).solved
    assert graded(task, f"{HEAD}qubit[2] q;\nx q[1];\n").value == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("qubit[1] q;\nh q[0];\n", "qubits"),
        ("qubit[2] q;\nbit[1] c;\nc[0] = measure q[0];\nh q[0];\n", "measurement"),
        ("qubit[3] q;\nbit[1] c;\nh q[0];\nc[0] = measure q[0];\n", "measurement"),
    ],
)
def test_what_has_no_state_is_a_fault(body: str, kind: str) -> None:
    with pytest.raises(CircuitError) as caught:
        graded(read_task("ghz", qubits=2), f"{HEAD}{body}")
    assert caught.value.kind == kind


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"task": "amplitudes", "amplitudes": [1, 1]}, "not normalised: their squares sum to 2"),
        ({"task": "amplitudes", "amplitudes": [1, 0, 0]}, "3 amplitudes for 2 qubits"),
        ({"task": "amplitudes", "amplitudes": ["x", 0]}, "'x' is not a number: write one such"),
        ({"task": "amplitudes", "amplitudes": [None, 0]}, "amplitudes.0 must be a list, not None"),
        ({"task": "cat", "string": "01a"}, "must be a string of bits, such as 0110, not '01a'"),
        ({"task": "simon", "secret": "01" * 9}, "must have at most 10 characters, not 18"),
        ({"task": "dicke", "qubits": 3, "k": 4}, "4 ones do not fit"),
        ({"task": "cluster", "qubits": 5, "rows": 2}, "do not fill 2 rows"),
        ({"task": "graph_state", "qubits": 2, "edges": [[0, 0]]}, "does not join two"),
        ({"task": "graph_state", "qubits": 2, "edges": [[0, 1], [1, 0]]}, "given twice"),
        ({"task": "uniform", "strings": ["01", "1"]}, "not a string of 2 bits"),
        ({"task": "uniform", "strings": []}, "strings"),
        ({"task": "cat", "qubits": 2, "string": "010"}, "3 bits for 2 qubits"),
    ],
)
def test_what_is_no_state_is_refused_in_one_sentence(given: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        read_task(given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["ghz", "w", "cluster"])
def test_twenty_qubits_are_graded(name: str) -> None:
    task = read_task(name, qubits=20)
    assert graded(task, task.reference()).solved
