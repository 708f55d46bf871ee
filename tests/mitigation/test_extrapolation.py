"""Extrapolation to no noise: closed forms come out exactly, errors are those of repetition."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quasar.core.errors import InputError
from quasar.mitigation.extrapolation import FITS, extrapolate
from quasar.simulate.engine import Estimate

FACTORS = (1.0, 3.0, 5.0)


def exact(values: list[float]) -> list[Estimate]:
    return [Estimate(value) for value in values]


@given(st.floats(-5, 5), st.floats(-2, 2))
def test_a_line_is_extended(at_zero: float, slope: float) -> None:
    points = exact([at_zero + slope * f for f in FACTORS])
    assert extrapolate(FACTORS, points, "linear").value == pytest.approx(at_zero, abs=1e-9)


@given(st.floats(-5, 5), st.floats(-2, 2), st.floats(-1, 1))
def test_richardson_is_exact_for_a_parabola(a: float, b: float, c: float) -> None:
    points = exact([a + b * f + c * f * f for f in FACTORS])
    assert extrapolate(FACTORS, points, "richardson").value == pytest.approx(a, abs=1e-9)


@given(st.floats(0.2, 5), st.floats(0.02, 0.4), st.floats(-2, 2), st.sampled_from([-1, 1]))
def test_a_decay_to_a_known_end_is_undone(
    height: float, rate: float, end: float, sign: int
) -> None:
    points = exact([end + sign * height * math.exp(-rate * f) for f in FACTORS])
    found = extrapolate(FACTORS, points, "exponential", asymptote=end)
    assert found.value == pytest.approx(end + sign * height, abs=1e-9)


@given(st.floats(0.5, 5), st.floats(0.05, 0.5), st.floats(-2, 2))
def test_a_decay_to_an_unknown_end_is_undone(height: float, rate: float, end: float) -> None:
    points = exact([end - height * math.exp(-rate * f) for f in FACTORS])
    found = extrapolate(FACTORS, points, "exponential")
    assert found.value == pytest.approx(end - height, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("fit", FITS)
def test_the_error_is_that_of_repetition(fit: str) -> None:
    random = np.random.default_rng(0)
    means = np.array([math.exp(-0.1 * f) for f in FACTORS])
    errors = np.array([0.005, 0.006, 0.008])
    drawn = means + errors * random.normal(size=(400, 3))
    found = [
        extrapolate(
            FACTORS,
            [Estimate(m, e, "statistical") for m, e in zip(row, errors, strict=True)],
            fit,  # type: ignore[arg-type]
            asymptote=0.0,
        )
        for row in drawn
    ]
    spread = np.std([one.value for one in found])
    assert found[0].error == pytest.approx(spread, rel=0.2)


def test_signs_that_differ_make_a_line() -> None:
    points = exact([1.0, 0.0, -1.0])
    assert extrapolate(FACTORS, points, "exponential", asymptote=0.0).value == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("factors", "fit", "said"),
    [
        ((1.0,), "linear", "at least 2"),
        ((1.0, 3.0), "exponential", "at least 3"),
        ((1.0, 1.0, 3.0), "richardson", "different"),
        ((1.0, 3.0), "cubic", "linear, richardson, exponential"),
    ],
)
def test_what_cannot_be_extrapolated_is_said(
    factors: tuple[float, ...], fit: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        extrapolate(factors, exact([1.0] * len(factors)), fit)  # type: ignore[arg-type]
