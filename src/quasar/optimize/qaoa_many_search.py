"""QAOA angles of many Hamiltonians of one size at once: what a model of angles is trained on.

At one layer a grid over (γσ, β), wider than the canonical region (`qaoa_landscape`), and a descent
from its best points; at each further layer descents from the optima before, interpolated, and from
ramps. Several chains are kept: one that stays canonical, and the best of all that differ. The
angles that are written down are the canonical ones wherever they give up no more than `SLACK` of
the energy range, so that like instances get like angles.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from quasar.optimize.batch_bfgs import minimise_batch
from quasar.optimize.qaoa import CANONICAL_BETA, CANONICAL_GAMMA, interpolate, ramp
from quasar.simulate.qaoa_many import QaoaMany

FloatArray = npt.NDArray[np.float64]

SLACK = 0.004
"""Fraction of the range of energies that canonical angles may be worse than the best found."""
REACH = 16.0
"""Largest |γ|σ."""
_GAMMAS, _BETAS = 64, 16  # grid at one layer
_WIDE = 6  # descents from the grid's best points
_RAMPS = ((2.5, 0.8), (1.2, 0.7))  # (γσ, |β|) at their ends
_SAME = 0.05  # radians: optima nearer than this are one
_EDGE = 1e-6


class Angles(NamedTuple):
    """What was found for M Hamiltonians at one depth.

    Attributes:
        scaled: γ_1σ..γ_pσ, β_1..β_p (radians), shape [M, 2p].
        energies: in units of the range of energies, shape [M].
    """

    scaled: FloatArray
    energies: FloatArray


def search_many(
    diagonals: FloatArray,
    sigmas: FloatArray,
    layers: int,
    *,
    device: str = "cpu",
    evaluations: int = 60,
    beams: int = 3,
) -> list[Angles]:
    """Good angles at every depth 1..layers.

    Args:
        diagonals: energies of the basis states, shape [M, D].
        sigmas: their standard deviations, shape [M].
        layers: greatest depth.
        evaluations: of each descent.
        beams: different optima of a depth from which the next is looked for.
    """
    width = np.ptp(diagonals, axis=1)
    search = _Search(
        QaoaMany(diagonals / sigmas[:, None], device), width / sigmas, evaluations, beams
    )
    canonical, best = search.first()
    out = [_chosen(canonical, best)]
    for _ in range(1, layers):
        canonical, best = search.deeper(canonical, best)
        out.append(_chosen(canonical, best))
    return out


class _Search:
    def __init__(
        self, energies: QaoaMany, widths: FloatArray, evaluations: int, beams: int
    ) -> None:
        self.beams = beams
        self.others: list[Angles] = []
        self.energies = energies
        self.widths = widths
        self.evaluations = evaluations
        self.count = len(widths)

    def first(self) -> tuple[Angles, Angles]:
        """Canonical and best angles at one layer."""
        gammas = np.linspace(0.0, REACH, _GAMMAS + 1)[1:]
        betas = np.linspace(-np.pi / 2, np.pi / 2, _BETAS, endpoint=False)
        grid = np.array([(gamma, beta) for gamma in gammas for beta in betas])
        values = np.empty((self.count, len(grid)))
        for place, point in enumerate(grid):
            rows = np.arange(self.count)
            values[:, place] = self.energies.value(np.tile(point, (self.count, 1)), rows)
        inside = (grid[:, 0] <= CANONICAL_GAMMA) & (grid[:, 1] <= 0) & (grid[:, 1] >= -np.pi / 4)
        starts = [grid[np.argmin(np.where(inside, values, np.inf), axis=1)]]
        order = np.argsort(values, axis=1)
        starts += [grid[order[:, k]] for k in range(_WIDE)]
        return self._descended(starts)

    def deeper(self, canonical: Angles, best: Angles) -> tuple[Angles, Angles]:
        """The same with a layer more."""
        layers = canonical.scaled.shape[1] // 2 + 1
        starts = [
            np.array([interpolate(row) for row in canonical.scaled]),
            *(np.tile(ramp(layers, *ends), (self.count, 1)) for ends in _RAMPS),
            *(np.array([interpolate(row) for row in a.scaled]) for a in (best, *self.others)),
        ]
        return self._descended(starts)

    def _descended(self, starts: list[FloatArray]) -> tuple[Angles, Angles]:
        owner = np.tile(np.arange(self.count), len(starts))

        def energy(x: FloatArray, rows: npt.NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
            own = owner[rows]
            value, slope = self.energies.value_and_gradient(x, own)
            return value / self.widths[own], slope / self.widths[own, None]

        points, values = minimise_batch(
            energy,
            np.concatenate(starts),
            gradient_tolerance=1e-4,
            max_evaluations=self.evaluations,
        )
        points = _wrapped(points).reshape(len(starts), self.count, -1)
        values = values.reshape(len(starts), self.count)
        layers = points.shape[2] // 2
        gamma, beta = points[:, :, :layers], points[:, :, layers:]
        legal = (np.abs(gamma) <= REACH).all(axis=2)
        inside = (gamma >= -_EDGE) & (gamma <= CANONICAL_GAMMA)
        inside &= (beta <= _EDGE) & (beta >= -CANONICAL_BETA)
        held = np.asarray(inside.all(axis=2))
        best = _least(points, np.where(legal, values, values + 10.0))
        # Where no descent ended inside, the end of the first start stands for it.
        held[0] |= ~held.any(axis=0)
        self.others = []
        left = np.where(legal, values, values + 10.0)
        last = best
        for _ in range(self.beams - 1):
            left = left + 10.0 * (np.abs(points - last.scaled[None]).max(axis=2) < _SAME)
            last = _least(points, left)
            self.others.append(last)
        return _least(points, np.where(held, values, np.inf)), best


def _least(points: FloatArray, values: FloatArray) -> Angles:
    first = values.argmin(axis=0)
    rows = np.arange(points.shape[1])
    return Angles(points[first, rows], values[first, rows])


def _chosen(canonical: Angles, best: Angles) -> Angles:
    layers = canonical.scaled.shape[1] // 2
    fits = (np.abs(canonical.scaled[:, :layers]) <= REACH).all(axis=1)
    keep = fits & (canonical.energies <= best.energies + SLACK)
    return Angles(
        np.where(keep[:, None], canonical.scaled, best.scaled),
        np.where(keep, canonical.energies, best.energies),
    )


def _wrapped(points: FloatArray) -> FloatArray:
    """β in (-π/2, π/2] (period π), and of the angles and their negatives the more canonical."""
    layers = points.shape[1] // 2
    gamma, beta = points[:, :layers], points[:, layers:]
    beta = beta - np.pi * np.ceil(beta / np.pi - 0.5)
    turned = -beta - np.pi * np.ceil(-beta / np.pi - 0.5)
    negative = gamma.sum(axis=1) < 0
    gamma = np.where(negative[:, None], -gamma, gamma)
    return np.concatenate([gamma, np.where(negative[:, None], turned, beta)], axis=1)
