"""QAOA angles for hundreds of qubits: transferred from a table, then polished on exact energies.

The table holds the optimal angles of the Sherrington-Kirkpatrick model for infinitely many spins
(Farhi et al., Quantum 6, 759 (2022), arXiv 1910.08187), which are those of regular graphs
of large degree and girth. An instance gets them by rescaling γ with its mean degree and the mean
square of what acts on a spin (Sureshbabu et al., Quantum 8, 1231 (2024), arXiv 2305.15201). Depths
beyond the table are interpolated.
"""

from __future__ import annotations

import math

import numpy as np

from quasar.circuits.qaoa import qaoa
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.minimize import Minimum, lbfgs
from quasar.optimize.qaoa import interpolate
from quasar.optimize.trace import Budget, Trace
from quasar.simulate.cones.energy import ConeEnergy
from quasar.simulate.cones.expectation import TooWide
from quasar.simulate.engine import FloatVector

_AFFORDABLE_WIDTH = 18
_AFFORDABLE_COST = 4e6  # multiplications of one energy: about half a second
_LEAST_EVALUATIONS = 20  # which is enough for most of the way from transferred angles

_SPIN_GLASS: dict[int, tuple[tuple[float, ...], tuple[float, ...]]] = {
    1: ((0.5,), (math.pi / 8,)),
    2: ((0.3817, 0.6655), (0.4960, 0.2690)),
    3: ((0.3297, 0.5688, 0.6406), (0.5500, 0.3675, 0.2109)),
    4: ((0.2949, 0.5144, 0.5586, 0.6429), (0.5710, 0.4176, 0.3028, 0.1729)),
    5: (
        (0.2705, 0.4804, 0.5074, 0.5646, 0.6397),
        (0.5899, 0.4492, 0.3559, 0.2643, 0.1486),
    ),
}
"""γ and -β of each layer, by depth."""


def transferred_angles(hamiltonian: IsingHamiltonian, layers: int) -> FloatVector:
    """γ_1..γ_p, β_1..β_p for an instance without any optimisation, shape [2p], radians."""
    known = min(layers, max(_SPIN_GLASS))
    gammas, betas = _SPIN_GLASS[known]
    theta = np.concatenate([np.array(gammas) * _scale(hamiltonian), -np.array(betas)])
    for _ in range(layers - known):
        theta = interpolate(theta)
    return theta


def _scale(hamiltonian: IsingHamiltonian) -> float:
    """What γ of the spin glass, where the squares that act on a spin sum to 1, is multiplied by."""
    squares = np.zeros(hamiltonian.n_qubits)
    degrees = np.zeros(hamiltonian.n_qubits)
    for qubits, c in hamiltonian.terms.items():
        for qubit in qubits:
            squares[qubit] += c * c
            degrees[qubit] += 1.0
    acted_on = degrees > 0
    if not acted_on.any():
        return 1.0
    degree = float(degrees[acted_on].mean())
    # 1/√d for large degrees d, and right for the trees of small ones.
    turn = math.atan(1.0 / math.sqrt(degree - 1.0)) if degree > 1.0 else math.pi / 2
    return turn * math.sqrt(degree) / math.sqrt(float(squares[acted_on].mean()))


def polish(
    energy: ConeEnergy, hamiltonian: IsingHamiltonian, budget: Budget, trace: Trace
) -> Minimum:
    """Angles by L-BFGS from the transferred ones, on exact energies."""
    layers = energy.n_parameters // 2
    trace.begin(f"qaoa p={layers}")
    start = transferred_angles(hamiltonian, layers)
    return lbfgs(energy, start, budget=budget, trace=trace, gradient_tolerance=1e-4)


def affordable_evaluations(energy: ConeEnergy, most: int) -> int:
    """How many energies a default budget holds: `most`, or fewer where one is expensive."""
    if energy.cones is None or energy.cones.cost <= _AFFORDABLE_COST:
        return most
    return min(most, max(_LEAST_EVALUATIONS, int(most * _AFFORDABLE_COST / energy.cones.cost)))


def optimise_large_qaoa(
    hamiltonian: IsingHamiltonian, layers: int, *, budget: Budget, trace: Trace, fewer: bool = False
) -> tuple[ConeEnergy, Minimum]:
    """Angles of p = `layers` layers.

    Args:
        fewer: the budget's evaluations are reduced where one is expensive.

    Raises:
        TooWide: the causal cones of that depth are too wide to compute.
        InputError: one layer of a graph that is too dense.
    """
    energy = ConeEnergy(qaoa(hamiltonian, layers), hamiltonian)
    if fewer:
        budget.max_evaluations = affordable_evaluations(energy, budget.max_evaluations)
    return energy, polish(energy, hamiltonian, budget, trace)


def deepest_affordable(
    hamiltonian: IsingHamiltonian, layers: int, *, budget: Budget, trace: Trace
) -> tuple[ConeEnergy, Minimum]:
    """Angles of the deepest circuit, to p = `layers`, whose exact energy is cheap enough.

    What is cheap is counted in multiplications and not in seconds, so that every machine comes to
    the same depth.

    Raises:
        InputError: not even one layer can be computed.
    """
    found = ConeEnergy(qaoa(hamiltonian, 1), hamiltonian)
    for p in range(2, layers + 1):
        try:
            deeper = ConeEnergy(qaoa(hamiltonian, p), hamiltonian, max_width=_AFFORDABLE_WIDTH)
        except TooWide:
            break
        if deeper.cones is not None and deeper.cones.cost > _AFFORDABLE_COST:
            break
        found = deeper
    return found, polish(found, hamiltonian, budget, trace)
