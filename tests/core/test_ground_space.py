from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quasar.core.errors import ProblemError
from quasar.core.ground_space import ground_space, sparse_matrix
from quasar.core.observable import PauliSum
from quasar.core.seeds import generator


def dense(h: PauliSum) -> np.ndarray:
    """By Qiskit, an implementation of its own."""
    matrix = h.to_sparse_pauli_op().to_matrix()
    return np.asarray(matrix - h.constant * np.eye(matrix.shape[0]))


def heisenberg(n: int, j: float = 1.0) -> PauliSum:
    return PauliSum(n, {((i, a), (i + 1, a)): j for i in range(n - 1) for a in ("X", "Y", "Z")})


def random_sum(seed: int, n: int) -> PauliSum:
    rng = generator(seed, "ground space")
    terms = {}
    for _ in range(3 * n):
        axes = rng.choice(list("IXYZ"), n)
        pauli = tuple((q, str(a)) for q, a in enumerate(axes) if a != "I")
        if pauli:
            terms[pauli] = float(rng.normal())
    return PauliSum(n, terms, 0.5)


@given(seed=st.integers(0, 200), n=st.integers(1, 5))
def test_matrix_and_lowest_level_agree_with_qiskit(seed: int, n: int) -> None:
    h = random_sum(seed, n)
    matrix = dense(h)
    assert np.allclose(sparse_matrix(h).toarray(), matrix)
    energies, vectors = np.linalg.eigh(matrix)
    found = ground_space(h)
    assert found.energy == pytest.approx(energies[0], abs=1e-9)
    assert found.highest == pytest.approx(energies[-1], abs=1e-9)
    assert found.fidelity(vectors[:, 0]) == pytest.approx(1.0)


@pytest.mark.parametrize(("n", "j", "degeneracy"), [(9, 1.0, 2), (9, -1.0, 10), (10, 1.0, 1)])
def test_lanczos_finds_every_state_of_the_lowest_level(n: int, j: float, degeneracy: int) -> None:
    h = heisenberg(n, j)
    found = ground_space(h)
    energies = np.linalg.eigvalsh(dense(h))
    assert found.method == "eigsh"
    assert found.degeneracy == degeneracy
    assert found.energy == pytest.approx(energies[0])
    assert found.gap == pytest.approx(energies[degeneracy] - energies[0])
    overlaps = found.vectors.conj().T @ found.vectors
    assert np.allclose(overlaps, np.eye(degeneracy))
    assert np.allclose([h.expectation(v) for v in found.vectors.T], found.energy)


def test_a_sector_keeps_to_its_states() -> None:
    h = heisenberg(6)
    states = np.array([k for k in range(64) if k.bit_count() == 2])
    found = ground_space(h, states)
    inside = dense(h)[np.ix_(states, states)]
    assert found.energy == pytest.approx(np.linalg.eigvalsh(inside)[0])
    assert not np.delete(found.vectors, states, axis=0).any()


def test_too_many_qubits_are_refused() -> None:
    with pytest.raises(ProblemError, match="up to 20 qubits"):
        ground_space(heisenberg(21))
