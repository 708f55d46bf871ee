"""Energies and gradients of circuits with real amplitudes, a whole layer at a time.

Covers rotations about Y, free or not, among cx, cz, x and z, under an observable whose matrix is
real: the hardware-efficient ansatz for most models. The circuit is cut into layers of two kinds:

- rotations: one angle a qubit, applied as dense blocks of four qubits;
- signed permutations: basis state k goes to ± another one.

The gradient is the adjoint one (Jones and Gacon, arXiv 2009.02823): for exp(-iθY/2) on qubit q,
dE/dθ = <b| A_q |k> with A = [[0, -1], [1, 0]], k the state after the layer and b what H|ψ> has
become there. The kets are kept, and a block's four slopes come from one 16 x 16 product of b and k.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from quasar.circuits.ansatz import Ansatz
from quasar.circuits.circuit import ALIASES
from quasar.core.ground_space import sparse_matrix
from quasar.core.observable import PauliSum
from quasar.simulate.ansatz_energy import AnsatzEnergy
from quasar.simulate.engine import ComplexVector, FloatVector

_BLOCK = 4  # qubits of a dense block
_PAIRS = [
    (zero, zero | (1 << qubit))
    for qubit in range(_BLOCK)
    for zero in [np.array([k for k in range(1 << _BLOCK) if not (k >> qubit) & 1])]
]
"""For each qubit of a block the states that read 0 there, ascending, and those that read 1."""
_PERMUTING = frozenset({"cx", "cz", "x", "z"})


class NotReal(ValueError):
    """A gate or an observable that is not covered."""


@dataclass(eq=False)
class _Rotations:
    """One layer of rotations: the angle of qubit q is fixed[q] plus its free ones."""

    fixed: FloatVector
    free: list[tuple[int, int, float]] = field(default_factory=list)  # qubit, parameter, scale

    def angles(self, theta: FloatVector) -> FloatVector:
        out = self.fixed.copy()
        for qubit, parameter, scale in self.free:
            out[qubit] += scale * theta[parameter]
        return out


@dataclass(eq=False)
class _Signed:
    """A signed permutation: amplitude k becomes sign[k] times amplitude source[k]."""

    source: npt.NDArray[np.intp]
    sign: FloatVector

    def append(self, name: str, qubits: tuple[int, ...]) -> None:
        """One gate more."""
        states = np.arange(self.source.size)
        *controls, target = qubits
        active = np.ones_like(states)
        for control in controls:
            active &= (states >> control) & 1
        if name in {"cz", "z"}:
            self.sign *= 1.0 - 2.0 * (active & (states >> target) & 1)
        else:
            moved = states ^ (active << target)
            self.source, self.sign = self.source[moved], self.sign[moved]

    def forward(self, state: FloatVector) -> FloatVector:
        return np.asarray(state[self.source] * self.sign)

    def back(self, state: FloatVector) -> FloatVector:
        out = np.empty_like(state)
        out[self.source] = state * self.sign
        return out


class RealEnergy(AnsatzEnergy):
    """E(θ) of an ansatz under an observable, both real.

    Args:
        ansatz: n qubits, P parameters.
        observable: on n qubits.

    Raises:
        NotReal: a gate or an observable that is not covered.
        ValueError: an observable of another size.
    """

    def __init__(self, ansatz: Ansatz, observable: PauliSum) -> None:
        super().__init__(ansatz, 1 << observable.n_qubits)
        if any(sum(a == "Y" for _, a in pauli) % 2 for pauli in observable.pauli_terms()):
            raise NotReal("the matrix of the observable is not real")
        self._layers = _layers(ansatz)
        self._matrix = sparse_matrix(observable)
        n = ansatz.n_qubits
        self._widths = [min(_BLOCK, n - start) for start in range(0, n, _BLOCK)]

    def state(self, theta: npt.ArrayLike) -> ComplexVector:
        """Amplitudes at θ (shape [P], radians), shape [D]."""
        return self._forward(np.asarray(theta, dtype=np.float64))[-1].astype(np.complex128)

    def value(self, theta: npt.ArrayLike) -> float:
        """E(θ)."""
        state = self._forward(np.asarray(theta, dtype=np.float64))[-1]
        return float(state @ (self._matrix @ state))

    def value_and_gradient(self, theta: npt.ArrayLike) -> tuple[float, FloatVector]:
        """E(θ) and dE/dθ, shape [P]."""
        angles = np.asarray(theta, dtype=np.float64)
        kets = self._forward(angles)
        bra = self._matrix @ kets[-1]
        energy = float(kets[-1] @ bra)
        gradient = np.zeros(self.n_parameters)
        for layer, ket in zip(reversed(self._layers), reversed(kets), strict=False):
            if isinstance(layer, _Signed):
                bra = layer.back(bra)
                continue
            if layer.free:
                slopes = self._slopes(bra, ket)
                for qubit, parameter, scale in layer.free:
                    gradient[parameter] += scale * slopes[qubit]
            bra = self._rotated(bra, -layer.angles(angles))
        return energy, gradient

    def _forward(self, theta: FloatVector) -> list[FloatVector]:
        """The state at first and after each layer."""
        self.evaluations += 1
        state = np.zeros(1 << self.ansatz.n_qubits)
        state[0] = 1.0
        kets = [state]
        for layer in self._layers:
            if isinstance(layer, _Signed):
                kets.append(layer.forward(kets[-1]))
            else:
                kets.append(self._rotated(kets[-1], layer.angles(theta)))
        return kets

    def _rotated(self, state: FloatVector, angles: FloatVector) -> FloatVector:
        """exp(-i angle/2 Y) on every qubit, shape [D]."""
        for position, width in enumerate(self._widths):
            first = position * _BLOCK
            matrix = _turned(angles[first : first + width])
            size, inner = 1 << width, 1 << first
            if inner == 1:
                state = (state.reshape(-1, size) @ matrix.T).reshape(-1)
            else:
                state = np.matmul(matrix, state.reshape(-1, size, inner)).reshape(-1)
        return state

    def _slopes(self, bra: FloatVector, ket: FloatVector) -> FloatVector:
        """<bra| A_q |ket> of every qubit, shape [n]."""
        out = np.empty(self.ansatz.n_qubits)
        for position, width in enumerate(self._widths):
            first = position * _BLOCK
            shape = (-1, 1 << width, 1 << first)  # outer qubits, the block, inner qubits
            if first == 0:
                overlap = bra.reshape(-1, 1 << width).T @ ket.reshape(-1, 1 << width)
            else:
                b, k = bra.reshape(shape), ket.reshape(shape)
                overlap = np.matmul(b, k.transpose(0, 2, 1)).sum(axis=0)
            # A has entry -1 at (0, 1) and 1 at (1, 0).
            antisymmetric = overlap.T - overlap
            for qubit, (zero, one) in enumerate(_PAIRS[:width]):
                half = 1 << (width - 1)
                out[first + qubit] = antisymmetric[zero[:half], one[:half]].sum()
        return out


def _turned(angles: FloatVector) -> FloatVector:
    """exp(-i angle/2 Y) of up to four qubits as one matrix, shape [2**k, 2**k]."""
    matrix = np.ones((1, 1))
    for angle in angles.tolist():
        c, s = math.cos(angle / 2), math.sin(angle / 2)
        grown = np.array([[c, -s], [s, c]])[:, None, :, None] * matrix[None, :, None, :]
        matrix = grown.reshape(2 * matrix.shape[0], -1)
    return matrix


def _layers(ansatz: Ansatz) -> list[_Rotations | _Signed]:
    slots = {slot.gate: slot for slot in ansatz.slots}
    n = ansatz.n_qubits
    layers: list[_Rotations | _Signed] = []
    for place, gate in enumerate(ansatz.gates):
        name, slot = ALIASES.get(gate.name, gate.name), slots.get(place)
        last = layers[-1] if layers else None
        if name == "ry":
            if not isinstance(last, _Rotations):
                last = _Rotations(np.zeros(n))
                layers.append(last)
            if slot is None:
                last.fixed[gate.qubits[0]] += gate.params[0]
            else:
                last.free.append((gate.qubits[0], slot.parameter, slot.scale))
        elif name in _PERMUTING and slot is None:
            if not isinstance(last, _Signed):
                last = _Signed(np.arange(1 << n), np.ones(1 << n))
                layers.append(last)
            last.append(name, gate.qubits)
        else:
            raise NotReal(f"gate {gate.name!r} is not covered")
    return layers
