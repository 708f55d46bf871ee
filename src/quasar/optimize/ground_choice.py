"""Which of several ground states a circuit is to prepare.

A rule that names one state of every degenerate level, so that equal instances get equal answers,
and the largest set of ground states that a product of independent qubits can cover evenly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from quasar.core.hamiltonian import IntVector, Spectrum

_MOST_STATES = 4096  # larger levels are searched among their first states only


def canonical_index(spectrum: Spectrum, n_qubits: int) -> int:
    """The ground state whose bitstring (`core.bits`) is lexicographically largest.

    Variable 0 is selected if any ground state selects it, then variable 1 among those that are
    left, and so on: each bit is decided by the Hamiltonian and the bits before it, which is how a
    text is written. In ground states of `Spectrum.MAX_LISTED` or more only those listed count.
    """
    return int(min(spectrum.ground_states.tolist(), key=lambda k: _reversed_bits(k, n_qubits)))


def _reversed_bits(index: int, n_qubits: int) -> int:
    return int(format(index, f"0{n_qubits}b")[::-1], 2)


class Subcube(NamedTuple):
    """All indices that agree with `base` outside the bits of `free`; `base` is 0 on them."""

    base: int
    free: int


def largest_subcube(indices: Sequence[int] | IntVector, n_bits: int) -> Subcube:
    """The subcube inside a set of indices with the most free bits.

    Of equally large ones the first by base, then by free bits, in the order of `canonical_index`.
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
