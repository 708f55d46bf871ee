"""Divergences against SciPy's and against hand-made cases."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy

from quasar.verifier.stages.behaviour import jensen_shannon, measure, relative_entropy


def distribution(seed: int, n_qubits: int) -> np.ndarray:
    p = np.random.default_rng(seed).exponential(size=1 << n_qubits)
    return p / p.sum()


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(1, 6))
def test_agrees_with_scipy(seed_p: int, seed_q: int, n: int) -> None:
    p, q = distribution(seed_p, n), distribution(seed_q + 1_000_000, n)
    assert relative_entropy(p, q) == pytest.approx(entropy(p, q, base=2))
    assert jensen_shannon(p, q) == pytest.approx(jensenshannon(p, q) ** 2, abs=1e-12)


def test_equal_distributions_score_one() -> None:
    p = distribution(1, 3)
    found = measure(p, p)
    assert found.score == pytest.approx(1.0)
    assert found.relative_entropy == pytest.approx(0.0, abs=1e-12)


def test_disjoint_distributions_score_zero_and_have_no_finite_entropy() -> None:
    found = measure(np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    assert found.score == pytest.approx(0.0)
    assert found.js_divergence == pytest.approx(math.log(2))
    assert found.relative_entropy is None


def test_other_numbers_of_qubits_compare_the_first_and_halve() -> None:
    q = distribution(2, 2)
    p = np.concatenate([0.3 * q, 0.7 * q])  # qubits 0 and 1 as in q, qubit 2 is extra
    found = measure(p, q)
    assert found.score == pytest.approx(0.5)
    assert found.compared_qubits == 2
    assert found.relative_entropy is None
    assert measure(q, p).score == pytest.approx(0.5)
