"""What the judge reads off a distribution of answers: its shape, and what solutions it promises.

Computed by `distributions.c` where it was built, else by NumPy; both agree to about 1e-15 a sum.
Energies and the comparison with a reference are in `small_state.py`.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from quasar.simulate.engine import FloatVector
from quasar.simulate.small_state import NEGLIGIBLE, address, library, place_of

_MOST_LISTED = 64


class DistributionShape(NamedTuple):
    """The shape of a distribution.

    Attributes:
        largest: the largest probability.
        total: their sum.
        entropy_bits: Shannon entropy, bits.
        top: the most probable answers, of equal ones those with the smaller numbers first.
    """

    largest: float
    total: float
    entropy_bits: float
    top: list[int]


def shape_of(p: FloatVector, n_top: int = 0) -> DistributionShape:
    """Of a distribution p, shape [D].

    Args:
        n_top: how many of the most probable answers are listed; where the last of them is one of
            several equals, it is not said which.
    """
    compiled, place = library(), place_of(p, p.size)
    count = min(max(n_top, 1), p.size)
    if compiled is None or place is None or count > _MOST_LISTED:
        return shape_in_python(p, n_top)
    sums, top = (ctypes.c_double * 2)(), (ctypes.c_int64 * count)()
    compiled.read_shape(place, p.size, NEGLIGIBLE, sums)
    cut = compiled.read_top(place, p.size, top, count)
    total, bits = sums
    listed = [] if n_top == 0 else _top(p, count) if cut else top[:]
    return DistributionShape(float(p[top[0]]), total, -bits, listed)


def shape_in_python(p: FloatVector, n_top: int = 0) -> DistributionShape:
    """The same without compiled code."""
    return DistributionShape(
        float(p.max()), float(p.sum()), entropy_bits(p), _top(p, min(n_top, p.size))
    )


def entropy_bits(p: FloatVector) -> float:
    """Shannon entropy of a distribution, shape [D], in bits."""
    seen = p[p > 0]
    return float(-(seen * np.log2(seen)).sum())


def _top(p: FloatVector, count: int) -> list[int]:
    if count == 0:
        return []
    top = np.argpartition(-p, count - 1)[:count].tolist()
    likely = p[top].tolist()
    return [k for _, k in sorted(zip([-q for q in likely], top, strict=True))]


class SolutionSums(NamedTuple):
    """What a distribution promises of valid solutions.

    Attributes:
        total: probability of one.
        cost: Σ_k p_k cost_k over them.
        best: for each number of shots Σ_j value_j (P(none better in all) - P(none as good)), j from
            the best level on.
    """

    total: float
    cost: float
    best: list[float]


class SolutionReader:
    """Reads valid solutions off distributions; of one problem.

    Args:
        level: of every answer the number of its level, best first, and L where it is no solution;
            shape [D].
        costs: of the levels, shape [L].
        values: of the levels, shape [L].
    """

    def __init__(
        self, level: npt.NDArray[np.int32], costs: FloatVector, values: FloatVector
    ) -> None:
        levels = costs.size
        if values.size != levels or level.min() < 0 or level.max() > levels:
            raise ValueError("levels without costs or values")
        self._level = np.ascontiguousarray(level, dtype=np.int32)
        self._costs, self._values = costs.astype(np.float64), values.astype(np.float64)
        own = self._level, self._costs, self._values
        self._given = level.size, address(own[0]), levels, address(own[1]), address(own[2])

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest cost, of at least one level."""
        return float(self._costs[0]), float(self._costs[-1])

    def read(self, p: FloatVector, shots: Sequence[int]) -> SolutionSums:
        """What p says, shape [D].

        Raises:
            MemoryError: there was none left.
        """
        compiled, place = library(), place_of(p, self._level.size)
        if compiled is None or place is None:
            return self.in_python(p, shots)
        count = len(shots)
        out = (ctypes.c_double * (2 + count))()
        numbers = (ctypes.c_int64 * count)(*shots)
        if compiled.read_solutions(place, *self._given, numbers, count, out):
            raise MemoryError
        total, cost, *best = out
        return SolutionSums(total, cost, best)

    def in_python(self, p: FloatVector, shots: Sequence[int]) -> SolutionSums:
        """The same without compiled code."""
        levels = self._costs.size
        sums = np.bincount(self._level, weights=p, minlength=levels + 1)[:levels]
        reached = np.minimum(np.cumsum(sums), 1.0)
        with np.errstate(divide="ignore"):
            logarithms = np.log1p(-reached)
        best = []
        for count in shots:
            missed = np.exp(count * logarithms)
            weights = np.diff(missed, prepend=1.0)
            best.append(float(-weights @ self._values))
        return SolutionSums(float(sums.sum()), float(sums @ self._costs), best)


def chance_of_any(share: float, shots: int) -> float:
    """Probability that one of so many shots is among answers of that probability."""
    return -math.expm1(shots * math.log1p(-share)) if share < 1.0 else 1.0
