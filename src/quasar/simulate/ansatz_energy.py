"""What all implementations of an ansatz's energy share."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from quasar.circuits.ansatz import Ansatz
from quasar.circuits.circuit import Circuit
from quasar.core.observable import Observable, PauliSum

_ORDINARY = (2.0**-10, 2.0**17)


def unit_of(observable: Observable | npt.NDArray[np.float64]) -> float:
    """The unit in which an optimiser's tolerances are meant: 1 for energies of ordinary size, else
    the power of two next to their standard deviation, dividing by which loses nothing.

    Args:
        observable: or the energies of a diagonal one, shape [D].
    """
    if isinstance(observable, np.ndarray):
        size = float(observable.std())
    else:
        size = math.hypot(*PauliSum.of(observable).pauli_terms().values())
    if size == 0.0 or _ORDINARY[0] <= size <= _ORDINARY[1]:
        return 1.0
    return 2.0 ** round(math.log2(size))


class AnsatzEnergy:
    """Base of the energies that are compiled for one ansatz.

    Args:
        ansatz: n qubits, P parameters.
        n_states: basis states of the observable, which must be 2**n.

    Attributes:
        evaluations: how often a state, an energy or a gradient was computed.
        unit: of energies, see `unit_of`.

    Raises:
        ValueError: an observable of another size.
    """

    def __init__(self, ansatz: Ansatz, n_states: int) -> None:
        if n_states != 1 << ansatz.n_qubits:
            raise ValueError(
                f"the observable has {n_states} states, the ansatz 2**{ansatz.n_qubits}"
            )
        self.ansatz = ansatz
        self.evaluations = 0
        self.unit = 1.0

    @property
    def n_parameters(self) -> int:
        """P."""
        return self.ansatz.n_parameters

    def bind(self, theta: npt.ArrayLike) -> Circuit:
        """The circuit at θ (shape [P], radians)."""
        return self.ansatz.bind(theta)
