"""Energies of given basis states under a diagonal Hamiltonian of any number of qubits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quasar.core.hamiltonian import FloatVector, IsingHamiltonian


def energies_of(indices: Sequence[int], hamiltonian: IsingHamiltonian) -> FloatVector:
    """Without the constant, shape [m], for m basis states."""
    n_bytes = max(1, (hamiltonian.n_qubits + 7) // 8)
    packed = np.array([list(i.to_bytes(n_bytes, "little")) for i in indices], dtype=np.uint8)
    bits = np.unpackbits(packed.reshape(len(indices), n_bytes), axis=1, bitorder="little")
    spins = 1 - 2 * bits.astype(np.int8)
    total = np.zeros(len(indices))
    for qubits, c in hamiltonian.terms.items():
        total += c * spins[:, list(qubits)].prod(axis=1)
    return total
