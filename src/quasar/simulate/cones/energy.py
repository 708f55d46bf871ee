"""Energies of ansätze with hundreds of qubits, exactly: by a closed form or by causal cones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from quasar.circuits.ansatz import Ansatz
from quasar.circuits.circuit import Circuit
from quasar.circuits.qaoa import QaoaAnsatz
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.observable import Observable, PauliSum
from quasar.simulate.ansatz_energy import unit_of
from quasar.simulate.cones.closed_form import OneLayer
from quasar.simulate.cones.expectation import MAX_WIDTH, ConeExpectations
from quasar.simulate.cones.spread import ConeWorkers

FloatVector = npt.NDArray[np.float64]


class ConeEnergy:
    """E(θ) of an ansatz under an observable, with gradient, for any number of qubits.

    QAOA of one layer with products of at most two Z has a closed form; everything else is the sum
    of the observable's products on their causal cones.

    Args:
        ansatz: n qubits, P parameters; slots on rotations.
        observable: on n qubits.
        max_width: variables of the largest tensor allowed.
        workers: where cones are contracted; default: see `cones.spread.working_on`.

    Raises:
        ValueError: an observable of another size.
        TooWide: a product whose cone needs wider tensors.
    """

    def __init__(
        self,
        ansatz: Ansatz,
        observable: Observable,
        *,
        max_width: int = MAX_WIDTH,
        workers: ConeWorkers | None = None,
    ) -> None:
        if observable.n_qubits != ansatz.n_qubits:
            raise ValueError(
                f"{ansatz.name} has {ansatz.n_qubits} qubits, the observable {observable.n_qubits}"
            )
        self.ansatz = ansatz
        self.unit = unit_of(observable)
        self._closed: OneLayer | None = None
        self.cones: ConeExpectations | None = None
        total = PauliSum.of(observable)
        if _is_one_layer(ansatz, total):
            self._closed = OneLayer(IsingHamiltonian.from_observable(total))
            return
        terms = total.pauli_terms()
        self._weights = np.array(list(terms.values()))
        self.cones = ConeExpectations(ansatz, list(terms), max_width=max_width, workers=workers)

    @property
    def n_parameters(self) -> int:
        """P."""
        return self.ansatz.n_parameters

    def bind(self, theta: npt.ArrayLike) -> Circuit:
        """The circuit at θ."""
        return self.ansatz.bind(theta)

    def value(self, theta: npt.ArrayLike) -> float:
        """E(θ), θ of shape [P] in radians."""
        if self._closed is not None:
            return self._closed.value(theta)
        return float(self._weights @ self._by_cones.values(theta))

    def value_and_gradient(self, theta: npt.ArrayLike) -> tuple[float, FloatVector]:
        """E(θ) and dE/dθ, shape [P]."""
        if self._closed is not None:
            return self._closed.value_and_gradient(theta)
        return self._by_cones.value_and_gradient(self._weights, theta)

    @property
    def _by_cones(self) -> ConeExpectations:
        if self.cones is None:
            raise ValueError("an energy in closed form has no cones")
        return self.cones


def _is_one_layer(ansatz: Ansatz, total: PauliSum) -> bool:
    if not isinstance(ansatz, QaoaAnsatz) or ansatz.layers != 1 or not total.is_diagonal:
        return False
    hamiltonian = IsingHamiltonian.from_observable(total)
    return hamiltonian == ansatz.hamiltonian and all(len(q) <= 2 for q in hamiltonian.terms)
