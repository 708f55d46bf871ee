"""Costs that are multiples of a unit: a bound between two multiples is as good as the next."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

from quasar.core.exact import Exact, exact
from quasar.core.polynomial import Polynomial

_MOST_UNITS = 1 << 40  # a float bound so many units away says nothing of the last one


def greatest_unit(numbers: Iterable[Exact]) -> Fraction:
    """The largest number of which all are multiples; 0 where all are 0."""
    found = Fraction(0)
    for number in numbers:
        a, b = found, Fraction(number)
        while b:
            a, b = b, a % b
        found = abs(a)
    return found


def next_multiple(cost: Polynomial, bound: Exact, slack: Exact = 0) -> Exact:
    """The least value at or above a bound that the cost can have.

    Args:
        bound: no assignment costs less, up to `slack`.
        slack: how much too high the bound may be.
    """
    coefficients = dict(cost.coefficients)
    constant = coefficients.pop(frozenset(), 0)
    unit = greatest_unit(coefficients.values())
    if not unit:
        return constant
    steps = (Fraction(bound) - slack - constant) / unit
    if abs(steps) > _MOST_UNITS:
        return exact(Fraction(bound) - slack)
    return exact(constant + unit * math.ceil(steps))
