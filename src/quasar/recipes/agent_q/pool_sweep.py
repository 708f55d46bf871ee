"""Slopes of a gate pool with all of it appended at one small angle (one forward, one backward run).

PennyLane's `AdaptiveOptimizer` asks which gate has the steepest slope while every gate of the pool
stands in the circuit, at its own starting angle. The gates are those of `circuits.adaptive.pool`,
in that order; the adjoint method (Jones and Gacon, arXiv 2009.02823) gives all slopes at once.

What makes it cheap: the pool falls into n+1 blocks, first the single rotations, then the rotations
under each control. Gates of a block that sit on different targets commute, so a block is a product
of one 2x2 matrix for each target, on all of the state or on the half where the control is 1. It is
applied four targets at a time, as a 16x16 matrix, and the slopes need of the two states no more
than the 2x2 matrix of each target that is left when all other qubits are summed over.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from quasar.circuits import adaptive
from quasar.simulate.engine import ComplexVector, FloatVector
from quasar.simulate.rotations import PAULI

ComplexArray = npt.NDArray[np.complex128]

_WIDTH = 4  # targets taken together: the fastest of 2 to 5 from 6 to 16 qubits
_AXES = ("xyz", "zxy")  # order of the rotations of one target: without and with a control
_ALL = 0b111  # bit k: the k-th rotation of a target is in the circuit


class PoolSweep:
    """dE/dθ of every gate left in the pool, all of them appended at `angle`.

    Args:
        diagonal: energies h, shape [D], D = 2**n.
        angle: where the appended gates stand, radians.

    Attributes:
        gates: the whole pool, at angle 0.
        left: which of them are still in it, shape [len(gates)].
    """

    def __init__(self, diagonal: FloatVector, angle: float) -> None:
        n = int(diagonal.size).bit_length() - 1
        self.n_qubits = n
        self.diagonal = diagonal
        self.gates = adaptive.pool(n)
        self._tables = [_tables(axes, angle) for axes in _AXES]
        self._place = np.array([_place(gate.name, gate.qubits) for gate in self.gates])
        self.left = np.ones(len(self.gates), dtype=bool)
        self._present = np.full((n + 1, n), _ALL)
        self._generators = np.empty((n + 1, n, 3, 2, 2), dtype=np.complex128)
        self._groups = [_grouped([q for q in range(n) if q != block - 1]) for block in range(n + 1)]
        self._matrices: list[list[ComplexArray]] = []
        for block, groups in enumerate(self._groups):
            self._generators[block] = self._tables[block > 0][1][_ALL]
            self._matrices.append([self._product(block, group) for group in groups])

    def _product(self, block: int, targets: list[int]) -> ComplexArray:
        """The block's action on some targets, shape [2**k, 2**k], first target most significant."""
        unitaries = self._tables[block > 0][0]
        out = np.ones((1, 1), dtype=np.complex128)
        for target in targets:
            out = np.kron(out, unitaries[self._present[block, target]])
        return out

    def remove(self, index: int) -> None:
        """Take gate number `index` of `gates` out of the pool."""
        self.left[index] = False
        block, target, position = self._place[index].tolist()
        self._present[block, target] &= ~(1 << position)
        self._generators[block, target] = self._tables[block > 0][1][self._present[block, target]]
        for number, group in enumerate(self._groups[block]):
            if target in group:
                self._matrices[block][number] = self._product(block, group)

    def slopes(self, state: ComplexVector) -> FloatVector:
        """dE/dθ of each of `gates`, shape [len(gates)], appended to `state` (shape [D]); 0 for
        those taken out.
        """
        ket = np.array(state, dtype=np.complex128)
        for block in range(self.n_qubits + 1):
            part = _part(ket, block)
            part[...] = self._applied(block, part).reshape(part.shape)
        # The bra is carried as its transpose, so that all sums below are plain matrix products.
        bra = self.diagonal * ket.conj()
        reduced = np.zeros((self.n_qubits + 1, self.n_qubits, 2, 2), dtype=np.complex128)
        for block in reversed(range(self.n_qubits + 1)):
            ket_part, bra_part = _part(ket, block), _part(bra, block)
            right, left = ket_part.copy(), bra_part.copy()
            for group, matrix in zip(
                reversed(self._groups[block]), reversed(self._matrices[block]), strict=True
            ):
                # Axes [rest, group]: the block put the group into the last axis. The product over
                # the rest leaves the group's matrix; undoing it gives [group, rest], where the
                # group applied before stands last again.
                right = right.reshape(-1, matrix.shape[0])
                left = left.reshape(-1, matrix.shape[0])
                reduced[block, group] = _one_by_one(right.T @ left, len(group))
                right, left = matrix.conj().T @ right.T, matrix.T @ left.T
            ket_part[...] = right.reshape(ket_part.shape)
            bra_part[...] = left.reshape(bra_part.shape)
        # dE/dθ = Im <ψ|H G|ψ> = Im Σ_st G_ts R_st, R_st = Σ ψ_s bra_t over the other qubits.
        slopes = np.einsum("bqkts,bqst->bqk", self._generators, reduced).imag
        block, target, position = self._place.T
        return np.where(self.left, slopes[block, target, position], 0.0)

    def _applied(self, block: int, part: ComplexArray) -> ComplexArray:
        """The block applied to its part of a state.

        A product leaves the group in the last axis, where the next group comes first: after all
        groups the qubits stand in their order again.
        """
        out: ComplexArray = part.copy()
        for matrix in self._matrices[block]:
            out = out.reshape(matrix.shape[0], -1).T @ matrix.T
        return out


