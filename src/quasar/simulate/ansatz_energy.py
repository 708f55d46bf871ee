"""What all implementations of an ansatz's energy share."""

from __future__ import annotations

import numpy.typing as npt

from quasar.circuits.ansatz import Ansatz
from quasar.circuits.circuit import Circuit


class AnsatzEnergy:
    """Base of the energies that are compiled for one ansatz.

    Args:
        ansatz: n qubits, P parameters.
        n_states: basis states of the observable, which must be 2**n.

    Attributes:
        evaluations: how often a state, an energy or a gradient was computed.

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

    @property
    def n_parameters(self) -> int:
        """P."""
        return self.ansatz.n_parameters

    def bind(self, theta: npt.ArrayLike) -> Circuit:
        """The circuit at θ (shape [P], radians)."""
        return self.ansatz.bind(theta)
