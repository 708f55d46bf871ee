"""How far measured counts are from a predicted distribution, and how far chance alone takes them.

Hellinger fidelity, with what exact agreement would give at the same number of shots, and Pearson's
chi-square test with bins pooled until each expects enough. A fidelity below 1 is no sign of a wrong
prediction by itself: few shots on many answers always give less.
"""

from __future__ import annotations

import math

import numpy as np

from quasar.core.documented import Documented
from quasar.core.seeds import generator
from quasar.simulate.engine import Counts, FloatVector

LEAST_EXPECTED = 5.0
"""Counts that a bin of the chi-square test expects at least (Cochran 1954)."""
_DRAWS = 200


class ChiSquare(Documented):
    """Pearson's test of counts against a distribution."""

    statistic: float
    """Σ (observed - expected)² / expected over the bins."""
    degrees: int
    """Degrees of freedom: bins - 1."""
    p_value: float
    """Probability of a statistic at least as large if the prediction is right."""
    pooled: int
    """Answers that share one bin because each expects fewer than 5 counts."""


class Agreement(Documented):
    """Counts beside a prediction."""

    hellinger_fidelity: float
    """(Σ √(p q))², 1 for equal distributions."""
    fidelity_by_chance: tuple[float, float]
    """Where 95% of such fidelities fall if the prediction is right, at this number of shots."""
    total_variation: float
    """½ Σ |p - q|."""
    chi_square: ChiSquare | None = None
    """None where there is one bin only."""


def hellinger_fidelity(p: FloatVector, q: FloatVector) -> float:
    """(Σ √(p q))² of two distributions, shape [D] each; in [0, 1]."""
    return min(1.0, float(np.sqrt(p * q).sum()) ** 2)


def chi_square(observed: FloatVector, p: FloatVector) -> ChiSquare | None:
    """Pearson's test of counts (shape [D]) against probabilities (shape [D]).

    The answers that expect fewest counts are put into one bin, until it and all others expect at
    least `LEAST_EXPECTED`. None where only one bin is left.
    """
    from scipy.stats import chi2

    expected = p * observed.sum()
    order = np.argsort(expected, kind="stable")
    together = np.cumsum(expected[order])
    small = int(np.count_nonzero(expected < LEAST_EXPECTED))
    while 0 < small < p.size and together[small - 1] < LEAST_EXPECTED:
        small += 1
    alone = order[small:]
    bins, seen = expected[alone], observed[alone]
    if small:
        bins = np.append(bins, together[small - 1])
        seen = np.append(seen, observed[order[:small]].sum())
    if bins.size < 2:
        return None
    statistic = float(((seen - bins) ** 2 / bins).sum())
    degrees = int(bins.size) - 1
    return ChiSquare(
        statistic=statistic,
        degrees=degrees,
        p_value=float(chi2.sf(statistic, degrees)),
        pooled=small if small > 1 else 0,
    )


def agreement(counts: Counts, predicted: FloatVector, *, seed: int = 0) -> Agreement:
    """Counts of answers beside a predicted distribution, shape [D].

    Args:
        seed: of the draws that say what chance does.
    """
    observed = np.zeros(predicted.size)
    observed[list(counts)] = list(counts.values())
    shots = int(observed.sum())
    q, p = observed / shots, np.clip(predicted, 0.0, None)
    p = p / p.sum()
    draws = generator(seed, "agreement").multinomial(shots, p, size=_draws(p.size)) / shots
    chance = [hellinger_fidelity(p, draw) for draw in draws]
    low, high = np.quantile(chance, (0.025, 0.975))
    return Agreement(
        hellinger_fidelity=hellinger_fidelity(p, q),
        fidelity_by_chance=(float(low), float(high)),
        total_variation=float(np.abs(p - q).sum()) / 2.0,
        chi_square=chi_square(observed, p),
    )


def _draws(size: int) -> int:
    """Fewer on long distributions: memory of about 2**24 numbers at most."""
    return max(20, min(_DRAWS, math.floor(2**24 / size)))
