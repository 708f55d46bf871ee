"""Constraints lower <= p(x) <= upper over 0/1 variables: tight bounds, slack and penalty.

A row is brought to integers without a common divisor, and its bounds to values that p can take.
With R = U - L and t = p(x) + s - U its penalty is t² for R = 0, else t (t + 1) / 2, which is 0 for
t = 0 and t = -1 and at least 1 for all other integers. So the slack s has to reach only one of any
two neighbours in 0..R: none for R = 1, and the bits 2, 4, 8, .. and a remainder that sum to R - 1
for more, one fewer than a bounded binary slack takes. Objectives are not the matter of this module.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from quasar.core.errors import NoSolution
from quasar.core.exact import Exact, total
from quasar.core.labels import Label
from quasar.core.polynomial import Monomial, Polynomial
from quasar.problems.formulation import Constraint

_MOST_SUMS = 50_000  # different values of a row that are listed
_MOST_STEPS = 20_000  # of the search for a feasible point
_ROUNDS = 20  # of tightening bounds


class Interval(NamedTuple):
    """The values lower..upper; None: no bound."""

    lower: Exact | None
    upper: Exact | None


@dataclass(frozen=True)
class TightRow:
    """lower <= polynomial <= upper in integers, both of them values that may be taken.

    Attributes:
        polynomial: without a constant.
        slack: weight of each slack bit.
    """

    polynomial: Polynomial
    lower: int
    upper: int

    @property
    def slack(self) -> list[int]:
        span = self.upper - self.lower
        weights: list[int] = []
        while sum(weights) < span - 1:
            weights.append(min(2 << len(weights), span - 1 - sum(weights)))
        return weights

    def constraints(self) -> list[Constraint]:
        """The row without slack."""
        return [Constraint(self.polynomial, self.upper), Constraint(-self.polynomial, -self.lower)]

    def penalty(self, bits: Sequence[Label]) -> Polynomial:
        """0 for some values of the slack where the row holds, at least 1 for all where not."""
        slack = Polynomial.linear(dict(zip(bits, self.slack, strict=True)), -self.upper)
        off = self.polynomial + slack
        if self.lower == self.upper:
            return off.square()
        return off * (off + 1) * Fraction(1, 2)


def tight(polynomial: Polynomial, bounds: Interval, what: str) -> TightRow | None:
    """The row in its tight form; None if all values keep to it.

    Args:
        what: the row, for messages.

    Raises:
        NoSolution: no values can satisfy it.
    """
    terms = {m: c for m, c in polynomial.coefficients.items() if m and c}
    constant = polynomial.coefficients.get(frozenset(), 0)
    unit = Fraction(math.lcm(*(Fraction(c).denominator for c in terms.values())))
    unit /= math.gcd(*(int(c * unit) for c in terms.values())) or 1
    scaled = {m: int(c * unit) for m, c in terms.items()}
    least = sum(c for c in scaled.values() if c < 0)
    most = sum(c for c in scaled.values() if c > 0)
    below, above = bounds
    lower = least if below is None else max(least, math.ceil((below - constant) * unit))
    upper = most if above is None else min(most, math.floor((above - constant) * unit))
    if lower <= least and upper >= most:
        return None
    sums = _sums(list(scaled.values()))
    if sums is not None:
        lower = min((v for v in sums if v >= lower), default=upper + 1)
        upper = max((v for v in sums if v <= upper), default=lower - 1)
    if lower > upper:
        raise NoSolution(
            f"no values of the variables satisfy {what}: the problem has no solution as it is "
            "stated. Check its bounds."
        )
    return TightRow(Polynomial(scaled), lower, upper)


def _sums(numbers: Sequence[int]) -> set[int] | None:
    """The sums of all choices of the numbers; None if there are very many."""
    found = {0}
    for number in numbers:
        found |= {value + number for value in found}
        if len(found) > _MOST_SUMS:
            return None
    return found


def tightened(
    bounds: Mapping[Label, Interval], rows: Sequence[tuple[Mapping[Label, Exact], Interval]]
) -> dict[Label, Interval]:
    """The variables' bounds as narrow as linear rows make them.

    Args:
        rows: Σ c x with its bounds.

    Raises:
        ProblemError: a variable is left without any value.
    """
    own = dict(bounds)
    for _ in range(_ROUNDS):
        before = dict(own)
        for coefficients, limits in rows:
            _tighten(own, coefficients, limits)
            _tighten(
                own,
                {v: -c for v, c in coefficients.items()},
                Interval(
                    None if limits.upper is None else -limits.upper,
                    None if limits.lower is None else -limits.lower,
                ),
            )
        if own == before:
            break
    return own


def _tighten(
    own: dict[Label, Interval], coefficients: Mapping[Label, Exact], limits: Interval
) -> None:
    """What Σ c x <= upper says of each variable."""
    if limits.upper is None:
        return
    least = {
        v: None if (end := own[v].lower if c > 0 else own[v].upper) is None else c * end
        for v, c in coefficients.items()
        if c
    }
    unbounded = [v for v, value in least.items() if value is None]
    if len(unbounded) > 1:
        return
    sum_of_least = total(value for value in least.values() if value is not None)
    for v in unbounded or list(least):
        c, (lower, upper) = coefficients[v], own[v]
        room = Fraction(limits.upper - sum_of_least + (least[v] or 0), 1) / Fraction(c)
        if c > 0:
            upper = math.floor(room) if upper is None else min(upper, math.floor(room))
        else:
            lower = math.ceil(room) if lower is None else max(lower, math.ceil(room))
        if lower is not None and upper is not None and lower > upper:
            raise NoSolution(
                f"the constraints leave variable {v!r} no value: the problem has no solution as "
                "it is stated. Check its bounds."
            )
        own[v] = Interval(lower, upper)


class _Progress:
    """The lowest and highest values that a row can still take while bits are set one by one."""

    def __init__(self, row: TightRow) -> None:
        self.row = row
        self.least = self.most = 0
        self._set = {m: [0, 0] for m in row.polynomial.coefficients}  # factors that are 0, 1
        for monomial in self._set:
            self._add(monomial, 1)

    def possible(self) -> bool:
        """Whether the row may still hold."""
        return self.least <= self.row.upper and self.most >= self.row.lower

    def settle(self, monomial: Monomial, value: int, step: int = 1) -> None:
        """Set a factor of a term, or with `step` -1 take that back."""
        self._add(monomial, -1)
        self._set[monomial][value] += step
        self._add(monomial, 1)

    def _add(self, monomial: Monomial, sign: int) -> None:
        c = sign * int(self.row.polynomial.coefficients[monomial])
        zeros, ones = self._set[monomial]
        if zeros:
            return
        if ones == len(monomial):
            self.least += c
            self.most += c
        elif c * sign > 0:
            self.most += c
        else:
            self.least += c


def feasible_point(
    bits: Sequence[Label], rows: Sequence[TightRow], cost: Polynomial
) -> dict[Label, int] | None:
    """Values that satisfy all rows and cost little, by a short depth-first search.

    Returns:
        None if it found none, which proves nothing.
    """
    worth = dict.fromkeys(bits, Fraction(0))
    for monomial, c in cost.coefficients.items():
        for bit in monomial:
            worth[bit] += Fraction(c) / len(monomial)
    order = sorted(bits, key=lambda bit: -abs(worth[bit]))
    watching: dict[Label, list[tuple[_Progress, Monomial]]] = {bit: [] for bit in bits}
    for row in rows:
        progress = _Progress(row)
        for monomial in row.polynomial.coefficients:
            for bit in monomial:
                watching[bit].append((progress, monomial))
    left: list[list[int]] = []  # values to be tried of the bits that are set, and of the next
    point: dict[Label, int] = {}
    possible = True
    for _ in range(_MOST_STEPS):
        if possible and len(point) == len(order):
            return point
        if possible:
            left.append([0, 1] if worth[order[len(point)]] < 0 else [1, 0])  # the best one last
        while not possible or not left[-1]:
            if not possible:
                possible = True
            else:
                left.pop()
            if not point:
                return None
            bit, value = point.popitem()
            for progress, monomial in watching[bit]:
                progress.settle(monomial, value, -1)
        bit = order[len(point)]
        point[bit] = value = left[-1].pop()
        for progress, monomial in watching[bit]:
            progress.settle(monomial, value)
        possible = all(progress.possible() for progress, _ in watching[bit])
    return None
