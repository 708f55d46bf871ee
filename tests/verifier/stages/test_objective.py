"""Stage 3: shots until an optimum is seen."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.verifier.stages.objective import shots_to_optimum


@settings(deadline=None)
@given(st.floats(3e-3, 0.98))
def test_so_many_shots_and_no_fewer(p: float) -> None:
    shots = shots_to_optimum(p)
    missed = 1 - Fraction(p)
    assert missed**shots <= Fraction(1, 100) * (1 + Fraction(1, 10**9))
    assert missed ** (shots - 1) >= Fraction(1, 100) * (1 - Fraction(1, 10**9))


@pytest.mark.parametrize(
    ("p", "shots"),
    [
        (1.0, 1), (1.0 + 1e-9, 1), (0.99, 1), (0.9899, 2), (0.9, 2), (0.5, 7), (0.01, 459),
        (1e-12, 4_605_170_185_986),
    ],
)  # fmt: skip
def test_values(p: float, shots: int) -> None:
    assert shots_to_optimum(p) == shots


@pytest.mark.parametrize("p", [0.0, -1e-17, 5e-324, 1e-30, math.nan])
def test_no_number_of_shots(p: float) -> None:
    assert shots_to_optimum(p) is None
