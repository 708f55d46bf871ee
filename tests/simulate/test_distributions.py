"""Shapes of distributions and what they promise of solutions: C and NumPy say the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.simulate.distributions import (
    SolutionReader,
    chance_of_any,
    entropy_bits,
    shape_in_python,
    shape_of,
)
from quasar.simulate.small_state import library
from quasar.simulate.state_facts import impurities, impurities_in_python
from support.cases import cases

COMPILED = pytest.mark.skipif(library() is None, reason="no compiled library")


def distribution(rng: np.random.Generator, n: int) -> np.ndarray:
    """Few or many answers, some with equal probabilities, some with none."""
    p = rng.choice([0.0, 1e-310, 1e-30, 0.1, 0.5, 1.0], size=1 << n) * rng.random(1 << n)
    if rng.random() < 0.5:
        p = np.round(p, 2)
    p[rng.integers(p.size)] += 0.01
    return p / p.sum()


def test_entropy() -> None:
    assert entropy_bits(np.array([0.5, 0.25, 0.25, 0.0])) == pytest.approx(1.5)
    assert entropy_bits(np.array([0.0, 1.0])) == 0.0
    for n in range(1, 12):
        assert shape_of(np.full(1 << n, 0.5**n)).entropy_bits == n


@COMPILED
@settings(max_examples=cases(100), deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 10), st.integers(0, 9))
def test_shapes_are_the_same_without_c(seed: int, n: int, n_top: int) -> None:
    p = distribution(np.random.default_rng(seed), n)
    fast, slow = shape_of(p, n_top), shape_in_python(p, n_top)
    assert (fast.largest, fast.top) == (slow.largest, slow.top)
    assert fast.total == pytest.approx(slow.total, rel=1e-13)
    assert fast.entropy_bits == pytest.approx(slow.entropy_bits, abs=1e-12)
    assert fast.top == sorted(fast.top, key=lambda k: (-p[k], k))
    if fast.top:
        rest = np.delete(p, fast.top)
        assert not rest.size or rest.max() <= p[fast.top[-1]]


def test_vectors_that_c_cannot_read_are_left_to_python() -> None:
    p = distribution(np.random.default_rng(1), 6)
    for other in (np.repeat(p, 2)[::2], p.astype(np.float32)):
        assert shape_of(other, 3).top == shape_in_python(other, 3).top


@COMPILED
@settings(max_examples=cases(100), deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 9))
def test_solutions_are_the_same_without_c(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    levels = int(rng.integers(0, 1 << n) if rng.random() < 0.5 else rng.integers(0, 3))
    level = rng.integers(0, levels + 1, size=1 << n).astype(np.int32)
    costs, values = np.sort(rng.normal(size=levels)), rng.normal(size=levels)
    reader, p = SolutionReader(level, costs, values), distribution(rng, n)
    for shots in ((), (1,), (100, 1000)):
        fast, slow = reader.read(p, shots), reader.in_python(p, shots)
        assert fast.total == pytest.approx(slow.total, rel=1e-13)
        assert fast.cost == pytest.approx(slow.cost, abs=1e-13)
        assert fast.best == pytest.approx(slow.best, abs=1e-12)


def test_one_shot_expects_the_mean() -> None:
    """P(none better in one shot) - P(none as good) is the level's own probability."""
    level = np.array([0, 1, 3, 2], dtype=np.int32)
    values = np.array([5.0, 3.0, 1.0])
    reader, p = SolutionReader(level, -values, values), np.array([0.2, 0.3, 0.4, 0.1])
    found = reader.read(p, (1,))
    assert found.total == pytest.approx(0.6)
    assert found.best == pytest.approx([0.2 * 5 + 0.3 * 3 + 0.1 * 1])
    assert reader.ends == (-5.0, -1.0)
    assert chance_of_any(0.6, 2) == pytest.approx(1 - 0.4**2)
    assert chance_of_any(1.0, 2) == 1.0


def test_levels_without_values_are_refused() -> None:
    for level in ([0, 3], [-1, 0]):
        with pytest.raises(ValueError, match="levels"):
            SolutionReader(np.array(level, dtype=np.int32), np.zeros(2), np.zeros(2))


@COMPILED
@pytest.mark.parametrize("n", [*range(1, 14), 17])
def test_impurities_are_the_same_without_c(n: int) -> None:
    rng = np.random.default_rng(n)
    state = rng.normal(size=1 << n) + 1j * rng.normal(size=1 << n)
    assert impurities(state) == pytest.approx(impurities_in_python(state), abs=1e-13)
    assert impurities(state[::-1]) == pytest.approx(impurities_in_python(state[::-1]), abs=1e-13)
