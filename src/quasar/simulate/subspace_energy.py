"""Energies of QAOA inside a subspace, on the subspace's amplitudes alone.

A state of three one-hot blocks of three qubits has 27 amplitudes, not 512. Each axis of the state
is a block, or a free qubit. exp(-iβ (XX + YY)/2) on two qubits is a rotation between the patterns
in which they differ and those with the two exchanged, exp(-iβX) one between all patterns of a
qubit, and the Grover mixer is a projection.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from quasar.circuits.subspace_qaoa import SubspaceQaoa, mixing_pairs
from quasar.core.subspace import IntVector
from quasar.simulate.ansatz_energy import AnsatzEnergy
from quasar.simulate.engine import ComplexVector, FloatVector, probabilities


class _Exchange(NamedTuple):
    """exp(-iβG), G exchanging patterns on one axis of the state seen as [before, axis, after].

    Attributes:
        before: product of the axes before.
        partner: what each pattern is exchanged with, shape [m].
        moves: 1 where that is another one, else 0, shape [m, 1].
    """

    before: int
    partner: IntVector
    moves: FloatVector

    def turned(self, state: ComplexVector, beta: float) -> ComplexVector:
        """exp(-iβG)|state>, shape [d]."""
        seen = state.reshape(self.before, len(self.partner), -1)
        stay, go = 1.0 - self.moves * (1.0 - math.cos(beta)), -1j * math.sin(beta) * self.moves
        return np.asarray((seen * stay + seen[:, self.partner] * go).reshape(-1))

    def generated(self, state: ComplexVector) -> ComplexVector:
        """G|state>, shape [d]."""
        seen = state.reshape(self.before, len(self.partner), -1)
        return np.asarray((seen[:, self.partner] * self.moves).reshape(-1))


class _Projection:
    """exp(-iβ |s><s|) of the uniform state s."""

    def turned(self, state: ComplexVector, beta: float) -> ComplexVector:
        """See `_Exchange.turned`."""
        return np.asarray(state + np.expm1(-1j * beta) * state.mean())

    def generated(self, state: ComplexVector) -> ComplexVector:
        """See `_Exchange.generated`."""
        return np.full_like(state, state.mean())


_Turn = _Exchange | _Projection


class SubspaceEnergy(AnsatzEnergy):
    """E(γ, β) of QAOA inside a subspace of dimension d.

    Args:
        ansatz: only bound, not run.
        diagonal: energies h of what is measured, shape [D].

    Raises:
        ValueError: an observable of another size.
    """

    def __init__(self, ansatz: SubspaceQaoa, diagonal: FloatVector) -> None:
        super().__init__(ansatz, diagonal.size)
        subspace = ansatz.subspace
        self._states = subspace.states()
        self._layers = ansatz.layers
        self._phase = ansatz.hamiltonian.diagonal[self._states]
        self.measure(diagonal)
        size = self._states.size
        self._start = np.full(size, size**-0.5, dtype=np.complex128)
        if ansatz.basis_state is not None:
            self._start = (self._states == ansatz.basis_state).astype(np.complex128)
        grover = ansatz.mixer == "grover"
        self._mixer: Sequence[_Turn] = [_Projection()] if grover else _exchanges(ansatz)

    def measure(self, diagonal: FloatVector) -> None:
        """From now on, energies are those of another diagonal observable, shape [D]."""
        self._measured = diagonal[self._states]

    def state(self, theta: npt.ArrayLike) -> ComplexVector:
        """Amplitudes at θ = (γ_1..γ_p, β_1..β_p), radians, shape [D]."""
        out = np.zeros(1 << self.ansatz.n_qubits, dtype=np.complex128)
        out[self._states] = self._inside(np.asarray(theta, dtype=np.float64))
        return out

    def value(self, theta: npt.ArrayLike) -> float:
        """E(θ)."""
        state = self._inside(np.asarray(theta, dtype=np.float64))
        return float(probabilities(state) @ self._measured)

    def value_and_gradient(self, theta: npt.ArrayLike) -> tuple[float, FloatVector]:
        """E(θ) and dE/dθ, shape [2p]; adjoint method, two states in memory."""
        angles = np.asarray(theta, dtype=np.float64)
        ket = self._inside(angles)
        energy = float(probabilities(ket) @ self._measured)
        bra = ket * self._measured
        gradient = np.zeros(2 * self._layers)
        for layer in range(self._layers - 1, -1, -1):
            gamma, beta = float(angles[layer]), float(angles[self._layers + layer])
            for one in reversed(self._mixer):
                slope = 2.0 * np.vdot(bra, one.generated(ket)).imag
                gradient[self._layers + layer] += slope
                ket, bra = one.turned(ket, -beta), one.turned(bra, -beta)
            gradient[layer] = 2.0 * np.vdot(bra, self._phase * ket).imag
            phases = np.exp(1j * gamma * self._phase)
            ket, bra = ket * phases, bra * phases
        return energy, gradient

    def _inside(self, angles: FloatVector) -> ComplexVector:
        """Amplitudes of the subspace's states, shape [d]."""
        self.evaluations += 1
        state = self._start
        for gamma, beta in zip(angles[: self._layers], angles[self._layers :], strict=True):
            state = state * np.exp(-1j * float(gamma) * self._phase)
            for one in self._mixer:
                state = one.turned(state, float(beta))
        return state


def _exchanges(ansatz: SubspaceQaoa) -> list[_Exchange]:
    """The mixer pair by pair in the circuit's order, then X on the free qubits."""
    blocks = ansatz.subspace.blocks
    out = []
    before = 1
    for place, patterns in enumerate(ansatz.subspace.axes()):
        if place < len(blocks):
            layers = mixing_pairs(blocks[place], ansatz.mixer)
            out += [_exchange(before, patterns, a, b) for pairs in layers for a, b in pairs]
        else:
            out.append(_Exchange(before, np.array([1, 0]), np.ones((2, 1))))
        before *= len(patterns)
    return out


def _exchange(before: int, patterns: list[int], a: int, b: int) -> _Exchange:
    """(XX + YY)/2 on qubits a and b of a block."""
    number = {pattern: i for i, pattern in enumerate(patterns)}
    differ = [(pattern >> a ^ pattern >> b) & 1 for pattern in patterns]
    both = 1 << a | 1 << b
    partner = [number[p ^ both] if d else number[p] for p, d in zip(patterns, differ, strict=True)]
    return _Exchange(before, np.array(partner), np.array(differ, dtype=np.float64)[:, None])
