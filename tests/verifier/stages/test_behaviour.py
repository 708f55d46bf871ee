"""Divergences against SciPy's and against hand-made cases."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy

import quasar
from quasar.verifier.pipeline import Verifier
from quasar.verifier.stages.behaviour import compare, jensen_shannon, relative_entropy


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
    found = compare(p, p)
    assert found.score == pytest.approx(1.0)
    assert found.relative_entropy == pytest.approx(0.0, abs=1e-12)


def test_disjoint_distributions_score_zero_and_have_no_finite_entropy() -> None:
    found = compare(np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    assert found.score == pytest.approx(0.0)
    assert found.js_divergence == pytest.approx(math.log(2))
    assert found.relative_entropy is None


def test_other_numbers_of_qubits_compare_the_first_and_halve() -> None:
    q = distribution(2, 2)
    p = np.concatenate([0.3 * q, 0.7 * q])  # qubits 0 and 1 as in q, qubit 2 is extra
    found = compare(p, q)
    assert found.score == pytest.approx(0.5)
    assert found.compared_qubits == 2
    assert found.relative_entropy is None
    assert compare(q, p).score == pytest.approx(0.5)


def exact_jensen_shannon(p: list[float], q: list[float]) -> mpmath.mpf:
    """In 400 decimal digits, from the definition."""
    with mpmath.workdps(400):
        total = mpmath.mpf(0)
        for a, b in zip(p, q, strict=True):
            middle = (mpmath.mpf(a) + mpmath.mpf(b)) / 2
            for part in (a, b):
                if part > 0:
                    total += part * mpmath.log(mpmath.mpf(part) / middle) / 2
        return total


tiny = st.sampled_from([0.0, 5e-324, 1e-323, 2.3e-308, 1e-310, 1e-300, 1e-200, 1e-30, 1e-17])
small = st.one_of(tiny, st.floats(0, 1e-290), st.floats(0, 1))


@given(st.lists(st.tuples(small, small), min_size=1, max_size=8))
@example([(1.0, 1.0), (5e-324, 0.0)])
@example([(1.0, 1.0), (0.0, 5e-324)])
@example([(5e-324, 5e-324), (1.0, 1.0)])
@example([(1.0, 5e-324), (5e-324, 1.0)])
@example([(1.0, 5e-324)])
@example([(5e-324, 1.0000000000000002)])
def test_jensen_shannon_holds_down_to_the_least_float(pairs: list[tuple[float, float]]) -> None:
    p, q = np.array(pairs).T
    expected = exact_jensen_shannon(p.tolist(), q.tolist())
    clipped = min(max(float(expected), 0.0), math.log(2))
    assert jensen_shannon(p, q) == pytest.approx(clipped, rel=1e-12, abs=4e-16 * len(pairs))
    assert jensen_shannon(q, p) == pytest.approx(jensen_shannon(p, q), abs=1e-15)


def test_a_vanishing_probability_changes_nothing() -> None:
    for least in (5e-324, 1e-320, 2.2e-308, 1e-300):
        found = compare(np.array([1.0, least]), np.array([1.0, 0.0]))
        assert found.js_divergence == pytest.approx(0.0, abs=1e-15)
        assert found.score == pytest.approx(1.0, abs=1e-7)


@pytest.mark.parametrize(("reference", "noted"), [("x q;", True), ("h q;", False), (None, False)])
def test_only_an_infinite_entropy_is_noted(reference: str | None, noted: bool) -> None:
    problem = quasar.load_problem({"hamiltonian": "Z(0) + Z(1)"})
    head = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q; '
    given = "OPENQASM 3.0;\nqubit[1] q;" if reference is None else head + reference
    report = Verifier(problem, given).verify(head + "h q;")
    assert report.stages.behaviour is not None
    assert ("relative_entropy" in report.skipped) is noted
    assert (report.relative_entropy is None) is (noted or reference is None)
