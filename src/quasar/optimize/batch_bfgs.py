"""BFGS on many starts at once, for energies that are cheap by the batch.

Each row is a minimisation of its own (Nocedal and Wright, Numerical Optimization, algorithm 6.1)
with a backtracking line search; only the evaluations are shared. Rows that have converged leave
the batch.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from quasar.simulate.engine import FloatVector

FloatArray = npt.NDArray[np.float64]
BatchEnergy = Callable[[FloatArray, npt.NDArray[np.intp]], tuple[FloatVector, FloatArray]]

_ARMIJO = 1e-4
_FIRST_STEP = 0.3  # length of the first step, in the units of x
_LONGEST_STEP = 1.0
_MOST_HALVINGS = 12


def minimise_batch(
    energy: BatchEnergy,
    starts: FloatArray,
    *,
    gradient_tolerance: float = 1e-6,
    max_evaluations: int = 200,
) -> tuple[FloatArray, FloatVector]:
    """Local minima from every row of `starts`.

    Args:
        energy: energies [B] and gradients [B, P] of the rows of x [B, P], whose numbers among
            `starts` [B] it gets too: rows may be minimisations of different functions.
        starts: shape [B, P].
        gradient_tolerance: a row ends when no component of its gradient exceeds this.
        max_evaluations: of each row.

    Returns:
        Points, shape [B, P], and energies, shape [B].
    """
    count, size = starts.shape
    points, values = starts.copy(), np.empty(count)
    rows = np.arange(count)
    x = starts.copy()
    f, g = energy(x, rows)
    values[:] = f
    inverse = np.broadcast_to(np.eye(size), (count, size, size)).copy()
    fresh = np.ones(count, dtype=bool)
    direction, step = _descent(g, inverse, fresh)
    halvings = np.zeros(count, dtype=int)
    done = np.abs(g).max(axis=1) < gradient_tolerance
    for _ in range(max_evaluations - 1):
        if done.any():
            keep = ~done
            rows, x, f, g, inverse = rows[keep], x[keep], f[keep], g[keep], inverse[keep]
            fresh, direction, step = fresh[keep], direction[keep], step[keep]
            halvings = halvings[keep]
        if not rows.size:
            break
        trial = x + step[:, None] * direction
        f_new, g_new = energy(trial, rows)
        slope = (g * direction).sum(axis=1)
        good = f_new <= f + _ARMIJO * step * slope
        done = np.zeros(rows.size, dtype=bool)
        if good.any():
            i = np.flatnonzero(good)
            s, y = trial[i] - x[i], g_new[i] - g[i]
            _update(inverse, fresh, i, s, y)
            small = f[i] - f_new[i] <= 1e-13 * np.maximum(1.0, np.abs(f[i]))
            x[i], f[i], g[i] = trial[i], f_new[i], g_new[i]
            halvings[i] = 0
            direction[i], step[i] = _descent(g[i], inverse[i], fresh[i])
            done[i] = (np.abs(g[i]).max(axis=1) < gradient_tolerance) | small
        bad = np.flatnonzero(~good)
        if bad.size:
            curvature = f_new[bad] - f[bad] - step[bad] * slope[bad]
            shrink = -0.5 * step[bad] * slope[bad] / np.maximum(curvature, 1e-300)
            step[bad] *= np.clip(shrink, 0.1, 0.5)
            halvings[bad] += 1
            done[bad] = halvings[bad] > _MOST_HALVINGS
        points[rows], values[rows] = x, f
    return points, values


def _descent(
    g: FloatArray, inverse: FloatArray, fresh: npt.NDArray[np.bool_]
) -> tuple[FloatArray, FloatVector]:
    """Quasi-Newton directions, cut to the longest step allowed, and first trial steps."""
    direction = -np.einsum("bij,bj->bi", inverse, g)
    uphill = (direction * g).sum(axis=1) >= 0
    direction[uphill] = -g[uphill]
    length = np.sqrt((direction * direction).sum(axis=1)) + 1e-300
    limit = np.where(fresh, _FIRST_STEP, _LONGEST_STEP)
    step = np.minimum(1.0, limit / length)
    return direction, step


def _update(
    inverse: FloatArray,
    fresh: npt.NDArray[np.bool_],
    rows: npt.NDArray[np.intp],
    s: FloatArray,
    y: FloatArray,
) -> None:
    """BFGS update of the inverse Hessians of `rows`, in place, where the curvature is positive."""
    sy = (s * y).sum(axis=1)
    yy = (y * y).sum(axis=1)
    usable = sy > 1e-10 * np.sqrt(yy * (s * s).sum(axis=1)) + 1e-300
    rows, s, y, sy, yy = rows[usable], s[usable], y[usable], sy[usable], yy[usable]
    if not rows.size:
        return
    h = inverse[rows]
    first = fresh[rows]
    if first.any():
        h[first] *= (sy[first] / yy[first])[:, None, None]
        fresh[rows] = False
    hy = np.einsum("bij,bj->bi", h, y)
    factor = (1.0 + (y * hy).sum(axis=1) / sy) / sy
    h += factor[:, None, None] * s[:, :, None] * s[:, None, :]
    cross = s[:, :, None] * hy[:, None, :] / sy[:, None, None]
    h -= cross + cross.transpose(0, 2, 1)
    inverse[rows] = h
