"""Bit order, stated once for the whole project.

Legend used everywhere: n qubits, D = 2**n basis states, index k in [0, D).

* Qubit 0 is the least significant bit of an index (Qiskit's order): qubit i reads ``(k >> i) & 1``.
* Binary variable i is ``x_i = (1 + Z_i) / 2``: a qubit measured as **0 means selected** (x = 1).
* A `bitstring` is written in variable order (character i is x_i), after that flip.
* A `ket` is the raw measurement the way Qiskit prints counts: qubit n-1 first, no flip.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from quasar.core.errors import InputError


def index_to_assignment(index: int, n_qubits: int) -> tuple[int, ...]:
    """Values x_0..x_{n-1} of the binary variables in basis state `index`."""
    return tuple(1 - ((index >> i) & 1) for i in range(n_qubits))


def assignment_to_index(assignment: Sequence[int]) -> int:
    """Basis state in which variable i has the value `assignment[i]`."""
    return sum((1 - int(x)) << i for i, x in enumerate(assignment))


def index_to_bitstring(index: int, n_qubits: int) -> str:
    """Variable-order string of basis state `index`: character i is x_i."""
    return "".join(map(str, index_to_assignment(index, n_qubits)))


def bitstring_to_index(bitstring: str) -> int:
    """Inverse of `index_to_bitstring`.

    Raises:
        InputError: a character other than 0 or 1.
    """
    if set(bitstring) - {"0", "1"}:
        raise InputError(f"a bit string holds only 0 and 1, not {bitstring!r}.")
    return assignment_to_index([int(c) for c in bitstring])


def index_to_ket(index: int, n_qubits: int) -> str:
    """Raw measured bits of basis state `index`, qubit n-1 first (as Qiskit prints counts)."""
    return format(index, f"0{n_qubits}b") if n_qubits else ""


def reverse_qubits(vector: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Relabel qubit i as n-1-i in a vector over basis states (shape [D], D = 2**n)."""
    n_qubits = int(vector.size).bit_length() - 1
    if n_qubits < 2:
        return vector
    return np.ascontiguousarray(vector.reshape((2,) * n_qubits).transpose().reshape(-1))
