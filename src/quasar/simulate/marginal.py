"""From the distribution of qubits to that of bits that hold them.

A bit holds one qubit; a qubit may be held by several bits or by none. Does not cover bits whose
value is no longer in a qubit: `dynamic.py` adds those.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from quasar.simulate.engine import FloatVector

IndexVector = npt.NDArray[np.int64]


class Marginal:
    """The same mapping for many distributions over n qubits.

    Args:
        n_qubits: n.
        held: bit of the result to the qubit it holds.

    Attributes:
        qubits: the d different qubits held, in the order of the bits.
        places: index in the result of each basis state of those qubits, other bits 0; shape [2**d].
    """

    def __init__(self, n_qubits: int, held: Mapping[int, int]) -> None:
        self.n_qubits = n_qubits
        self.qubits = tuple(dict.fromkeys(held[bit] for bit in sorted(held)))
        self.places: IndexVector = np.zeros(1 << len(self.qubits), dtype=np.int64)
        states = np.arange(self.places.size)
        for bit, qubit in held.items():
            self.places += ((states >> self.qubits.index(qubit)) & 1) << bit

    def of(self, p: FloatVector) -> FloatVector:
        """Distribution of `qubits`, shape [2**d], from that of all n, shape [2**n]."""
        n = self.n_qubits
        if self.qubits == tuple(range(n)):
            return p
        if self.qubits == tuple(range(len(self.qubits))):
            return np.asarray(p.reshape(-1, self.places.size).sum(axis=0))
        unused = tuple(n - 1 - q for q in range(n) if q not in self.qubits)
        rest = sorted(self.qubits, reverse=True)  # axes left, the first the most significant
        out = p.reshape((2,) * n).sum(axis=unused)
        order = [rest.index(qubit) for qubit in reversed(self.qubits)]
        return np.ascontiguousarray(out.transpose(order)).reshape(-1)
