"""A wide search for QAOA angles: the best energy at any angles, and the best at canonical ones.

`optimise_qaoa` follows one ramp and is what a user needs; training data want to know what is to be
had at a depth at all. Optima from ramps are alike from instance to instance; beyond p = 1 the best
of many random starts is often another one, with angles of its own (see the lab book), so both are
returned and the caller chooses. All starts of a depth run together (`QaoaBatch`).

Sources: starts with an idle layer put into the best optima of the depth before, Sack et al., Phys.
Rev. A 107, 062404 (2023); interpolation and fold, Zhou et al., Phys. Rev. X 10, 021067 (2020).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.optimize.batch_bfgs import FloatArray
from quasar.optimize.minimize import Minimum
from quasar.optimize.qaoa import GAMMA_REACH, interpolate, ramp
from quasar.recipes.converged.qaoa_landscape import QaoaLandscape, is_canonical
from quasar.recipes.converged.qaoa_symmetry import Periods, fold, periods
from quasar.simulate.engine import FloatVector

_RAMPS = ((1.2, 0.7), (0.6, 0.6), (1.8, 0.7), (2.5, 0.8))  # (γσ, |β|) at the ramp's ends
_RANDOM_STARTS = {2: 400, 3: 200}
_FEWEST_RANDOM_STARTS = 100  # at greater depths, where grown starts do better
_HOPS = 2
_HOPPED = 6  # optima that are kicked
_KICKS = 60  # starts of one hop
_KEPT = 12  # optima of a depth that the next one starts from
_POLISHED = 16  # of all starts, after a short run each
_SHORT_RUN = 25  # evaluations
_LONG_RUN = 300
_FULL_EFFORT_QUBITS = 9  # beyond, the number of starts falls with D
_LEAN = 0.2  # effort below which two ramps have to do, and no kicks
_NUDGE = 0.03  # radians: an idle layer is a saddle point
_SAME = 1e-8  # of the range: energies that count as one


@dataclass(frozen=True, eq=False)
class Depth:
    """What was found at p layers; angles γ_1..γ_p, β_1..β_p, folded by the symmetries.

    Attributes:
        canonical: the best with all γ in [0, 4/σ(E)] and all β in [-π/3, 0], None if there is none.
        best: the best of all, `canonical` itself where that is as good.
    """

    canonical: Minimum | None
    best: Minimum

    def chosen(self, slack: float) -> Minimum:
        """The canonical optimum if it is within `slack` (an energy) of the best, else the best."""
        if self.canonical is not None and self.canonical.energy <= self.best.energy + slack:
            return self.canonical
        return self.best


def search_qaoa(
    hamiltonian: IsingHamiltonian, layers: int, *, seed: int = 0
) -> tuple[list[Depth], int]:
    """Search at every depth 1..layers.

    The same starts serve every instance, so a relabelled instance gets the same angles.

    Args:
        seed: of the random starts.

    Returns:
        What was found at each depth, and the evaluations used.
    """
    spectrum = hamiltonian.spectrum
    width = spectrum.e_max - spectrum.e_min
    if width <= 0.0:
        flat = [Minimum(np.zeros(2 * p), spectrum.e_min, 0) for p in range(1, layers + 1)]
        return [Depth(minimum, minimum) for minimum in flat], 0
    symmetry = periods(hamiltonian)
    effort = min(1.0, 2.0 ** (_FULL_EFFORT_QUBITS - hamiltonian.n_qubits))
    lean = effort < _LEAN
    out: list[Depth] = []
    evaluations = 0
    kept: list[FloatVector] = []
    for p in range(1, layers + 1):
        landscape = QaoaLandscape(hamiltonian, p)
        rng = generator(seed, "qaoa-search", p)
        if p == 1:
            near, far = _grid(landscape, symmetry, effort)
        else:
            near = [ramp(p, gamma, beta) for gamma, beta in _RAMPS[: 2 if lean else None]]
            canonical = out[-1].canonical
            if canonical is not None:
                near.append(interpolate(landscape.scaled(canonical.theta)))
            far = _grown([landscape.scaled(theta) for theta in kept], rng, effort)
            count = _RANDOM_STARTS.get(p, _FEWEST_RANDOM_STARTS)
            far += list(_random(landscape, rng, p, round(count * effort)))
        found = _minima(landscape, near, far, symmetry, effort)
        for _ in range(0 if lean else _HOPS):
            top = [landscape.scaled(theta) for theta in _distinct(found, _HOPPED, width)]
            kicked = _kicked(landscape, top, rng, round(_KICKS * effort))
            found += _minima(landscape, [], kicked, symmetry, effort)
        canonical = min(
            (m for m in found if is_canonical(landscape.scaled(m.theta))),
            key=lambda m: m.energy,
            default=None,
        )
        best = min(found, key=lambda m: m.energy)
        ties = [m for m in found if m.energy <= best.energy + _SAME * width]
        best = min(ties, key=lambda m: _size(landscape.scaled(m.theta)))
        if canonical is not None and canonical.energy <= best.energy + _SAME * width:
            best = canonical
        out.append(Depth(canonical, best))
        kept = _distinct(found, max(1, round(_KEPT * effort)), width)
        evaluations += landscape.evaluations
    return out, evaluations


def _grid(
    landscape: QaoaLandscape, symmetry: Periods, effort: float
) -> tuple[list[FloatVector], list[FloatVector]]:
    """Starts at p = 1: the best of a grid over canonical angles, and over a whole period of γ."""
    unit = landscape.scale[0]
    gammas = np.linspace(0.0, GAMMA_REACH, 11)[1:]
    betas = np.linspace(0.0, np.pi / 4, 9)[1:]
    near = landscape.best_of(gammas, -betas, 3, rough=True)
    reach = (symmetry.gamma or 2 * np.pi) / (4 if symmetry.half else 2) / unit
    count = min(round(reach / 0.35), max(8, round(400 * effort)))
    wide = np.linspace(0.0, reach, max(count, 2) + 1)[1:]
    turns = np.linspace(-symmetry.beta / 2, symmetry.beta / 2, 9)[1:]
    far = landscape.best_of(wide, turns, max(4, round(24 * effort)), rough=True)
    return near, far


def _grown(
    kept: Sequence[FloatVector], rng: np.random.Generator, effort: float
) -> list[FloatVector]:
    """Starts from optima of the depth before: interpolated, and with an idle layer put in."""
    out = []
    for theta in kept:
        p = theta.size // 2
        out.append(interpolate(theta))
        for layer in range(p + 1):
            gamma, beta = np.insert(theta[:p], layer, 0.0), np.insert(theta[p:], layer, 0.0)
            nudge = rng.normal(0.0, _NUDGE, 2 * p + 2)
            out.append(np.concatenate([gamma, beta]) + nudge)
    return out


def _random(landscape: QaoaLandscape, rng: np.random.Generator, p: int, count: int) -> FloatArray:
    """Uniform in (-π, π] for every angle, in scaled coordinates; shape [count, 2p]."""
    out: FloatArray = rng.uniform(-np.pi, np.pi, (count, 2 * p)) / landscape.scale
    return out


def _kicked(
    landscape: QaoaLandscape, kept: Sequence[FloatVector], rng: np.random.Generator, count: int
) -> FloatArray:
    """Optima of the same depth with the angles of one layer drawn again; shape [count, 2p]."""
    p = kept[0].size // 2
    out = np.array([kept[i % len(kept)] for i in range(count)])
    fresh = _random(landscape, rng, p, count)
    rows, layer = np.arange(count), rng.integers(p, size=count)
    for column in (layer, layer + p):
        out[rows, column] = fresh[rows, column]
    return out


def _minima(
    landscape: QaoaLandscape,
    near: Sequence[FloatVector],
    far: Sequence[FloatVector] | FloatArray,
    symmetry: Periods,
    effort: float,
) -> list[Minimum]:
    """Folded minima: of all canonical starts, and of the others that do best in a short run."""
    points, values = landscape.minimise(np.array(far), 1e-4, _SHORT_RUN, rough=True)
    order = np.argsort(values, kind="stable")[: max(2, round(_POLISHED * effort))]
    chosen = np.array([*near, *points[order]])
    points, values = landscape.minimise(chosen, 1e-8, _LONG_RUN)
    return [
        Minimum(fold(x * landscape.scale, symmetry), float(v * landscape.width), 0)
        for x, v in zip(points, values, strict=True)
    ]


def _distinct(found: Sequence[Minimum], count: int, width: float) -> list[FloatVector]:
    """The best minima of different energies."""
    out: list[Minimum] = []
    for minimum in sorted(found, key=lambda m: m.energy):
        if not out or minimum.energy > out[-1].energy + _SAME * width:
            out.append(minimum)
    return [minimum.theta for minimum in out[:count]]


def _size(scaled: FloatVector) -> float:
    return float(np.round(scaled @ scaled, 6))
