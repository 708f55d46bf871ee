"""Means at several strengths of noise to the mean without noise.

Linear: a straight line by weighted least squares. Richardson: the polynomial through all points.
Exponential: a + b exp(-c λ) with the asymptote a known (the mean of the fully mixed state) or
fitted. Standard errors follow from those of the points, in first order. See Temme, Bravyi and
Gambetta, PRL 119, 180509 (2017), and Giurgica-Tiron et al., arXiv:2005.10921, section III.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from quasar.core.errors import InputError
from quasar.simulate.engine import Estimate

FloatVector = npt.NDArray[np.float64]

Fit = Literal["linear", "richardson", "exponential"]
FITS: tuple[Fit, ...] = ("linear", "richardson", "exponential")


def extrapolate(
    factors: Sequence[float],
    points: Sequence[Estimate],
    fit: Fit = "linear",
    asymptote: float | None = None,
) -> Estimate:
    """The mean at factor 0.

    Args:
        factors: strength of the noise at each point, all different.
        points: means and their standard errors; with any error 0 all points weigh the same.
        asymptote: what the mean goes to under endless noise, for the exponential fit; None: fitted,
            from at least three points.

    Raises:
        InputError: too few points, factors that repeat, or an unknown fit.
    """
    x = np.array(factors, dtype=np.float64)
    y = np.array([point.value for point in points])
    errors = np.array([point.error for point in points])
    if fit not in FITS:
        raise InputError(f"the extrapolation is {', '.join(FITS)}, not {fit!r}.")
    least = 3 if fit == "exponential" and asymptote is None else 2
    if len(x) != len(y) or len(set(factors)) < max(least, len(x)):
        raise InputError(f"{fit} extrapolation takes at least {least} different noise factors.")
    value: Callable[[FloatVector], float]
    if fit == "richardson":
        weights = np.array([np.prod([b / (b - a) for b in x if b != a]) for a in x])
        return _estimate(float(weights @ y), weights, errors)
    if fit == "linear":
        weights = _line_weights(x, errors)
        return _estimate(float(weights @ y), weights, errors)
    if asymptote is not None:

        def value(means: FloatVector) -> float:
            return _exponential(x, means, errors, asymptote)
    else:

        def value(means: FloatVector) -> float:
            return _free_exponential(x, means, errors)

    return _estimate(value(y), _slopes(value, y, errors), errors)


def _estimate(value: float, slopes: FloatVector, errors: FloatVector) -> Estimate:
    error = math.sqrt(float((slopes**2 * errors**2).sum()))
    return Estimate(value, error, "statistical" if error else "exact")


def _line_weights(x: FloatVector, errors: FloatVector) -> FloatVector:
    """Weights whose sum with the points is the fitted line at 0."""
    w = np.ones(len(x)) if (errors <= 0).any() else errors**-2
    total, mean = w.sum(), float(w @ x / w.sum())
    spread = float(w @ (x - mean) ** 2)
    return np.asarray(w / total - mean * w * (x - mean) / spread)


def _exponential(x: FloatVector, y: FloatVector, errors: FloatVector, asymptote: float) -> float:
    """Through log|y - a|, weighted by how well it is known; a line where signs differ."""
    above = y - asymptote
    if (above == 0).any() or len(set(np.sign(above))) > 1:
        return float(_line_weights(x, errors) @ y)
    weights = _line_weights(x, np.abs(errors / above))
    return asymptote + float(np.sign(above[0]) * math.exp(weights @ np.log(np.abs(above))))


def _free_exponential(x: FloatVector, y: FloatVector, errors: FloatVector) -> float:
    """With the asymptote fitted; a line where the points do not decay.

    For a rate c the best a and b are a linear fit; c is searched on.
    """
    from scipy.optimize import minimize_scalar

    w = np.ones(len(x)) if (errors <= 0).any() else 1.0 / errors

    def solved(log_rate: float) -> tuple[float, float]:
        basis = np.stack([np.ones(len(x)), np.exp(-math.exp(log_rate) * x)], axis=1)
        (a, b), *_ = np.linalg.lstsq(basis * w[:, None], y * w, rcond=None)
        return float((((basis @ (a, b)) - y) ** 2 * w**2).sum()), float(a + b)

    grid = np.linspace(math.log(1e-3), math.log(10.0), 60) - math.log(float(x.max()))
    best = int(np.argmin([solved(c)[0] for c in grid]))
    if best in (0, len(grid) - 1):
        return float(_line_weights(x, errors) @ y)
    found = minimize_scalar(
        lambda c: solved(c)[0],
        bounds=(grid[best - 1], grid[best + 1]),
        method="bounded",
        options={"xatol": 1e-12},
    )
    return solved(float(found.x))[1]


def _slopes(
    value: Callable[[FloatVector], float], y: FloatVector, errors: FloatVector
) -> FloatVector:
    """Derivatives by each point, by central differences."""
    out = np.zeros(len(y))
    for i in np.flatnonzero(errors):
        step = np.zeros(len(y))
        step[i] = errors[i] * 1e-3
        out[i] = (value(y + step) - value(y - step)) / (2 * step[i])
    return out
