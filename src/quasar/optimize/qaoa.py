"""QAOA angles: a scan at one layer, then interpolated starts layer by layer.

Signs and ranges: γ in [0, 2.5/σ(E)] and β < 0 lead adiabatically from |+> (the highest state of ΣX)
to the lowest state of H; starts are kept there, so that like instances get like angles.
Source of the interpolation: Zhou et al., Phys. Rev. X 10, 021067 (2020), appendix B.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from quasar.circuits.ansatz import Ansatz
from quasar.circuits.qaoa import qaoa
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.minimize import Minimum, lbfgs
from quasar.optimize.trace import Budget, Trace
from quasar.simulate.energy import energy_of
from quasar.simulate.engine import FloatVector, StateEnergy

GAMMA_REACH = 2.5
"""Largest starting γ in units of 1/σ(E)."""
CANONICAL_GAMMA = 4.0
"""Largest γ of a canonical optimum in units of 1/σ(E)."""
CANONICAL_BETA = np.pi / 3
"""Largest |β| of a canonical optimum, all β being negative (radians)."""
_SCAN_GAMMAS = 12
_SCAN_BETAS = 8
_RAMPS = ((0.6, 0.6), (1.2, 0.7), (2.0, 0.8))  # (γ in units of 1/σ, |β|) at the ramp's ends


def sigma(hamiltonian: IsingHamiltonian) -> float:
    """Standard deviation of the energy over all basis states: the scale of γ."""
    return root_of_squares((c, 1) for c in hamiltonian.terms.values()) or 1e-12


def root_of_squares(weighted: Iterable[tuple[float, int]], share: int = 1) -> float:
    """√(Σ w c² / `share`) over (c, w), of numbers of any size: no square over- or underflows."""
    numbers = list(weighted)
    power = max((math.frexp(c)[1] for c, _ in numbers), default=0)
    scaled = [(math.ldexp(c, -power), w) for c, w in numbers]
    return math.ldexp(math.sqrt(sum(w * c * c for c, w in scaled) / share), power)


def ramp(layers: int, gamma: float, beta: float) -> FloatVector:
    """Linear schedule, shape [2p]: γ rising to `gamma`, β from -`beta` to 0 (radians)."""
    middle = (np.arange(layers) + 0.5) / layers
    return np.concatenate([gamma * middle, -beta * (1.0 - middle)])


def interpolate(theta: FloatVector) -> FloatVector:
    """Start for p+1 layers from the optimum at p, shapes [2p] to [2p+2]."""
    p = theta.size // 2
    grown = []
    for part in (theta[:p], theta[p:]):
        padded = np.concatenate([[0.0], part, [0.0]])
        i = np.arange(1, p + 2)
        grown.append((i - 1) / p * padded[i - 1] + (p - i + 1) / p * padded[i])
    return np.concatenate(grown)


class Landscape(NamedTuple):
    """What the search for angles γ_1..γ_p, β_1..β_p looks at.

    Attributes:
        energy: makes the energy of p layers.
        scale: unit of γ, 1/σ of the energy over the states that are looked at.
        reach: largest |β| of the scan at one layer, radians; π/4 for mixers ΣX.
    """

    energy: Callable[[int], StateEnergy]
    scale: float
    reach: float = np.pi / 4


def optimise_qaoa(
    hamiltonian: IsingHamiltonian,
    layers: int,
    *,
    budget: Budget | None = None,
    trace: Trace | None = None,
    energies: Callable[[Ansatz, IsingHamiltonian], StateEnergy] = energy_of,
) -> list[tuple[StateEnergy, Minimum]]:
    """Best angles found at every depth 1..layers; shorter, but never empty, when the budget ends.

    Args:
        energies: what makes the energy of an ansatz; `compiled_energy_of` is faster and has other
            last bits.

    Returns:
        For each depth its energy function and minimum, angles γ_1..γ_p, β_1..β_p.
    """
    seen = Landscape(
        lambda p: energies(qaoa(hamiltonian, p), hamiltonian), 1.0 / sigma(hamiltonian)
    )
    return optimise_layers(seen, layers, budget or Budget(), trace or Trace())


def optimise_layers(
    seen: Landscape, layers: int, budget: Budget, trace: Trace
) -> list[tuple[StateEnergy, Minimum]]:
    """`optimise_qaoa` on any ansatz of alternating layers."""
    best: list[tuple[StateEnergy, Minimum]] = []
    for p in range(1, layers + 1):
        energy = seen.energy(p)
        trace.begin(f"qaoa p={p}")
        found: list[Minimum] = []
        if p == 1:
            found = _scan(energy, seen, budget, trace)
            starts = [point.theta for point in found]
        else:
            starts = [interpolate(best[-1][1].theta)]
            wider = seen.reach / (np.pi / 4)
            starts += [ramp(p, gamma * seen.scale, beta * wider) for gamma, beta in _RAMPS]
        found += [
            lbfgs(energy, start, budget=budget, trace=trace) for start in starts if not budget.spent
        ]
        found = [minimum for minimum in found if np.isfinite(minimum.energy)]
        if not found:
            break
        best.append((energy, min(found, key=lambda m: m.energy)))
        if budget.spent:
            break
    return best


def _scan(energy: StateEnergy, seen: Landscape, budget: Budget, trace: Trace) -> list[Minimum]:
    """The three best points of a coarse grid at p = 1; at least one, even without a budget."""
    points: list[Minimum] = []
    for gamma in np.linspace(0.0, GAMMA_REACH, _SCAN_GAMMAS + 1)[1:]:
        for beta in np.linspace(0.0, seen.reach, _SCAN_BETAS + 1)[1:]:
            if budget.spent and points:
                break
            theta = np.array([gamma * seen.scale, -beta])
            budget.used += 1
            value = energy.value(theta)
            trace.record(value, theta)
            points.append(Minimum(theta, value, 1))
    return sorted(points, key=lambda point: point.energy)[:3]
