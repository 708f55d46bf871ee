"""Pauli sums: text, Qiskit's operators and matrices built by hand agree; what is refused."""

from __future__ import annotations

import pickle
from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.quantum_info import SparsePauliOp

from quasar.core import observable as module
from quasar.core.errors import ProblemError
from quasar.core.hamiltonian import Diagonal, IsingHamiltonian
from quasar.core.observable import PauliSum

MATRICES = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}


def dense(observable: PauliSum) -> np.ndarray:
    """The matrix by Kronecker products, qubit 0 least significant; without the constant."""
    n = observable.n_qubits
    out = np.zeros((1 << n, 1 << n), dtype=complex)
    for pauli, c in observable.pauli_terms().items():
        axes = dict(pauli)
        out += c * reduce(np.kron, [MATRICES[axes.get(q, "I")] for q in reversed(range(n))])
    return out


def ising_chain(n: int) -> PauliSum:
    """The transverse-field Ising model on an open chain, J = 1, h = 0.7."""
    bonds = " ".join(f"- Z{i}*Z{i + 1}" for i in range(n - 1))
    fields = " ".join(f"- 0.7*X{i}" for i in range(n))
    return PauliSum.from_text(f"{bonds} {fields}")


def pauli_sums(max_qubits: int = 4) -> st.SearchStrategy[PauliSum]:
    finite = st.floats(-1e6, 1e6, allow_nan=False)

    def of_size(n: int) -> st.SearchStrategy[PauliSum]:
        product = st.dictionaries(st.integers(0, n - 1), st.sampled_from("XYZ"), min_size=1)
        paulis = product.map(lambda factors: tuple(sorted(factors.items())))
        terms = st.dictionaries(paulis, finite, max_size=8)
        return st.builds(PauliSum, st.just(n), terms, finite)

    return st.integers(1, max_qubits).flatmap(of_size)


@settings(deadline=None)
@given(pauli_sums())
def test_text_and_operator_round_trips(observable: PauliSum) -> None:
    assert PauliSum.from_text(observable.to_text(), observable.n_qubits) == observable
    assert PauliSum.from_sparse_pauli_op(observable.to_sparse_pauli_op()) == observable


@settings(deadline=None)
@given(pauli_sums(), st.integers(0, 99))
def test_application_is_the_matrix(observable: PauliSum, seed: int) -> None:
    rng = np.random.default_rng(seed)
    size = 1 << observable.n_qubits
    state = rng.normal(size=size) + 1j * rng.normal(size=size)
    state /= np.linalg.norm(state)
    matrix = dense(observable)
    scale = 1 + sum(map(abs, observable.pauli_terms().values()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_KEPT_ENTRIES", 0 if seed % 2 else 1 << 24)
        for _ in range(2):
            applied = observable.apply(state)
            np.testing.assert_allclose(applied, matrix @ state, atol=1e-12 * scale)
    expected = np.vdot(state, matrix @ state).real
    assert observable.expectation(state) == pytest.approx(expected, abs=1e-12 * scale)


def test_against_qiskits_matrix() -> None:
    observable = PauliSum.from_text("0.5*X0*Z1 - Y2 + 2*Y0 Y1 - 0.25 (Z(0) @ Z(2)) + 3")
    matrix = observable.to_sparse_pauli_op().to_matrix()
    np.testing.assert_allclose(dense(observable) + 3 * np.eye(8), matrix, atol=1e-15)


def test_how_a_sum_is_read() -> None:
    observable = PauliSum.from_text("2X0*Z1 + X0*X0 - 0.5*I3 + Y2 Z(1) + Z1*Y2 - Z0 * X1")
    assert observable.pauli_terms() == {
        ((0, "X"), (1, "Z")): 2.0,
        ((1, "Z"), (2, "Y")): 2.0,
        ((0, "Z"), (1, "X")): -1.0,
    }
    assert (observable.n_qubits, observable.constant) == (4, 0.5)
    assert PauliSum.from_text("1.5e-3 X0 + (2)*Z0").pauli_terms()[((0, "X"),)] == 1.5e-3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.5j*X0", "complex"),
        ("(1+2j)*X0", "complex"),
        ("X0 + W1", "unknown Pauli 'W'"),
        ("X0*Y0", "multiply them out"),
        ("X0 +", "cannot be read"),
        ("X0 X", "cannot be read at 'X'"),
        ("", "empty"),
        ("1e999*X0", "finite"),
        ("X123456", "sensible"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(ProblemError, match=message):
        PauliSum.from_text(text)


def test_qubits_outside_are_refused() -> None:
    with pytest.raises(ProblemError, match="qubit 5"):
        PauliSum.from_text("X5", 5)
    with pytest.raises(ProblemError, match="outside"):
        PauliSum(1, {((1, "X"),): 1.0})
    with pytest.raises(ProblemError, match="ascending"):
        PauliSum(2, {((1, "X"), (0, "X")): 1.0})
    with pytest.raises(ProblemError, match="complex"):
        PauliSum.from_sparse_pauli_op(SparsePauliOp(["XY"], [1j]))


@settings(deadline=None)
@given(pauli_sums())
def test_a_diagonal_sum_is_an_ising_hamiltonian(observable: PauliSum) -> None:
    if not observable.is_diagonal:
        with pytest.raises(ProblemError, match="not diagonal"):
            IsingHamiltonian.from_observable(observable)
        return
    hamiltonian = Diagonal.from_observable(observable)
    assert hamiltonian.pauli_terms() == observable.pauli_terms()
    scale = 1 + sum(map(abs, observable.pauli_terms().values()))
    np.testing.assert_allclose(hamiltonian.diagonal, np.diag(dense(observable)), atol=1e-12 * scale)


def test_factors_do_not_travel_to_other_processes() -> None:
    observable = ising_chain(3)
    before = len(pickle.dumps(observable))
    observable.apply(np.ones(8, dtype=complex))
    assert len(pickle.dumps(observable)) == before
    assert pickle.loads(pickle.dumps(observable)) == observable
