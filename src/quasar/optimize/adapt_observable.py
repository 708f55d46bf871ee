"""ADAPT-VQE of any observable: rotations from a pool, one by one along the steepest slope.

Sources: Grimsley et al., Nat. Commun. 10, 3007 (2019); Tang et al., PRX Quantum 2, 020310 (2021).
All angles are tuned again after each rotation, from where they were. What pools there are is in
`circuits.excitations`; growth for cost functions, from Hadamards, is `optimize.adapt_vqe`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from quasar.circuits.circuit import Gate
from quasar.circuits.excitations import Generator
from quasar.circuits.pauli_ansatz import PauliAnsatz, StringRotation, pauli_ansatz
from quasar.core.observable import Pauli, PauliSum
from quasar.optimize.minimize import Minimum, lbfgs
from quasar.optimize.trace import Budget, Trace
from quasar.simulate.energy import energy_of
from quasar.simulate.engine import ComplexVector, FloatVector
from quasar.simulate.gate_energy import applied_by

_STORED_SIGNS = 1 << 20  # of all strings of a pool on all basis states
_TIE = 1e-6
_LEAST_SLOPE = 1e-6  # relative to the largest coefficient: below, nothing is gained


def grow(
    observable: PauliSum,
    start: Sequence[Gate],
    pool: Sequence[Generator],
    *,
    target: float,
    max_rotations: int,
    name: str,
    budget: Budget,
    trace: Trace,
    tolerance: float = 1e-12,
) -> tuple[PauliAnsatz, Minimum]:
    """Grow until the energy is at most `target`, no slope is left, or the budget is spent.

    Args:
        start: gates before the first rotation.
        target: energy without the constant.
        max_rotations: generators at most; one may be taken again.
        tolerance: `relative_tolerance` of the optimiser.
        name: of the ansatz; the number of its generators is added.

    Returns:
        The ansatz and its angles.
    """
    n = observable.n_qubits
    apply, slopes = applied_by(observable), _slopes(tuple(pool), n)
    least = _LEAST_SLOPE * max(map(abs, observable.pauli_terms().values()), default=1.0)
    rotations: list[StringRotation] = []
    theta = np.zeros(0)
    trace.begin(name)
    used = budget.used
    while True:
        count = theta.size
        ansatz = pauli_ansatz(f"{name}, {count}", n, start, rotations)
        energy = energy_of(ansatz, observable)
        found = lbfgs(energy, theta, budget=budget, trace=trace, relative_tolerance=tolerance)
        if not np.isfinite(found.energy):
            break
        theta, best = found.theta, (ansatz, found)
        if found.energy <= target or count >= max_rotations or budget.spent:
            break
        state = energy.state(theta)
        steep = np.abs(slopes.of(state, apply(state)))
        # Symmetric problems have equal slopes: rounding must not choose among them.
        chosen = int(np.flatnonzero(steep >= (1.0 - _TIE) * steep.max())[0])
        if steep[chosen] < least:
            break
        rotations += pool[chosen].rotations(count)
        theta = np.append(theta, 0.0)
    ansatz, minimum = best
    return ansatz, Minimum(minimum.theta, minimum.energy, budget.used - used)


class _Slopes:
    """dE/dθ at θ = 0 of appending exp(-iθ/2 G): Im <ψ|H G|ψ>, for every G of a pool."""

    def __init__(self, pool: Sequence[Generator], n_qubits: int) -> None:
        self.indices = np.arange(1 << n_qubits)
        found: dict[Pauli, int] = {}
        rows: list[tuple[int, int, float]] = []
        for number, generator in enumerate(pool):
            for pauli, c in generator.terms:
                rows.append((number, found.setdefault(pauli, len(found)), c))
        self.strings = [_masks(pauli) for pauli in found]
        self.factors = np.array([factor for _, _, factor in self.strings])
        self.signs: FloatVector | None = None
        if len(self.strings) << n_qubits <= _STORED_SIGNS:
            x, z = (np.array([s[k] for s in self.strings], np.int64)[:, None] for k in (0, 1))
            self.partners = self.indices ^ x
            self.signs = 1.0 - 2.0 * (np.bitwise_count(self.indices & z) & 1)
        self.weights = np.zeros((len(pool), len(found)))
        for number, string, c in rows:
            self.weights[number, string] += c

    def of(self, state: ComplexVector, applied: ComplexVector) -> FloatVector:
        """Slopes of all generators, shape [len(pool)]; `applied` is H|ψ>."""
        bra = applied.conj()
        if self.signs is not None:
            density = bra[self.partners] * state
            parts = [np.einsum("sd,sd->s", self.signs, d) for d in (density.real, density.imag)]
            by_part = self.factors.imag * parts[0] + self.factors.real * parts[1]
            return np.asarray(self.weights @ by_part)
        by_string = np.empty(len(self.strings))
        images: dict[int, ComplexVector] = {}
        for number, (x, z, factor) in enumerate(self.strings):
            # P|k> = factor (-1)^popcount(k & z) |k XOR x>.
            density = images.get(x)
            if density is None:
                density = images[x] = bra[self.indices ^ x] * state
            sign = 1.0 - 2.0 * (np.bitwise_count(self.indices & z) & 1)
            by_string[number] = (factor * (sign @ density)).imag
        return np.asarray(self.weights @ by_string)


@lru_cache(maxsize=4)
def _slopes(pool: tuple[Generator, ...], n_qubits: int) -> _Slopes:
    return _Slopes(pool, n_qubits)


def _masks(pauli: Pauli) -> tuple[int, int, complex]:
    x = sum(1 << qubit for qubit, axis in pauli if axis != "Z")
    z = sum(1 << qubit for qubit, axis in pauli if axis != "X")
    return x, z, 1j ** sum(axis == "Y" for _, axis in pauli)
