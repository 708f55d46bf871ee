"""QAOA angles for hundreds of qubits without any search, and how deep a circuit may be.

Three starts need no energy. `transfer` takes the optimal angles of the Sherrington-Kirkpatrick
model for infinitely many spins (Farhi et al., Quantum 6, 759 (2022), arXiv 1910.08187), which are
those of regular graphs of large degree and girth. `table` takes angles that serve all 3-regular
graphs (Wurtz and Lykov, arXiv 2107.00677). `ramp` is linear. All three are rescaled to the
instance: γ by its mean degree and the mean square of what acts on a spin (Sureshbabu et al.,
Quantum 8, 1231 (2024), arXiv 2305.15201). Depths beyond a table are interpolated. Those of
the packaged network are in `models.nano_angles`; benchmarks/one_shot.py compares all four.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, get_args

import numpy as np

from quasar.circuits.ansatz import Ansatz
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.qaoa import interpolate, ramp
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

_CUBIC: dict[int, tuple[tuple[float, ...], tuple[float, ...]]] = {
    1: ((0.3073,), (0.3918,)),
    2: ((0.2440, 0.4492), (0.5536, 0.2917)),
    3: ((0.2110, 0.3998, 0.4692), (0.6077, 0.4583, 0.2351)),
}
"""γ and -β of a 3-regular graph of 500 nodes with couplings of 1, optimised."""
_CUBIC_SCALE = math.atan(1.0 / math.sqrt(2.0))
"""`angle_scale` of 3-regular graphs with couplings of 1."""
_RAMP = (1.0, math.pi / 4)  # γ over `angle_scale` and -β at the ends

Start = Literal["transfer", "table", "ramp"]
"""Angles that are known without an energy."""
STARTS: tuple[Start, ...] = get_args(Start)


def default_starts(layers: int) -> tuple[Start, ...]:
    """Starts of which the better is taken: the table is near on 3-regular graphs, transfer on
    others (docs/large.md); beyond the table's depths there is transfer alone.
    """
    return ("table", "transfer") if layers <= max(_CUBIC) else ("transfer",)


def starting_angles(hamiltonian: IsingHamiltonian, layers: int, start: Start) -> FloatVector:
    """γ_1..γ_p, β_1..β_p by one of `STARTS`, shape [2p], radians."""
    if start == "transfer":
        return transferred_angles(hamiltonian, layers)
    scale = angle_scale(hamiltonian)
    if start == "ramp":
        return ramp(layers, _RAMP[0] * scale, _RAMP[1])
    gammas, betas = _CUBIC[min(layers, max(_CUBIC))]
    theta = np.concatenate([np.array(gammas) * scale / _CUBIC_SCALE, -np.array(betas)])
    return interpolated(theta, layers)


def interpolated(theta: FloatVector, layers: int) -> FloatVector:
    """Angles of at most p = `layers` layers, interpolated to that depth; shape [2p]."""
    for _ in range(layers - theta.size // 2):
        theta = interpolate(theta)
    return theta


def transferred_angles(hamiltonian: IsingHamiltonian, layers: int) -> FloatVector:
    """γ_1..γ_p, β_1..β_p for an instance without any optimisation, shape [2p], radians."""
    known = min(layers, max(_SPIN_GLASS))
    gammas, betas = _SPIN_GLASS[known]
    theta = np.concatenate([np.array(gammas) * angle_scale(hamiltonian), -np.array(betas)])
    return interpolated(theta, layers)


def angle_scale(hamiltonian: IsingHamiltonian) -> float:
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


def affordable_evaluations(energy: ConeEnergy, most: int) -> int:
    """How many energies a default budget holds: `most`, or fewer where one is expensive."""
    if energy.cones is None or energy.cones.cost <= _AFFORDABLE_COST:
        return most
    return min(most, max(_LEAST_EVALUATIONS, int(most * _AFFORDABLE_COST / energy.cones.cost)))


def deepest_affordable(
    hamiltonian: IsingHamiltonian, layers: int, make: Callable[[int], Ansatz]
) -> ConeEnergy:
    """The energy of the deepest circuit, to p = `layers`, that is cheap enough.

    What is cheap is counted in multiplications and not in seconds, so that every machine comes to
    the same depth.

    Args:
        make: the circuit of a depth.

    Raises:
        InputError: not even one layer can be computed.
    """
    found = ConeEnergy(make(1), hamiltonian)
    for p in range(2, layers + 1):
        try:
            deeper = ConeEnergy(make(p), hamiltonian, max_width=_AFFORDABLE_WIDTH)
        except TooWide:
            break
        if deeper.cones is not None and deeper.cones.cost > _AFFORDABLE_COST:
            break
        found = deeper
    return found
