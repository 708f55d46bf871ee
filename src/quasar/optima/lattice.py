"""Costs that are multiples of a unit: a bound between two multiples is as good as the next."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

from quasar.core.exact import Exact, exact
from quasar.core.polynomial import Polynomial

_MOST_UNITS = 1 << 40  # a float bound so many units away says nothing of the last one
_EXACT_UNITS = 1 << 52  # float64 tells so many neighbours apart


def greatest_unit(numbers: Iterable[Exact]) -> Fraction:
    """The largest number of which all are multiples; 0 where all are 0."""
    distinct = set(numbers)
    found = Fraction(math.gcd(*(n for n in distinct if isinstance(n, int))))
    for number in distinct:
        if isinstance(number, int):
            continue
        a, b = found, Fraction(number)
        while b:
            a, b = b, a % b
        found = abs(a)
    return found


def size(number: Exact) -> Exact:
    """Its absolute value."""
    return number if number >= 0 else -number


def step(cost: Polynomial, reach: int = 1) -> Fraction | None:
    """The distance of neighbouring costs, where float64 tells them apart; 0 for a constant.

    Args:
        reach: largest size of a variable.
    """
    sizes = [size(c) for monomial, c in cost.coefficients.items() if monomial and c]
    unit = greatest_unit(sizes)
    return unit if sum(sizes) * reach < _EXACT_UNITS * unit or not unit else None


def least_size(cost: Polynomial) -> float:
    """The size of the smallest coefficient; 0 for a constant."""
    return min((abs(float(c)) for m, c in cost.coefficients.items() if m and c), default=0.0)


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
