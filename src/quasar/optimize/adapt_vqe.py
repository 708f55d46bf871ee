"""Adaptive VQE: grow a circuit gate by gate along the largest gradient.

Source: Grimsley et al., Nature Communications 10, 3007 (2019), with the pool of `circuits.adaptive`
and, unlike PennyLane's `AdaptiveOptimizer`, all angles tuned again after each gate and the growth
repeated where it ends early.
"""

from __future__ import annotations

import numpy as np

from quasar.circuits import adaptive
from quasar.circuits.ansatz import Ansatz
from quasar.circuits.circuit import Gate
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.optimize.minimize import Minimum, lbfgs
from quasar.optimize.trace import Budget, Trace
from quasar.simulate.energy import energy_of
from quasar.simulate.engine import ComplexVector, FloatVector

GRADIENT_STOP = 3e-3
"""Largest pool gradient below which nothing more is added, in the energy's unit."""
NEARLY = 0.8
"""Fraction of the largest slope that counts as nearly as large. On 98 problems of up to 10 qubits,
with three seeds and 2,000 evaluations, one growth reaches r = 0.999 on 78%, ten of them on 97%;
fractions from 0.5 to 0.9 do about as well."""


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
    rng: np.random.Generator | None = None,
    attempts: int = 10,
    target_ratio: float = 0.999,
    max_gates: int = 100,
    budget: Budget | None = None,
    trace: Trace | None = None,
) -> tuple[Ansatz, Minimum]:
    """Grow from Hadamards on all qubits until r reaches `target_ratio` or nothing is gained.

    The first growth always takes the largest slope. It can end early, in a state that no single
    gate of the pool improves; further growths then choose at random among the gates of at least
    `NEARLY` the largest slope, and the best is kept.

    Args:
        rng: for the growths after the first; default: always the same.
        attempts: growths at most.
        max_gates: gates of each growth at most.

    Returns:
        The grown ansatz and its angles.
    """
    rng = rng or generator(0, "adaptive")
    budget = budget or Budget()
    trace = trace or Trace()
    spectrum = hamiltonian.spectrum
    target = spectrum.e_min + (1.0 - target_ratio) * (spectrum.e_max - spectrum.e_min)
    best: tuple[Ansatz, Minimum] | None = None
    for attempt in range(attempts):
        if best is not None and (budget.spent or best[1].energy <= target):
            break
        trace.begin(f"adaptive growth {attempt + 1}")
        choice = rng if attempt else None
        grown = _grow(hamiltonian, choice, target, max_gates, budget, trace)
        if best is None or grown[1].energy < best[1].energy:
            best = grown
    if best is None:
        raise ValueError("attempts must be at least 1")
    return best


def _grow(
    hamiltonian: IsingHamiltonian,
    rng: np.random.Generator | None,
    target: float,
    max_gates: int,
    budget: Budget,
    trace: Trace,
) -> tuple[Ansatz, Minimum]:
    """One growth, by the largest slope or, with `rng`, by any nearly as large."""
    diagonal = hamiltonian.diagonal
    pool = adaptive.pool(hamiltonian.n_qubits)
    used: list[int] = []
    before = budget.used
    ansatz = adaptive.start(hamiltonian.n_qubits)
    energy = energy_of(ansatz, diagonal)
    theta = np.zeros(0)
    budget.used += 1
    value = energy.value(theta)
    trace.record(value, theta)
    while len(used) < min(max_gates, len(pool)) and value > target and not budget.spent:
        slopes = np.abs(pool_gradients(energy.state(theta), diagonal, pool))
        slopes[used] = 0.0
        if slopes.max() < GRADIENT_STOP * energy.unit:
            break
        if rng is None:
            chosen = int(slopes.argmax())
        else:
            chosen = int(rng.choice(np.flatnonzero(slopes >= NEARLY * slopes.max())))
        used.append(chosen)
        grown = adaptive.append(ansatz, pool[chosen])
        grown_energy = energy_of(grown, diagonal)
        found = lbfgs(grown_energy, np.append(theta, 0.0), budget=budget, trace=trace)
        if not np.isfinite(found.energy):
            break
        ansatz, energy, theta, value = grown, grown_energy, found.theta, found.energy
    return ansatz, Minimum(theta, value, budget.used - before)
