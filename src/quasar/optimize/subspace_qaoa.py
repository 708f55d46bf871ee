"""Angles of QAOA inside a subspace: the same search as outside, in units of its own.

γ is in units of 1/σ of the energy over the subspace's states: penalties that the mixer keeps do not
count. How far β is looked at depends on the mixer.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from quasar.circuits.subspace_qaoa import SubspaceMixer, SubspaceQaoa, subspace_qaoa
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.minimize import Minimum
from quasar.optimize.qaoa import Landscape, optimise_layers
from quasar.optimize.trace import Budget, Trace
from quasar.problems.kept import KeptConstraints
from quasar.simulate.energy import energy_of
from quasar.simulate.engine import StateEnergy
from quasar.simulate.tail_energy import TailEnergy

REACH: dict[SubspaceMixer, float] = {"xy": np.pi / 2, "xy-complete": np.pi / 4, "grover": np.pi}
"""Largest |β| of the scan at one layer, radians."""


def subspace_sigma(kept: KeptConstraints) -> float:
    """Standard deviation of the phase layers' energy over the subspace's states; 1 where all have
    one energy.
    """
    spread = float(kept.phase.diagonal[kept.subspace.states()].std())
    return spread if spread > 1e-12 else 1.0


def optimise_subspace_qaoa(
    hamiltonian: IsingHamiltonian,
    kept: KeptConstraints,
    mixer: SubspaceMixer,
    layers: int,
    *,
    budget: Budget,
    trace: Trace,
    basis_state: int | None = None,
    cvar: float | None = None,
) -> list[tuple[StateEnergy, Minimum]]:
    """Best angles found at every depth 1..layers, as `optimise_qaoa` finds them.

    Args:
        hamiltonian: the problem's own, whose energy is lowered.
        basis_state: see `subspace_qaoa`.
        cvar: lower the mean of this fraction of the lowest energies; None: the mean of all.

    Returns:
        For each depth its energy function and minimum; both are of the mean of all.
    """

    def ansatz(p: int) -> SubspaceQaoa:
        return subspace_qaoa(kept.phase, kept.subspace, p, mixer, basis_state=basis_state)

    def energy(p: int) -> StateEnergy:
        if cvar is not None:
            return TailEnergy(ansatz(p), hamiltonian.diagonal, cvar)
        return energy_of(ansatz(p), hamiltonian)

    seen = Landscape(energy, 1.0 / subspace_sigma(kept), REACH[mixer])
    found = optimise_layers(seen, layers, budget, trace)
    if cvar is None:
        return found
    means = [energy_of(ansatz(p), hamiltonian) for p in range(1, len(found) + 1)]
    return [
        (mean, replace(least, energy=mean.value(least.theta)))
        for mean, (_, least) in zip(means, found, strict=True)
    ]
