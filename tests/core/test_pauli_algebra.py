from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from quasar.core.observable import Pauli, PauliSum
from quasar.core.pauli_algebra import (
    anticommute,
    commutes,
    ladder_product,
    multiplied,
    qubit_wise_groups,
)

MATRICES = {
    "I": np.eye(2, dtype=complex),
    "X": np.array([[0, 1], [1, 0]], dtype=complex),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1.0, -1.0]).astype(complex),
}
N = 3
PAULIS = st.lists(st.sampled_from("IXYZ"), min_size=N, max_size=N).map(
    lambda axes: tuple((q, a) for q, a in enumerate(axes) if a != "I")
)


def dense(pauli: Pauli, n: int = N) -> npt.NDArray[np.complex128]:
    """The matrix by Kronecker products, qubit 0 rightmost."""
    axes = dict(pauli)
    out = np.eye(1, dtype=complex)
    for qubit in range(n):
        out = np.kron(MATRICES[axes.get(qubit, "I")], out)
    return out


@given(left=PAULIS, right=PAULIS)
def test_products_are_those_of_matrices(left: Pauli, right: Pauli) -> None:
    phase, pauli = multiplied(left, right)
    one, other = dense(left), dense(right)
    assert np.allclose(phase * dense(pauli), one @ other)
    assert anticommute(left, right) == (not np.allclose(one @ other, other @ one))


@given(terms=st.dictionaries(PAULIS.filter(bool), st.integers(-2, 2), min_size=1, max_size=4))
def test_commutators_are_those_of_matrices(terms: dict[Pauli, float]) -> None:
    h = PauliSum(N, terms)
    total = PauliSum(N, {((q, "Z"),): 1.0 for q in range(N)})
    a = sum(c * dense(p) for p, c in terms.items())
    b = sum(dense(p) for p in total.pauli_terms())
    assert commutes(h, total) == np.allclose(a @ b, b @ a)


@given(terms=st.sets(PAULIS.filter(bool), min_size=1, max_size=12))
def test_groups_share_a_basis_and_lose_nothing(terms: set[Pauli]) -> None:
    groups = qubit_wise_groups(sorted(terms))
    assert sorted(itertools.chain(*groups)) == sorted(terms)
    for group in groups:
        for one, other in itertools.combinations(group, 2):
            axes = dict(one)
            assert all(axes.get(q, a) == a for q, a in other)


def test_ladder_operators_anticommute() -> None:
    def matrix(*operators: tuple[int, bool]) -> npt.NDArray[np.complex128]:
        out: npt.NDArray[np.complex128] = sum(
            c * dense(p) for p, c in ladder_product(operators).items()
        ) + np.zeros((1 << N, 1 << N))
        return out

    for p, q in itertools.product(range(N), repeat=2):
        both = matrix((p, True), (q, False)) + matrix((q, False), (p, True))
        assert np.allclose(both, np.eye(1 << N) * (p == q))
        pair = matrix((p, False), (q, False)) + matrix((q, False), (p, False))
        assert np.allclose(pair, 0)
    # |1> is occupied: the number operator is diagonal with bit p.
    for p in range(N):
        bits = [(k >> p) & 1 for k in range(1 << N)]
        assert np.allclose(matrix((p, True), (p, False)), np.diag(bits))
