"""Building blocks of penalties."""

from __future__ import annotations

from fractions import Fraction

import pytest

from quasar.core.errors import ProblemError
from quasar.problems.penalties import (
    MAX_FACTORS,
    above,
    exactly_one,
    none_of,
    of_pairs,
    outweighing,
    products,
    unit,
)


def test_sizes() -> None:
    assert (above(10), above(0), above(-3)) == (11, 1, 1)
    assert (outweighing(3, 7), outweighing(0, 7), outweighing(-2, 7)) == (6, 7, 7)
    assert (unit([3, 0, -2]), unit([0]), unit([])) == (2, 1, 1)
    assert of_pairs([(0, 1), (1, 2)], {0: 4, 1: Fraction(1, 2), 2: -3}) == {
        (0, 1): 1,
        (1, 2): Fraction(1, 2),
    }


def test_constraints_as_polynomials() -> None:
    for a, b in ((0, 0), (0, 1), (1, 0), (1, 1)):
        values = {"a": a, "b": b}
        assert exactly_one(values).evaluate(values) == (1 - a - b) ** 2
        assert products([("a", "b")]).evaluate(values) == a * b
        assert none_of(["a", "b"], "here").evaluate(values) == (1 - a) * (1 - b)


def test_the_longest_product() -> None:
    labels = list(range(MAX_FACTORS))
    assert len(none_of(labels, "here").coefficients) == 2**MAX_FACTORS
    with pytest.raises(ProblemError, match=r"here leads to a product of 17 variables"):
        none_of([*labels, "one more"], "here")