def _place(name: str, qubits: tuple[int, ...]) -> tuple[int, int, int]:
    """Block, target and position among the rotations of that target."""
    block = 0 if len(qubits) == 1 else qubits[0] + 1
    return block, qubits[-1], _AXES[block > 0].index(name[-1])


def _part(vector: ComplexVector, block: int) -> ComplexArray:
    """View of the entries that a block acts on: axes [qubits above, qubits below] the control,
    whose own axis is taken at 1.
    """
    return vector if block == 0 else vector.reshape(-1, 2, 1 << (block - 1))[:, 1, :]


def _grouped(qubits: list[int]) -> list[list[int]]:
    """Groups of at most `_WIDTH`, most significant first, as even as can be."""
    count = -(-len(qubits) // _WIDTH)
    return [part.tolist() for part in np.array_split(qubits[::-1], count)] if count else []


def _tables(axes: str, angle: float) -> tuple[ComplexArray, ComplexArray]:
    """One target's rotations about `axes`, in this order, for each choice of which are present.

    Returns:
        Their product, shape [8, 2, 2], and each one's generator as seen after the later ones,
        shape [8, 3, 2, 2]; the first index is the set of those present.
    """
    unitaries = np.empty((8, 2, 2), dtype=np.complex128)
    generators = np.empty((8, 3, 2, 2), dtype=np.complex128)
    cos, sin = np.cos(angle / 2), np.sin(angle / 2)
    for present in range(8):
        later = np.eye(2, dtype=np.complex128)
        for k in (2, 1, 0):
            pauli = PAULI[axes[k]]
            generators[present, k] = later @ pauli @ later.conj().T
            if present >> k & 1:
                later = later @ (cos * np.eye(2) - 1j * sin * pauli)
        unitaries[present] = later
    return unitaries, generators


def _one_by_one(joint: ComplexArray, width: int) -> ComplexArray:
    """The matrix of each qubit of a group from that of the group, shape [width, 2, 2]."""
    return (_tracer(width) @ joint.reshape(-1)).reshape(width, 2, 2)


@lru_cache
def _tracer(width: int) -> FloatVector:
    """Sums over the other qubits of a group, shape [width * 4, 4**width]."""
    size = 1 << width
    out = np.zeros((width, 2, 2, size, size))
    for k in range(width):
        bit = 1 << (width - 1 - k)
        for s in range(2):
            for t in range(2):
                for rest in range(size):
                    if not rest & bit:
                        out[k, s, t, rest | s * bit, rest | t * bit] = 1.0
    return out.reshape(width * 4, size * size)
