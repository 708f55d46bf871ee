"""Basis states in which disjoint blocks of qubits hold a fixed number of ones.

What mixers that move ones about inside a block keep to (Hadfield et al., arXiv 1709.03489). Qubits
in no block are free. A bit of 1 is a variable that is 0, as everywhere (x = (1 + Z) / 2).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

IntVector = npt.NDArray[np.int64]


class FixedWeightBlock(NamedTuple):
    """Qubits of which a fixed number is 1.

    Attributes:
        qubits: distinct, in the order in which a ring goes through them.
        ones: how many are measured as 1.
    """

    qubits: tuple[int, ...]
    ones: int

    @property
    def size(self) -> int:
        """How many patterns it has."""
        return math.comb(len(self.qubits), self.ones)

    def patterns(self) -> list[int]:
        """Its patterns as basis states, each bit at its qubit's place; shape [size]."""
        return [sum(1 << q for q in chosen) for chosen in combinations(self.qubits, self.ones)]


@dataclass(frozen=True)
class Subspace:
    """The span of the basis states in which every block holds its number of ones.

    Attributes:
        n_qubits: n.
        blocks: disjoint.

    Raises:
        ValueError: blocks that share a qubit, a qubit outside, or more ones than qubits.
    """

    n_qubits: int
    blocks: tuple[FixedWeightBlock, ...]

    def __post_init__(self) -> None:
        held = [q for block in self.blocks for q in block.qubits]
        if len(set(held)) != len(held) or not all(0 <= q < self.n_qubits for q in held):
            raise ValueError(f"blocks of {self.n_qubits} qubits must be disjoint: {held}")
        if not all(0 <= block.ones <= len(block.qubits) for block in self.blocks):
            raise ValueError(f"a block holds more ones than qubits: {self.blocks}")

    @cached_property
    def free(self) -> tuple[int, ...]:
        """The qubits in no block, ascending."""
        held = {q for block in self.blocks for q in block.qubits}
        return tuple(q for q in range(self.n_qubits) if q not in held)

    @property
    def size(self) -> int:
        """Its dimension d."""
        return math.prod(block.size for block in self.blocks) << len(self.free)

    def axes(self) -> list[list[int]]:
        """The patterns of each block, then of each free qubit: the axes of its states."""
        return [*(block.patterns() for block in self.blocks), *([0, 1 << q] for q in self.free)]

    def states(self) -> IntVector:
        """Its basis states, the last axis fastest; shape [d]."""
        out = np.zeros(1, dtype=np.int64)
        for patterns in self.axes():
            out = (out[:, None] + np.array(patterns, dtype=np.int64)[None, :]).reshape(-1)
        return out


def odd_even_ring(qubits: Sequence[int]) -> list[list[tuple[int, int]]]:
    """The pairs of a ring in layers of disjoint ones: even, odd, and a last one of an odd ring."""
    m = len(qubits)
    pairs = [(qubits[i], qubits[(i + 1) % m]) for i in range(m if m > 2 else m - 1)]
    last = [pairs.pop()] if m % 2 and m > 1 else []
    return [layer for layer in (pairs[::2], pairs[1::2], last) if layer]


def all_pairs(qubits: Sequence[int]) -> list[list[tuple[int, int]]]:
    """All pairs in layers of disjoint ones, as a tournament has them (the circle method)."""
    seats: list[int | None] = [*qubits, *([None] if len(qubits) % 2 else [])]
    layers = []
    for _ in range(len(seats) - 1):
        meeting = zip(seats[: len(seats) // 2], reversed(seats), strict=False)
        layers.append([(a, b) for a, b in meeting if a is not None and b is not None])
        seats = [seats[0], seats[-1], *seats[1:-1]]
    return [layer for layer in layers if layer]
