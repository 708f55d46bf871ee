"""Exact distributions under noise: the density matrix in the Pauli basis, in NumPy.

The state is the real tensor of tr(P ρ) with one axis for each qubit, I X Y Z along it. A qubit
gets its axis with its first gate; behind its last gate only I and Z can still be measured, so X and
Y are dropped, and I alone is kept of qubits that nobody measures. The largest tensor in between is
what costs time and memory (`EvolutionPlan.peak`): at most 4**n numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from quasar.core.errors import CircuitError
from quasar.simulate.noisy.channels import FloatMatrix
from quasar.simulate.noisy.steps import ChannelBlock, NoisyProgram

FloatVector = npt.NDArray[np.float64]
FloatArray = npt.NDArray[np.float64]

MAX_PEAK = 4**13
"""Numbers of the largest tensor, 512 MiB; work needs up to three times that. Compiled circuits on
12 qubits often pass through a thirteenth."""
_FEW = 8  # numbers behind an axis, up to which one larger product beats many small ones
_ZERO = np.array([1.0, 0.0, 0.0, 1.0])  # |0><0|
_KEPT = {4: [0, 1, 2, 3], 2: [0, 3], 1: [0]}


@dataclass(frozen=True)
class EvolutionPlan:
    """Blocks with what is kept of each qubit behind them.

    Attributes:
        blocks: in order.
        kept: components of each of the block's qubits afterwards: 4; or 2 or 1 behind its last one.
        peak: numbers of the largest tensor.
    """

    blocks: tuple[ChannelBlock, ...]
    kept: tuple[tuple[int, ...], ...]
    peak: int


def plan(program: NoisyProgram) -> EvolutionPlan:
    """The order in which blocks are applied, and what that takes.

    Blocks on different qubits commute: of those that may come next, the one that leaves the
    smallest tensor does, so that qubits appear late and are finished early.
    """
    remaining: dict[int, list[int]] = {}  # the blocks that each qubit waits for
    for i, block in enumerate(program.blocks):
        for qubit in block.qubits:
            remaining.setdefault(qubit, []).append(i)
    for waiting in remaining.values():
        waiting.reverse()
    measured = set(program.held.values())
    sizes: dict[int, int] = {}

    def left(qubit: int) -> int:
        return 4 if len(remaining[qubit]) > 1 else 2 if qubit in measured else 1

    def growth(i: int) -> tuple[float, int]:
        qubits = program.blocks[i].qubits
        return math.prod(left(q) / sizes.get(q, 1) for q in qubits), i

    order, kept, peak = [], [], 1
    while any(remaining.values()):
        heads = {waiting[-1] for waiting in remaining.values() if waiting}
        ready = [i for i in heads if all(remaining[q][-1] == i for q in program.blocks[i].qubits)]
        _, chosen = min(map(growth, ready))
        block = program.blocks[chosen]
        after = tuple(left(qubit) for qubit in block.qubits)
        for qubit, size in zip(block.qubits, after, strict=True):
            sizes[qubit] = size
            remaining[qubit].pop()
        order.append(block)
        kept.append(after)
        peak = max(peak, math.prod(sizes.values()))
    return EvolutionPlan(tuple(order), tuple(kept), peak)


def distribution(
    program: NoisyProgram,
    made: EvolutionPlan | None = None,
    watch: Callable[[], None] = lambda: None,
) -> FloatVector:
    """Distribution of the measured qubits, each qubit once, in the order of `measured_qubits`.

    Shape [2**d], the first qubit least significant. Readout errors are not in it.

    Args:
        watch: called before each block; what it raises ends the work.

    Raises:
        CircuitError: kind `limit`: the density matrix is too large; trajectories are not.
    """
    made = made or plan(program)
    if made.peak > MAX_PEAK:
        raise CircuitError(
            "the density matrix of this circuit is too large "
            f"({made.peak * 24 / 2**30:,.1f} GiB to work on it).",
            kind="limit",
            limit="memory",
            hint="Take trajectories.",
        )
    state = _State()
    for block, kept in zip(made.blocks, made.kept, strict=True):
        watch()
        state.apply(block, kept)
    return state.distribution(measured_qubits(program))


def measured_qubits(program: NoisyProgram) -> tuple[int, ...]:
    """The different qubits that the answer's bits are read from, in the order of the bits."""
    return tuple(dict.fromkeys(program.held[bit] for bit in sorted(program.held)))


