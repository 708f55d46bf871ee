"""Energies and gradients by windows of a few qubits: the fast way from about ten qubits on.

Dense linear algebra instead of one gate at a time:
each window of gates (`windows.py`) is multiplied out to one matrix of at most 16x16 and applied as
one matrix product. Going backward, all that the slopes of a window's rotations need of the two
states is one more small matrix, which is left when the other qubits are summed over:

    dE/dθ = Im <ψ|H G|ψ> = Im Tr(G K),  K_st = Σ_rest ψ_(s,rest) <ψ|H|(t,rest)>

for exp(-iθ/2 G) (adjoint method, Jones and Gacon, arXiv 2009.02823). Below ten qubits the small
matrices cost more than they save, see `simulate.energy`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from quasar.circuits.ansatz import Ansatz
from quasar.circuits.circuit import ComplexMatrix
from quasar.simulate.ansatz_energy import AnsatzEnergy
from quasar.simulate.engine import ComplexVector, FloatVector, probabilities
from quasar.simulate.gate_matrix import gate_matrix
from quasar.simulate.rotations import generated_rotations
from quasar.simulate.windows import Window, cut

ComplexArray = npt.NDArray[np.complex128]
IndexVector = npt.NDArray[np.intp]

WIDTH = 4
"""Qubits of a window, and of a gate, at most."""


class WindowEnergy(AnsatzEnergy):
    """E(θ) of an ansatz under a diagonal Hamiltonian, compiled once and evaluated often.

    Args:
        ansatz: n qubits, P parameters; slots on rx, ry, rz, p, crx, cry, crz, cp.
        diagonal: energies h, shape [D], D = 2**n.

    Raises:
        ValueError: a slot on a gate that is not a rotation, a gate on more than 4 qubits, or a
            diagonal of the wrong size.
    """

    def __init__(self, ansatz: Ansatz, diagonal: FloatVector) -> None:
        n = ansatz.n_qubits
        super().__init__(ansatz, diagonal.size)
        factors = _factors(ansatz)
        plan = cut([factor.qubits for factor in factors], WIDTH)
        self._windows: list[_Compiled] = []
        order = list(range(n - 1, -1, -1))
        for number, window in enumerate(plan):
            gather, order = _bring_forward(order, window, plan[number + 1 :])
            leading = order[: len(window.qubits)]
            self._windows.append(_Compiled(factors, window, leading, gather))
            order = order[len(leading) :] + leading
        # Amplitude k of the last array is that of basis state `_states[k]`.
        self._states = _gather(list(range(n - 1, -1, -1)), order)
        self._diagonal = diagonal[self._states]
        chosen = [factor for window in self._windows for factor in window.rotations]
        self._parameters = np.array([factor.parameter for factor in chosen], dtype=np.intp)
        self._scales = np.array([factor.scale for factor in chosen])

    def _forward(self, theta: npt.ArrayLike) -> ComplexVector:
        """Amplitudes at θ in the order of `_states`; leaves each window's matrices behind."""
        self.evaluations += 1
        half = np.asarray(theta, dtype=np.float64)[self._parameters] * self._scales / 2
        cos, sin = np.cos(half), np.sin(half)
        ket = np.zeros(self._diagonal.size, dtype=np.complex128)
        ket[0] = 1.0
        first = 0
        for window in self._windows:
            last = first + len(window.rotations)
            matrix = window.multiply_out(cos[first:last], sin[first:last])
            first = last
            if window.gather is not None:
                ket = ket[window.gather]
            # Rows of the matrix view are the window's basis states s, columns those of the rest:
            # ket[s, r]. The transposed product has the axes [r, s], so the window's qubits move
            # behind the rest without a copy, and the next window finds its own in front.
            ket = (ket.reshape(matrix.shape[0], -1).T @ matrix.T).reshape(-1)
        return ket

    def state(self, theta: npt.ArrayLike) -> ComplexVector:
        """Amplitudes at θ (shape [P], radians), shape [D]."""
        out = np.empty(self._diagonal.size, dtype=np.complex128)
        out[self._states] = self._forward(theta)
        return out

    def value(self, theta: npt.ArrayLike) -> float:
        """E(θ)."""
        return float(probabilities(self._forward(theta)) @ self._diagonal)

    def value_and_gradient(self, theta: npt.ArrayLike) -> tuple[float, FloatVector]:
        """E(θ) and dE/dθ, shape [P]."""
        ket = self._forward(theta)
        energy = float(probabilities(ket) @ self._diagonal)
        bra = self._diagonal * ket.conj()
        slopes: list[FloatVector] = []
        for window in reversed(self._windows):
            matrix = window.matrix
            # As the window left them: axes [r, s]. ket.T @ bra sums over the rest r, which leaves
            # K_st; undoing the window brings the axes back to [s, r].
            ket, bra = ket.reshape(-1, matrix.shape[0]), bra.reshape(-1, matrix.shape[0])
            slopes.append(window.slopes(ket.T @ bra))
            ket = (matrix.conj().T @ ket.T).reshape(-1)
            bra = (matrix.T @ bra.T).reshape(-1)
            if window.scatter is not None:
                ket, bra = ket[window.scatter], bra[window.scatter]
        gradient = np.zeros(self.n_parameters)
        if slopes:
            np.add.at(gradient, self._parameters, self._scales * np.concatenate(slopes[::-1]))
        return energy, gradient


