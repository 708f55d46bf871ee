"""Distances between counts and predictions: closed forms, pooling, and what chance does."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from quasar.hardware.agreement import agreement, chi_square, hellinger_fidelity


def test_fidelity_of_equal_and_of_disjoint_distributions() -> None:
    p = np.array([0.5, 0.25, 0.25, 0.0])
    assert hellinger_fidelity(p, p) == pytest.approx(1.0)
    assert hellinger_fidelity(p, np.array([0.0, 0.0, 0.0, 1.0])) == 0.0


def test_fidelity_is_that_of_qiskit() -> None:
    from qiskit.quantum_info import hellinger_fidelity as reference

    rng = np.random.default_rng(4)
    for _ in range(5):
        p, q = rng.dirichlet(np.ones(8), size=2)
        known = reference(
            {format(k, "03b"): v for k, v in enumerate(p)},
            {format(k, "03b"): v for k, v in enumerate(q)},
        )
        assert hellinger_fidelity(p, q) == pytest.approx(known)


def test_chi_square_without_small_bins_is_scipys() -> None:
    observed, p = np.array([48.0, 52.0, 100.0]), np.array([0.25, 0.25, 0.5])
    found = chi_square(observed, p)
    known = stats.chisquare(observed, p * 200)
    assert found is not None
    assert (found.statistic, found.p_value) == pytest.approx((known.statistic, known.pvalue))
    assert (found.degrees, found.pooled) == (2, 0)


def test_small_bins_are_pooled_until_they_expect_enough() -> None:
    p = np.array([0.9, 0.06, 0.02, 0.02, 0.0])
    found = chi_square(np.array([90.0, 6.0, 2.0, 1.0, 1.0]), p)
    assert found is not None
    # Expected 90, 6 and 2 + 2 + 0: together less than 5, so that the 6 joins them.
    assert (found.degrees, found.pooled) == (1, 4)
    assert found.statistic == pytest.approx(0.0)


def test_one_answer_leaves_nothing_to_test() -> None:
    assert chi_square(np.array([10.0, 0.0]), np.array([1.0, 0.0])) is None


def test_samples_of_the_prediction_are_within_chance_and_others_are_not() -> None:
    rng = np.random.default_rng(1)
    p = rng.dirichlet(np.ones(64))
    inside, p_values = 0, []
    for _ in range(40):
        drawn = rng.multinomial(2000, p)
        found = agreement({k: int(n) for k, n in enumerate(drawn) if n}, p)
        low, high = found.fidelity_by_chance
        inside += low <= found.hellinger_fidelity <= high
        assert found.chi_square is not None
        p_values.append(found.chi_square.p_value)
    assert inside >= 34
    assert sum(value < 0.05 for value in p_values) <= 6
    other = agreement({k: int(n) for k, n in enumerate(rng.multinomial(2000, p[::-1])) if n}, p)
    assert other.hellinger_fidelity < other.fidelity_by_chance[0]
    assert other.chi_square is not None
    assert other.chi_square.p_value < 1e-6