class _State:
    """A tensor with an axis for each of `order`."""

    def __init__(self) -> None:
        self.order: list[int] = []
        self.data: FloatArray = np.ones(1)

    @property
    def _shape(self) -> list[int]:
        return list(self.data.shape) if self.order else []

    def apply(self, block: ChannelBlock, kept: Sequence[int]) -> None:
        """Apply a channel; its qubits end up side by side."""
        k = len(block.qubits)
        matrix = block.channel.reshape((4,) * (2 * k))
        for axis, size in enumerate(kept):
            matrix = matrix.take(_KEPT[size], axis=axis)
        new = [qubit for qubit in block.qubits if qubit not in self.order]
        # Contracting backwards keeps the axes before in their places.
        for axis in reversed(range(k)):
            if block.qubits[axis] in new:
                matrix = np.tensordot(matrix, _ZERO, axes=(k + axis, 0))
        old = [qubit for qubit in block.qubits if qubit not in new]
        first = self._side_by_side(old)
        rows = int(np.prod(kept))
        if old and self.order[first : first + len(old)] != old:
            # The tensor holds them in another order than the matrix.
            held = self.order[first : first + len(old)]
            matrix = matrix.transpose(*range(k), *(k + old.index(qubit) for qubit in held))
        shape = self._shape
        before, behind = shape[:first], shape[first + len(old) :]
        data = _multiplied(
            matrix.reshape(rows, -1),
            self.data.reshape(int(np.prod(before)), -1, int(np.prod(behind))),
        )
        self.data = data.reshape([*before, *kept, *behind])
        self.order[first : first + len(old)] = block.qubits

    def _side_by_side(self, qubits: Sequence[int]) -> int:
        """Move axes so that these are neighbours, in any order; returns the place of the first."""
        if not qubits:
            return len(self.order)
        places = sorted(self.order.index(qubit) for qubit in qubits)
        first = places[0]
        if places != list(range(first, first + len(places))):
            rest = [place for place in range(len(self.order)) if place not in places]
            cut = sum(place < first for place in rest)
            axes = [*rest[:cut], *places, *rest[cut:]]
            self.data = np.ascontiguousarray(self.data.transpose(axes))
            self.order = [self.order[axis] for axis in axes]
        return first

    def distribution(self, qubits: Sequence[int]) -> FloatVector:
        """Of measuring qubits, the first least significant; those without an axis are in |0>."""
        # Axes that are left have 2 (I, Z) or 1 (I) components.
        shape = [size for size in self._shape if size > 1]
        order = [q for q, size in zip(self.order, self._shape, strict=True) if size > 1]
        data = self.data.reshape(shape)
        for axis in range(len(order)):
            identity, z = np.moveaxis(data, axis, 0)
            data = np.stack([(identity + z) / 2, (identity - z) / 2], axis=axis)
        data = data.transpose([order.index(q) for q in reversed(qubits) if q in order])
        found = np.zeros((2,) * len(qubits))
        found[tuple(slice(None) if q in order else 0 for q in reversed(qubits))] = data
        out = np.maximum(found.reshape(-1), 0.0)  # rounding errors below 0
        return np.asarray(out / out.sum())


def _multiplied(matrix: FloatMatrix, data: FloatArray) -> FloatArray:
    """The matrix on the middle axis: [r, c] and [A, c, B] to [A, r, B]."""
    a, c, b = data.shape
    if b == 1:
        return (data.reshape(a, c) @ matrix.T).reshape(a, -1, 1)
    if b <= _FEW:
        wide = np.kron(matrix, np.eye(b))
        return (data.reshape(a, c * b) @ wide.T).reshape(a, -1, b)
    out: FloatArray = np.matmul(matrix, data)
    return out


def per_bit(
    distribution: FloatVector, held: Mapping[int, int], qubits: Sequence[int]
) -> FloatVector:
    """From the distribution of different qubits to that of the bits that hold them."""
    if [held[bit] for bit in sorted(held)] == list(qubits):
        return distribution
    states = np.arange(distribution.size)
    places = np.zeros(distribution.size, dtype=np.int64)
    for bit, qubit in held.items():
        places += ((states >> list(qubits).index(qubit)) & 1) << bit
    out = np.zeros(1 << len(held))
    out[places] = distribution
    return out
