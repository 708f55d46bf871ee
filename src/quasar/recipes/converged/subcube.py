"""The largest set of ground states that a product of independent qubits can cover evenly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from quasar.core.hamiltonian import IntVector

_MOST_STATES = 4096  # larger levels are searched among their first states only


def _reversed_bits(index: int, n_qubits: int) -> int:
    return int(format(index, f"0{n_qubits}b")[::-1], 2)


class Subcube(NamedTuple):
    """All indices that agree with `base` outside the bits of `free`; `base` is 0 on them."""

    base: int
    free: int


def largest_subcube(indices: Sequence[int] | IntVector, n_bits: int) -> Subcube:
    """The subcube inside a set of indices with the most free bits.

    Of equally large ones the one whose base is first when bits are read from qubit 0 on, then by
    its free bits.
    """
    level = {Subcube(int(k), 0) for k in np.asarray(indices)[:_MOST_STATES]}
    while True:
        larger = {
            Subcube(cube.base, cube.free | bit)
            for cube in level
            for bit in (1 << j for j in range(cube.free.bit_length(), n_bits))
            if not cube.base & bit and Subcube(cube.base | bit, cube.free) in level
        }
        if not larger:
            return min(
                level,
                key=lambda c: (_reversed_bits(c.base, n_bits), _reversed_bits(c.free, n_bits)),
            )
        level = larger
