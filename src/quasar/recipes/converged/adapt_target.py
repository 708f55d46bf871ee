"""Adaptive circuits that end in a chosen ground state.

Growth as in `optimise_adaptive` (largest slope first, all angles tuned again after each gate), on
an energy with a penalty: the Hamming distance to the state to be reached, times a weight. Without
one growth can end in a basis state that is not optimal, where every slope of the pool vanishes;
and where ground states are degenerate, which of them it mixes is left to rounding. The weight is
raised until the state is reached: from some weight on, no other minimum is left. Then gates that
do nothing are taken out.

Growth towards a known target: Feniou et al., Communications Physics 6, 192 (2023). Covers systems
whose ground states are enumerated; no search for unknown ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from quasar.circuits import adaptive
from quasar.circuits.ansatz import Ansatz, Slot
from quasar.circuits.circuit import Gate
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.minimize import lbfgs
from quasar.optimize.trace import Budget
from quasar.simulate.energy import energy_of
from quasar.simulate.engine import FloatVector, StateEnergy, probabilities

PENALTY_WEIGHTS = (0.1, 0.3, 1.0, 3.0)
"""Weights of the penalty, tried in turn: its height for a state with all bits wrong, in units of
the range of energies."""
TARGET_RATIO = 0.999
TARGET_PROBABILITY = 0.99

_FLAT = 1e-7  # of the range: a slope below this is none
_TIE = 1e-6  # relative: slopes nearer than this are equal, and the pool's order decides
_IDLE = 1e-6  # radians
_ROUNDING = 1e-9  # of the range
_QUARTER = np.pi / 2


def grow_to_target(
    hamiltonian: IsingHamiltonian,
    wanted: frozenset[int],
    *,
    weights: tuple[float, ...] = PENALTY_WEIGHTS,
    max_gates: int = 100,
    budget: Budget | None = None,
) -> tuple[Ansatz, FloatVector]:
    """Grow until r reaches `TARGET_RATIO` and the states wanted `TARGET_PROBABILITY`.

    Args:
        wanted: ground states; the penalty is the distance to the nearest one.
        weights: of the penalty, to try in turn; 0 for none.

    Returns:
        The ansatz without idle gates, and its angles. Where no weight led there, the quarter turns
        that write the first state wanted.
    """
    for weight in weights:
        grown = _grow(hamiltonian, wanted, weight, max_gates, budget or Budget(100_000))
        if grown is not None:
            return _tidy(hamiltonian, wanted, *grown)
    return quarter_turns(hamiltonian.n_qubits, min(wanted))


def quarter_turns(n_qubits: int, index: int) -> tuple[Ansatz, FloatVector]:
    """RY on every qubit, by -π/2 from |+> to |0> and by π/2 to |1>: basis state `index`."""
    ansatz = adaptive.start(n_qubits)
    for qubit in range(n_qubits):
        ansatz = adaptive.append(ansatz, Gate("ry", (qubit,), (0.0,)))
    return ansatz, np.array([_QUARTER if index >> i & 1 else -_QUARTER for i in range(n_qubits)])


class _Aim:
    """When a state is good enough."""

    def __init__(self, hamiltonian: IsingHamiltonian, wanted: frozenset[int]) -> None:
        self.diagonal = hamiltonian.diagonal
        self.wanted = np.array(sorted(wanted), dtype=np.intp)
        spectrum = hamiltonian.spectrum
        self.width = spectrum.e_max - spectrum.e_min
        self.ceiling = spectrum.e_min + (1.0 - TARGET_RATIO) * self.width

    def met(self, energy: StateEnergy, theta: FloatVector) -> bool:
        p = probabilities(energy.state(theta))
        return bool(
            p @ self.diagonal <= self.ceiling and p[self.wanted].sum() >= TARGET_PROBABILITY
        )


def _grow(
    hamiltonian: IsingHamiltonian,
    wanted: frozenset[int],
    weight: float,
    max_gates: int,
    budget: Budget,
) -> tuple[Ansatz, FloatVector] | None:
    aim = _Aim(hamiltonian, wanted)
    n = hamiltonian.n_qubits
    slope_scale = aim.width or 1.0
    diagonal = hamiltonian.diagonal + weight * slope_scale / n * _distance(n, wanted)
    # Amplitudes stay real, and slopes of all rotations about X and Z are 0.
    gates = [gate for gate in adaptive.pool(n) if gate.name in {"ry", "cry"}]
    left = np.ones(len(gates), dtype=bool)
    ansatz, theta = adaptive.start(n), np.zeros(0)
    energy = energy_of(ansatz, diagonal)
    while not aim.met(energy, theta):
        if ansatz.n_parameters >= max_gates:
            return None
        slopes = real_slopes(energy.state(theta).real, diagonal, gates)
        slopes = np.where(left, np.abs(slopes), 0.0)
        steepest = slopes.max()
        if steepest < _FLAT * slope_scale:
            return None
        index = int(np.flatnonzero(slopes >= (1.0 - _TIE) * steepest)[0])
        left[index] = False
        ansatz = adaptive.append(ansatz, gates[index])
        energy = energy_of(ansatz, diagonal)
        tuned = lbfgs(energy, np.append(theta, 0.0), budget=budget)
        if not np.isfinite(tuned.energy):
            return None
        theta = tuned.theta
    return ansatz, theta


def real_slopes(psi: FloatVector, diagonal: FloatVector, pool: Sequence[Gate]) -> FloatVector:
    """`pool_gradients` of RY and CRY on real amplitudes, shape [len(pool)].

    The slope is the sum of ψ_k ψ_k' (h_k' - h_k) over the pairs of states that differ in the
    target, for CRY those with the control at 1.
    """
    n_qubits = int(psi.size).bit_length() - 1
    slopes = {target: _of_target(psi, diagonal, target) for target in range(n_qubits)}
    return np.array([slopes[gate.qubits[-1]][gate.qubits[0]] for gate in pool])


def _of_target(psi: FloatVector, diagonal: FloatVector, target: int) -> FloatVector:
    """Slopes of one target with each qubit as its control, at its own place without one; [n]."""
    amplitudes, energies = (v.reshape(-1, 2, 1 << target) for v in (psi, diagonal))
    density = amplitudes[:, 0] * amplitudes[:, 1] * (energies[:, 1] - energies[:, 0])
    density = density.ravel()
    n_qubits = int(psi.size).bit_length() - 1
    out = np.zeros(n_qubits)
    for qubit in (q for q in range(n_qubits - 1, -1, -1) if q != target):
        low, high = density.reshape(2, -1)
        out[qubit] = high.sum()
        density = low + high
    out[target] = density[0]
    return out


def _distance(n_qubits: int, wanted: frozenset[int]) -> FloatVector:
    """Hamming distance of every basis state to the nearest one wanted, shape [D]."""
    out = np.full(1 << n_qubits, np.inf)
    out[sorted(wanted)] = 0.0
    for i in range(n_qubits):
        pairs = out.reshape(-1, 2, 1 << i)
        np.minimum(pairs, pairs[:, ::-1, :] + 1.0, out=pairs)
    return out


def _tidy(
    hamiltonian: IsingHamiltonian, wanted: frozenset[int], ansatz: Ansatz, theta: FloatVector
) -> tuple[Ansatz, FloatVector]:
    """Quarter turns made exact, then gates without effect taken out, while the aim stays met."""
    aim = _Aim(hamiltonian, wanted)
    energy = energy_of(ansatz, hamiltonian)
    value = energy.value(theta)
    best, best_value = theta, value
    snapped = _QUARTER * np.round(theta / _QUARTER)
    value = energy.value(snapped)
    if value <= best_value + _ROUNDING * aim.width and aim.met(energy, snapped):
        best, best_value = snapped, value
    for index in range(best.size):
        if best[index] == 0.0:
            continue
        trial = best.copy()
        trial[index] = 0.0
        idle = abs(best[index]) < _IDLE or energy.value(trial) <= best_value + _ROUNDING * aim.width
        if idle and aim.met(energy, trial):
            best = trial
    return without_idle(ansatz, best)


def without_idle(ansatz: Ansatz, theta: FloatVector) -> tuple[Ansatz, FloatVector]:
    """The grown ansatz without its gates at angle 0, and the other angles."""
    idle = {slot.gate for slot in ansatz.slots if theta[slot.parameter] == 0.0}
    gates: list[Gate] = []
    slots: list[Slot] = []
    for position, gate in enumerate(ansatz.gates):
        if position in idle:
            continue
        if gate.params:
            slots.append(Slot(len(gates), len(slots)))
        gates.append(gate)
    count = len(slots)
    name = f"adaptive {count} gate{'s' * (count != 1)}"
    kept = replace(ansatz, name=name, gates=tuple(gates), slots=tuple(slots), n_parameters=count)
    return kept, theta[theta != 0.0]
