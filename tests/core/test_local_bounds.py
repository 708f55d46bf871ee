from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.core.bounds import bounds
from quasar.core.ground_space import ground_space
from quasar.core.local_bounds import lower_bound, product_state_energy
from quasar.core.observable import PauliSum
from quasar.core.seeds import generator


def random_sum(seed: int, n: int) -> PauliSum:
    """Terms on one to three qubits anywhere."""
    rng = generator(seed, "local bounds")
    terms = {}
    for _ in range(2 * n):
        qubits = sorted(rng.permutation(n)[: rng.integers(1, 4)].tolist())
        axes = rng.choice(list("XYZ"), len(qubits))
        terms[tuple(zip(qubits, map(str, axes), strict=True))] = float(rng.normal())
    return PauliSum(n, terms)


@settings(max_examples=15)
@given(seed=st.integers(0, 1000), n=st.integers(2, 8), window=st.integers(1, 5))
def test_the_ground_energy_is_between_both(seed: int, n: int, window: int) -> None:
    h = random_sum(seed, n)
    energy = ground_space(h).energy
    assert lower_bound(h, window) <= energy <= product_state_energy(h) + 1e-9


def test_one_window_that_holds_everything_is_exact() -> None:
    h = random_sum(1, 6)
    assert lower_bound(h) == pytest.approx(ground_space(h).energy)


def test_product_states_reach_classical_minima() -> None:
    """Without entanglement there is nothing between the bound and the state."""
    h = PauliSum(30, {((i, "Z"), (i + 1, "Z")): 1.0 for i in range(29)} | {((0, "X"),): 0.0})
    assert product_state_energy(h) == pytest.approx(-29.0, rel=1e-3)
    assert lower_bound(h) == pytest.approx(-29.0)


def test_bounds_by_that_name_enclose_the_range() -> None:
    h = random_sum(2, 7)
    found = bounds(h, "windows")
    matrix = h.to_sparse_pauli_op().to_matrix()
    low, *_, high = np.linalg.eigvalsh(matrix)
    assert found.low <= low
    assert high <= found.high
    assert not found.exact