@dataclass(frozen=True, eq=False)
class _Factor:
    """A fixed gate, or a rotation exp(-i scale*θ/2 G).

    Attributes:
        qubits: those acted on.
        matrix: the gate or its generator G, first qubit most significant.
        parameter: of the rotation, -1 for a fixed gate.
        scale: of the rotation.
    """

    qubits: tuple[int, ...]
    matrix: ComplexMatrix
    parameter: int = -1
    scale: float = 1.0


class _Compiled:
    """A window with its gates as matrices on its qubits, in their order as leading axes."""

    def __init__(
        self,
        factors: list[_Factor],
        window: Window,
        qubits: list[int],
        gather: IndexVector | None,
    ) -> None:
        inside = [factors[position] for position in window.gates]
        self.rotations = [factor for factor in inside if factor.parameter >= 0]
        self.gather = gather
        self.scatter = None if gather is None else np.argsort(gather)
        size = 1 << len(qubits)
        self._free = np.array([factor.parameter >= 0 for factor in inside])
        self._matrices = np.array([_embedded(factor, qubits) for factor in inside])
        self._generators = self._matrices[self._free]
        self._turned = self._generators @ self._generators  # where the rotation acts, G² = 1
        self._identity = np.eye(size)
        self.matrix = np.eye(size, dtype=np.complex128)
        self._partial = np.empty_like(self._matrices)

    def multiply_out(self, cos: FloatVector, sin: FloatVector) -> ComplexMatrix:
        """The window's matrix; cosines and sines of half the angles, shape [rotations]."""
        self._matrices[self._free] = (
            self._identity
            + (cos - 1.0)[:, None, None] * self._turned
            - 1j * sin[:, None, None] * self._generators
        )
        self._partial[0] = self._matrices[0]
        for k in range(1, len(self._matrices)):
            np.matmul(self._matrices[k], self._partial[k - 1], out=self._partial[k])
        self.matrix = self._partial[-1]
        return self.matrix

    def slopes(self, after: ComplexMatrix) -> FloatVector:
        """dE/dθ of each rotation from the matrix K after the window, shape [rotations]."""
        before = self.matrix.conj().T @ after @ self.matrix
        upto = self._partial[self._free]
        # K behind each rotation of the window, shape [rotations, 2**k, 2**k].
        there = upto @ before @ upto.conj().transpose(0, 2, 1)
        slopes: FloatVector = np.einsum("kts,kst->k", self._generators, there).imag
        return slopes


def _factors(ansatz: Ansatz) -> list[_Factor]:
    slot_of = {slot.gate: slot for slot in ansatz.slots}
    out: list[_Factor] = []
    for position, gate in enumerate(ansatz.gates):
        slot = slot_of.get(position)
        if slot is None:
            out.append(_Factor(gate.qubits, gate_matrix(gate)))
            continue
        for qubits, generator, factor in generated_rotations(gate):
            out.append(_Factor(qubits, generator, slot.parameter, slot.scale * factor))
    return out


def _embedded(factor: _Factor, qubits: list[int]) -> ComplexMatrix:
    """The factor's matrix on a window's qubits, the first of them most significant."""
    k = len(qubits)
    acted = [qubits.index(qubit) for qubit in factor.qubits]
    axes = acted + [axis for axis in range(k) if axis not in acted]
    # Axes of the tensor: k of the rows, then k of the columns, each set in the order of `axes`.
    full = np.kron(factor.matrix, np.eye(1 << (k - len(acted)))).reshape((2,) * (2 * k))
    back = np.argsort(axes)
    return np.asarray(full.transpose([*back, *(back + k)]).reshape(1 << k, 1 << k), np.complex128)


def _bring_forward(
    order: list[int], window: Window, later: list[Window]
) -> tuple[IndexVector | None, list[int]]:
    """Index that brings a window's qubits to the leading axes (None: they are), and the new order.

    Behind them come the qubits that are needed next, so that later windows are spared a copy.
    """
    k = len(window.qubits)
    if set(order[:k]) == set(window.qubits):
        return None, order
    wanted = [*reversed(window.qubits), *(q for w in later for q in reversed(w.qubits)), *order]
    new = list(dict.fromkeys(wanted))
    return _gather(order, new), new


def _gather(old: list[int], new: list[int]) -> IndexVector:
    """Where the entries of an array with axes `new` stand in one with axes `old`, shape [D]."""
    index = np.arange(1 << len(old)).reshape((2,) * len(old))
    return index.transpose([old.index(qubit) for qubit in new]).reshape(-1)
