"""Adaptive VQE: grow a circuit gate by gate along the largest gradient.

Source: Grimsley et al., Nature Communications 10, 3007 (2019), with the pool of `circuits.adaptive`
and, unlike PennyLane's `AdaptiveOptimizer`, all angles tuned again after each gate.
"""

from __future__ import annotations

import numpy as np

from quasar.circuits import adaptive
from quasar.circuits.ansatz import Ansatz
from quasar.circuits.circuit import Gate
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.minimize import Minimum, lbfgs
from quasar.optimize.trace import Budget, Trace
from quasar.simulate.energy import AnsatzEnergy
from quasar.simulate.engine import ComplexVector, FloatVector

GRADIENT_STOP = 3e-3
"""Largest pool gradient below which nothing more is added."""


def pool_gradients(
    state: ComplexVector, diagonal: FloatVector, pool: tuple[Gate, ...]
) -> FloatVector:
    """dE/dθ at θ = 0 of appending each rotation of the pool, shape [len(pool)].

    For exp(-iθ/2 G): dE/dθ = Im <ψ|H G|ψ>. A controlled rotation has G = |1><1|_c ⊗ P_t, so all
    controls of one target come from one vector and one product with the bits' matrix.
    """
    n_qubits = int(state.size).bit_length() - 1
    bra = (state * diagonal).conj()
    indices = np.arange(state.size)
    bits = np.array([(indices >> c) & 1 for c in range(n_qubits)], dtype=np.float64)
    single: dict[tuple[str, int], float] = {}
    controlled: dict[tuple[str, int], FloatVector] = {}
    for target in range(n_qubits):
        view = state.reshape(-1, 2, 1 << target)
        flipped = np.ascontiguousarray(view[:, ::-1, :]).reshape(-1)
        sign = 1.0 - 2.0 * bits[target]
        # Y|0> = i|1>, Y|1> = -i|0>: entry k of Yψ is -i (-1)^{k_t} times the flipped entry.
        images = {"x": flipped, "y": -1j * sign * flipped, "z": sign * state}
        for axis, image in images.items():
            density = (bra * image).imag
            single[axis, target] = float(density.sum())
            controlled[axis, target] = bits @ density
    out = []
    for gate in pool:
        axis = gate.name[-1]
        if len(gate.qubits) == 1:
            out.append(single[axis, gate.qubits[0]])
        else:
            out.append(float(controlled[axis, gate.qubits[1]][gate.qubits[0]]))
    return np.array(out)


def optimise_adaptive(
    hamiltonian: IsingHamiltonian,
    *,
    target_ratio: float = 0.999,
    max_gates: int = 100,
    budget: Budget | None = None,
    trace: Trace | None = None,
) -> tuple[Ansatz, Minimum]:
    """Grow from Hadamards on all qubits until r reaches `target_ratio` or nothing is gained.

    Returns:
        The grown ansatz and its angles.
    """
    budget = budget or Budget()
    trace = trace or Trace()
    spectrum, diagonal = hamiltonian.spectrum, hamiltonian.diagonal
    target = spectrum.e_min + (1.0 - target_ratio) * (spectrum.e_max - spectrum.e_min)
    gates = adaptive.pool(hamiltonian.n_qubits)
    used: set[int] = set()
    ansatz = adaptive.start(hamiltonian.n_qubits)
    energy = AnsatzEnergy(ansatz, diagonal)
    theta = np.zeros(0)
    trace.begin("adaptive")
    budget.used += 1
    value = energy.value(theta)
    trace.record(value, theta)
    while len(used) < min(max_gates, len(gates)) and value > target and not budget.spent:
        slopes = np.abs(pool_gradients(energy.state(theta), diagonal, gates))
        slopes[list(used)] = 0.0
        best = int(slopes.argmax())
        if slopes[best] < GRADIENT_STOP:
            break
        used.add(best)
        grown = adaptive.append(ansatz, gates[best])
        grown_energy = AnsatzEnergy(grown, diagonal)
        found = lbfgs(grown_energy, np.append(theta, 0.0), budget=budget, trace=trace)
        if not np.isfinite(found.energy):
            break
        ansatz, energy, theta, value = grown, grown_energy, found.theta, found.energy
    return ansatz, Minimum(theta, value, budget.used)
