"""Building blocks of constraints as penalties: one-hot squares and sufficient sizes."""

from __future__ import annotations

from collections.abc import Iterable

from quasar.core.labels import Label
from quasar.core.polynomial import Polynomial


def above(bound: float) -> float:
    """A penalty that outweighs `bound` without dwarfing the objective: a tenth more, 1 for 0.

    Large penalties widen the spectrum and flatten the objective in it, so the bound that a problem
    derives should be tight, and the margin is small.
    """
    return 1.1 * bound if bound > 0 else 1.0


def exactly_one(labels: Iterable[Label]) -> Polynomial:
    """(1 - Σ x)²: 0 when one of the variables is 1, at least 1 otherwise."""
    return Polynomial.linear(dict.fromkeys(labels, -1.0), 1).square()
