"""What needs no model and no circuit: guessing, greedy decisions, and descents by single flips.

States are basis-state indices; bit q of an index is qubit q, and Z is -1 where the bit is 1.
"""

from __future__ import annotations

import numpy as np

from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.decimation import greedy_index

TEN = 10


class Flips:
    """A Hamiltonian in arrays, so that the change of energy by every flip is one product."""

    def __init__(self, hamiltonian: IsingHamiltonian) -> None:
        self.n = hamiltonian.n_qubits
        terms = list(hamiltonian.terms.items())
        self._member = np.zeros((len(terms), self.n), dtype=np.int64)
        for row, (qubits, _) in enumerate(terms):
            self._member[row, list(qubits)] = 1
        self._coefficients = np.array([c for _, c in terms])

    def changes(self, index: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Energy gained by flipping each qubit of a state, shape [n]."""
        bits = (index >> np.arange(self.n)) & 1
        signs = 1 - 2 * ((self._member @ bits) & 1)
        out: np.ndarray[tuple[int], np.dtype[np.float64]]
        out = -2.0 * (self._coefficients * signs) @ self._member
        return out

    def descend(self, index: int) -> int:
        """Flip the qubit that lowers the energy most, until none does."""
        size = float(np.abs(self._coefficients).sum()) or 1.0
        while True:
            change = self.changes(index)
            best = int(np.argmin(change))
            if change[best] >= -1e-12 * size:
                return index
            index ^= 1 << best


def by_fields(hamiltonian: IsingHamiltonian) -> int:
    """Each qubit by its own field alone, couplings left out; without a field bit 0."""
    out = 0
    for qubits, coefficient in hamiltonian.terms.items():
        if len(qubits) == 1 and coefficient > 0:
            out |= 1 << qubits[0]
    return out


def states(hamiltonian: IsingHamiltonian) -> dict[str, int]:
    """The state of each baseline that ends in one: run name to index."""
    flips, greedy = Flips(hamiltonian), greedy_index(hamiltonian)
    return {
        "greedy decimation": greedy,
        "one descent from the fields": flips.descend(by_fields(hamiltonian)),
        "one descent from greedy": flips.descend(greedy),
    }


def best_of_descents(
    hamiltonian: IsingHamiltonian, rng: np.random.Generator, starts: int = TEN
) -> int:
    """The lowest end of descents from random states."""
    flips = Flips(hamiltonian)
    ends = [flips.descend(int(k)) for k in rng.integers(1 << hamiltonian.n_qubits, size=starts)]
    return min(ends, key=hamiltonian.energy)
