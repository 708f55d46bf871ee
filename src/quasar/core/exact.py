"""Exact numbers, and sums of terms over all assignments in exact arithmetic.

An optimum is decided here, not in float64: beside penalties of 1e12 a difference of 1 is lost to
rounding. Input is taken as it is written: integers as they are, decimals as decimals (0.1 is one
tenth). Values of all 2**n assignments come from one fast transform over integers; numbers too long
for 64 bits are split into limbs of 40 bits, whose sums cannot overflow.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from numbers import Rational
from typing import Any, Literal, NamedTuple, Self

import numpy as np
import numpy.typing as npt

Exact = int | Fraction
BoolVector = npt.NDArray[np.bool_]
FloatVector = npt.NDArray[np.float64]
_Limbs = list[npt.NDArray[np.int64]]  # least significant first; only the last is signed

_LIMB = 40
_LOW = (1 << _LIMB) - 1
_ONE_LIMB = 1 << 62
_BLOCK_QUBITS = 20  # 8 MiB a limb at a time
_FAITHFUL_DIGITS = 15  # decimal digits that survive float64; longer numbers were rounded to it


class LongDecimal(float):
    """A decimal of more digits than a float holds, with the number that was written.

    Attributes:
        written: that number.
    """

    written: Fraction

    def __new__(cls, text: str) -> Self:
        self = super().__new__(cls, text)
        self.written = Fraction(text)
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(Decimal(self.written.numerator) / self.written.denominator),)


def read_decimal(text: str) -> float:
    """A decimal number of a file; more digits than a float holds are kept beside it."""
    value = float(text)
    if not math.isfinite(value) or Fraction(repr(value)) == Fraction(text):
        return value
    return LongDecimal(text)


def exact(value: Any) -> Exact:
    """A number as it is written: 0.1 is 1/10, not the nearest binary fraction.

    Args:
        value: int, float, Fraction, Decimal, or one of NumPy's scalars.

    Raises:
        ValueError: not finite.
        TypeError: no real number.
    """
    if type(value) is int:
        return value
    if isinstance(value, LongDecimal):
        return exact(value.written)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is not a finite number")
        return int(value) if value.is_integer() else Fraction(repr(float(value)))
    if isinstance(value, Decimal | Rational):
        whole = Fraction(value)
        return whole.numerator if whole.denominator == 1 else whole
    if isinstance(value, np.floating):
        return exact(Decimal(str(value)))
    if hasattr(value, "item"):
        return exact(value.item())
    raise TypeError(f"{value!r} is not a number")


def plain(value: Exact) -> int | float:
    """The number for JSON: a float, or an integer that no float can hold."""
    rounded = float(value)
    return rounded if exact(rounded) == value or not isinstance(value, int) else value


def total(values: Iterable[Exact]) -> Exact:
    """The sum of exact numbers."""
    out: Exact = 0
    for value in values:
        out += value
    return out


def rounding(value: float) -> Exact:
    """How far a number may be from what it was rounded from: 0 if it is written in full.

    A float of 16 or 17 digits is the result of a computation, known to half a unit in its last
    place; twice that is returned, since sums and halves of such numbers are too.
    """
    if value.is_integer() or Fraction(f"{value:.{_FAITHFUL_DIGITS}g}") == Fraction(repr(value)):
        return 0
    return Fraction(math.ulp(value))


class _Block(NamedTuple):
    start: int
    limbs: _Limbs


class AllValues:
    """The values of Σ_m c_m t_m at all 2**n basis states, one block at a time.

    Args:
        coefficients: c_m by the set m of bits in the term.
        n_bits: n.
        basis: `spin`: t_m = Π (-1)^bit, Z's eigenvalues; `binary`: t_m = Π x with x = 1 - bit,
            since a qubit measured as 0 means selected.
    """

    def __init__(
        self, coefficients: Mapping[int, Exact], n_bits: int, basis: Literal["spin", "binary"]
    ) -> None:
        self.n_bits = n_bits
        self.basis = basis
        self.denominator = math.lcm(*(Fraction(c).denominator for c in coefficients.values()))
        self._scaled = {m: int(c * self.denominator) for m, c in coefficients.items() if c}
        total = sum(map(abs, self._scaled.values()))
        self._limbs = 1 if total < _ONE_LIMB else total.bit_length() // _LIMB + 1

    def lowest(self, among: BoolVector | None = None, slack: Exact = 0) -> Lowest:
        """The smallest value and the states that have it.

        Args:
            among: states to look at, shape [2**n], at least one of them; default: all.
            slack: values within so much of the smallest count as equal to it.

        Raises:
            ValueError: `among` holds no state.
        """
        least: int | None = None
        for start, limbs in self._blocks():
            where = None if among is None else among[start : start + limbs[0].size]
            found = _least(limbs, where)
            if found is not None and (least is None or found < least):
                least = found
        if least is None:
            raise ValueError("there is no state to look at")
        ceiling = Fraction(least, self.denominator) + slack
        states = self.at_most(ceiling)
        if among is not None:
            states &= among
        return Lowest(exact(Fraction(least, self.denominator)), states)

    def at_most(self, bound: Exact) -> BoolVector:
        """Which states have a value of at most `bound`, shape [2**n]."""
        limit = math.floor(bound * self.denominator)
        out = np.empty(1 << self.n_bits, dtype=np.bool_)
        for start, limbs in self._blocks():
            out[start : start + limbs[0].size] = _at_most(limbs, limit)
        return out

    def floats(self, less: Exact = 0) -> FloatVector:
        """The values rounded to float64, shape [2**n].

        Args:
            less: what is taken off each before it is rounded, so that small differences of large
                values stay; a value of this sum or 0.
        """
        offset = int(less * self.denominator)
        parts = _split(offset, self._limbs)
        # How many of the highest limb make 1; beyond float64's range, less a power of two.
        beyond = max(self.denominator.bit_length() - _LIMB * (self._limbs - 1) - 1000, 0)
        units = self.denominator / (1 << _LIMB * (self._limbs - 1) + beyond)
        out = np.empty(1 << self.n_bits)
        for start, limbs in self._blocks():
            moved = limbs
            if less:
                moved = [limb - part for limb, part in zip(limbs, parts, strict=True)]
                _carry(moved)
            # From the top down, so that what is lost is below the last place.
            block = moved[-1].astype(np.float64)
            for depth, limb in enumerate(reversed(moved[:-1]), start=1):
                block += limb * 2.0 ** (-_LIMB * depth)
            out[start : start + block.size] = np.ldexp(block / units, -beyond)
        return out

    def _blocks(self) -> Iterable[_Block]:
        return self._held if self.n_bits <= _BLOCK_QUBITS else self._streamed()

    @cached_property
    def _held(self) -> list[_Block]:
        return list(self._streamed())

    def _streamed(self) -> Iterator[_Block]:
        low = min(self.n_bits, _BLOCK_QUBITS)
        inside = (1 << low) - 1
        terms = [(m & inside, m >> low, _split(c, self._limbs)) for m, c in self._scaled.items()]
        n_blocks = 1 << (self.n_bits - low)
        for high in range(n_blocks):
            limbs = [np.zeros(1 << low, dtype=np.int64) for _ in range(self._limbs)]
            for m, above, parts in terms:
                sign = self._outside(above, high, n_blocks - 1)
                if sign:
                    for limb, part in zip(limbs, parts, strict=True):
                        limb[m] += sign * part
            for limb in limbs:
                (_signs if self.basis == "spin" else _subsets)(limb)
            if self.basis == "binary":  # x is the complement of the bits
                limbs = [limb[::-1] for limb in limbs]
            _carry(limbs)
            yield _Block(high << low, limbs)

    def _outside(self, above: int, high: int, every: int) -> int:
        """What the bits above the block make of a term: a sign, or 0 and 1."""
        if self.basis == "spin":
            return -1 if (above & high).bit_count() & 1 else 1
        return 0 if above & high & every else 1


class Lowest(NamedTuple):
    """The smallest of all values, and which states have it (shape [2**n])."""

    value: Exact
    states: BoolVector


def _split(c: int, count: int) -> list[int]:
    parts = []
    for _ in range(count - 1):
        parts.append(c & _LOW)
        c >>= _LIMB
    return [*parts, c]


def _carry(limbs: _Limbs) -> None:
    """In place: every limb but the last into 0..2**40-1."""
    for lower, upper in pairwise(limbs):
        upper += lower >> _LIMB
        lower &= _LOW


def _least(limbs: _Limbs, where: BoolVector | None) -> int | None:
    """The smallest number, compared from the highest limb down."""
    if where is not None:
        limbs = [limb[where] for limb in limbs]
    if not limbs[0].size:
        return None
    value = 0
    for i in range(len(limbs) - 1, -1, -1):
        least = int(limbs[i].min())
        value = (value << _LIMB) + least
        if i:
            held = limbs[i] == least
            limbs = [limb[held] for limb in limbs[:i]]
    return value


def _at_most(limbs: _Limbs, limit: int) -> BoolVector:
    if len(limbs) == 1:
        clipped = max(min(limit, _ONE_LIMB), -_ONE_LIMB)
        return np.asarray(limbs[0] <= clipped)
    parts = _split(limit, len(limbs))
    top = max(min(parts[-1], _ONE_LIMB), -_ONE_LIMB)
    below = limbs[-1] < top
    level = limbs[-1] == top
    for limb, part in zip(reversed(limbs[:-1]), reversed(parts[:-1]), strict=True):
        below |= level & (limb < part)
        level &= limb == part
    return np.asarray(below | level)


def _signs(vector: npt.NDArray[np.int64]) -> None:
    """In place: v[z] <- Σ_m v[m] (-1)^popcount(m & z) (Walsh-Hadamard)."""
    h = 1
    while h < vector.size:
        pairs = vector.reshape(-1, 2, h)
        upper = pairs[:, 1, :].copy()
        np.subtract(pairs[:, 0, :], upper, out=pairs[:, 1, :])
        pairs[:, 0, :] += upper
        h *= 2


def _subsets(vector: npt.NDArray[np.int64]) -> None:
    """In place: v[x] <- Σ_{m ⊆ x} v[m] (zeta transform)."""
    h = 1
    while h < vector.size:
        pairs = vector.reshape(-1, 2, h)
        pairs[:, 1, :] += pairs[:, 0, :]
        h *= 2
