from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp
from scipy.sparse import coo_array, csr_array

import quasar
from quasar.core.errors import ProblemError
from quasar.core.observable import PauliSum
from quasar.problems.quantum.pauli_input import read_observable

SAME: list[Any] = [
    "0.5*X0*Z1 - Y2 + 0.25",
    {"X0*Z1": 0.5, "Y2": -1, "": 0.25},
    {"X0 Z1": 0.5, "Y2": -1.0, "I": 0.25},
    [["IZX", 0.5], ["YII", -1], ["III", 0.25]],
    [{"pauli": "IZX", "coefficient": 0.5}, {"pauli": "YII", "coeff": -1}, ["III", [0.25, 0]]],
    [["X0*Z1", "0.5"], ["Y2", "-1+0j"], ["", {"real": 0.25, "imag": 0.0}]],
    SparsePauliOp(["IZX", "YII", "III"], [0.5, -1, 0.25]),
    SparsePauliOp(["IZX", "YII", "III"], [0.5, -1, 0.25]).to_matrix(),
]


@pytest.mark.parametrize("given", SAME, ids=range(len(SAME)))
def test_every_form_states_the_same_observable(given: Any) -> None:
    found = read_observable(given)
    assert found.n_qubits == 3
    assert found.constant == pytest.approx(0.25)
    expected = {((0, "X"), (1, "Z")): 0.5, ((2, "Y"),): -1.0}
    terms = {pauli: c for pauli, c in found.pauli_terms().items() if abs(c) > 1e-12}
    assert terms == pytest.approx(expected)
    loaded = quasar.load_problem({"observable": given})
    assert loaded.hamiltonian == found
    assert loaded.problem is not None
    assert quasar.load_problem(loaded.problem.to_data()).hamiltonian == found


def test_operators_that_are_not_diagonal_are_observables() -> None:
    operator = SparsePauliOp(["XX", "ZI"], [1.0, 0.5])
    found = quasar.load_problem(operator)
    assert found.problem is not None
    assert found.problem.problem_type == "observable"
    assert np.allclose(found.hamiltonian.to_sparse_pauli_op().to_matrix(), operator.to_matrix())  # type: ignore[attr-defined]
    diagonal = quasar.load_problem(SparsePauliOp(["ZZ"], [1.0]))
    assert diagonal.problem is not None
    assert diagonal.problem.problem_type == "ising"
    assert quasar.load_problem(PauliSum(2, {((0, "X"),): 1.0})).n_qubits == 2


def test_qubits_without_terms_are_counted() -> None:
    assert quasar.load_problem({"observable": "X0", "number_of_qubits": 3}).n_qubits == 3
    operator = SparsePauliOp(["X"], [1.0])
    assert quasar.load_problem({"observable": operator, "number_of_qubits": 3}).n_qubits == 3


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("0.5*X0*W1", "unknown Pauli 'W'"),
        ("(0.5+2j)*X0", "complex"),
        ("X0*Y0", "X and Y on qubit 0"),
        ("", "empty"),
        ({}, "empty"),
        ([["XZ", [0, 1]]], "complex"),
        ([["XZ", "1j"]], "complex"),
        ([["XZ", True]], "must be a number"),
        ([["XZ", "one"]], "must be a number"),
        ([["XZ", 1], ["XZZ", 1]], "differ in length"),
        ([["XQ", 1]], "unknown Pauli 'Q'"),
        ([[3, 1]], "must be text"),
        (["XZ"], "with its coefficient"),
        (3, "text, an object or a list"),
        (SparsePauliOp(["X"], [1j]), "complex"),
        (np.array([[0, 1], [0, 0]]), "not Hermitian"),
        (np.eye(3), "no observable"),
        (np.broadcast_to(0.0, (1 << 11, 1 << 11)), "sum of Pauli strings"),
    ],
)
def test_bad_observables_are_refused_in_one_sentence(given: Any, said: str) -> None:
    with pytest.raises(ProblemError, match=said) as caught:
        quasar.load_problem({"observable": given})
    assert "\n" not in str(caught.value)


def test_a_number_of_qubits_that_is_too_small_is_refused() -> None:
    for given in ("X3", [["X3", 1.0]], SparsePauliOp(["XII"], [1.0])):
        with pytest.raises(ProblemError, match=r"2 qubits|acts on 3"):
            quasar.load_problem({"observable": given, "number_of_qubits": 2})


def test_a_complex_matrix_alone_is_an_observable_and_a_real_one_where_it_is_said() -> None:
    complex_one = np.array([[0.5, 1 - 2j], [1 + 2j, -0.5]])
    lowest = float(np.linalg.eigvalsh(complex_one)[0])
    for given in (complex_one, csr_array(complex_one)):
        assert quasar.load_problem(given).ground.energy == pytest.approx(lowest)  # type: ignore[attr-defined, arg-type]
        assert quasar.load_problem({"observable": given}).hamiltonian.n_qubits == 1
    real_one = np.diag([3, 1, 2, 7])
    found = quasar.load_problem(real_one, problem_type="observable")  # type: ignore[arg-type]
    assert found.ground.energy + found.hamiltonian.constant == pytest.approx(1)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (np.array([[0, 1j], [1j, 0]]), "not Hermitian"),
        (np.eye(3, dtype=complex), "2\\*\\*n rows"),
        (np.array([[np.nan + 0j, 0], [0, 1]]), "finite"),
        (coo_array((1 << 40, 1 << 40), dtype=complex), "at most 1,024"),
    ],
)
def test_matrices_that_are_no_observables_are_named(given: Any, says: str) -> None:
    with pytest.raises(ProblemError, match=says):
        quasar.load_problem(given)


def test_the_accuracy_does_not_vanish_with_a_ground_energy_of_zero() -> None:
    projectors = {"observable": "1 - 0.5*X0*X1 - 0.5*Z0*Z1"}
    found = quasar.load_problem(projectors)
    assert found.accuracy == pytest.approx(1e-3)  # type: ignore[attr-defined]
    nearly = (
        'OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; h q[0]; cx q[0], q[1]; rz(1e-4) q[0];'
    )
    report = quasar.verify(nearly, projectors)
    ground = report.stages.ground
    assert ground is not None
    assert ground.accurate
    assert 0 < ground.energy_error < 1e-3
    assert "; 1 shot for" in str(report)
