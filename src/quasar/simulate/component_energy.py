"""Energies of circuits that fall into parts which no gate connects, under a diagonal Hamiltonian.

The distribution is then a product, and E(θ) the diagonal h, shape [D], contracted with one
distribution for each component: about 2 D multiplications, and as many for the gradient, however
many gates there are; only the components themselves are simulated, each on its own few qubits.
Growth of adaptive circuits begins with single qubits and seldom connects all of them: at 14 qubits
a converged one is grown 1.7 to 1.9 times as fast as with windows, at 13 qubits 1.2 to 1.3 times, at
12 not at all (three Hamiltonians each, one core).
"""

from __future__ import annotations

from typing import NamedTuple

import networkx as nx
import numpy as np
import numpy.typing as npt

from quasar.circuits.ansatz import Ansatz, Slot
from quasar.circuits.circuit import Gate
from quasar.simulate.ansatz_energy import AnsatzEnergy
from quasar.simulate.engine import ComplexVector, FloatVector, probabilities
from quasar.simulate.gate_energy import GateEnergy


class _Component(NamedTuple):
    """One component.

    Attributes:
        energy: of its own circuit; which diagonal it sees depends on the other components.
        parameters: of the whole ansatz, those it takes, in its own order.
    """

    energy: GateEnergy
    parameters: list[int]


class ComponentEnergy(AnsatzEnergy):
    """E(θ) of an ansatz, by its components.

    Args:
        ansatz: n qubits, P parameters.
        diagonal: energies h, shape [D], D = 2**n.
    """

    def __init__(self, ansatz: Ansatz, diagonal: FloatVector) -> None:
        super().__init__(ansatz, diagonal.size)
        self.diagonal = diagonal
        components = components_of(ansatz)
        order = [qubit for component in components for qubit in component]
        # Axis j of a tensor of shape [2] * n is qubit n - 1 - j.
        axes = [ansatz.n_qubits - 1 - qubit for qubit in reversed(order)]
        self._axes = axes
        tensor = diagonal.reshape((2,) * ansatz.n_qubits)
        self._ordered = np.ascontiguousarray(tensor.transpose(axes)).ravel()
        self._parts = [_part(ansatz, component) for component in components]

    def state(self, theta: npt.ArrayLike) -> ComplexVector:
        """Amplitudes at θ (shape [P], radians), shape [D]."""
        self.evaluations += 1
        amplitudes = np.ones(1, dtype=np.complex128)
        for state in self._states(theta):
            amplitudes = np.outer(state, amplitudes).ravel()
        tensor = amplitudes.reshape((2,) * self.ansatz.n_qubits)
        out: ComplexVector = tensor.transpose(np.argsort(self._axes)).ravel()
        return out

    def value(self, theta: npt.ArrayLike) -> float:
        """E(θ)."""
        self.evaluations += 1
        energies = self._ordered
        for state in self._states(theta):
            energies = energies.reshape(-1, state.size) @ probabilities(state)
        return float(energies[0])

    def value_and_gradient(self, theta: npt.ArrayLike) -> tuple[float, FloatVector]:
        """E(θ) and dE/dθ, shape [P]."""
        self.evaluations += 1
        values = np.asarray(theta, dtype=np.float64)
        distributions = [probabilities(state) for state in self._states(values)]
        levels = []  # h averaged over the components before, by the state of the next one
        energies = self._ordered
        for p in distributions:
            levels.append(energies.reshape(-1, p.size))
            energies = levels[-1] @ p
        gradient = np.zeros(self.n_parameters)
        weights = np.ones(1)  # distribution of the components behind
        for part, p, level in zip(
            reversed(self._parts), reversed(distributions), reversed(levels), strict=True
        ):
            if part.parameters:
                part.energy.measure(weights @ level)
                own = part.energy.value_and_gradient(values[part.parameters])[1]
                gradient[part.parameters] += own
            weights = np.outer(weights, p).ravel()
        return float(energies[0]), gradient

    def _states(self, theta: npt.ArrayLike) -> list[ComplexVector]:
        values = np.asarray(theta, dtype=np.float64)
        return [part.energy.state(values[part.parameters]) for part in self._parts]


def components_of(ansatz: Ansatz) -> list[list[int]]:
    """The sets of qubits that gates connect, each ascending, by their first qubits."""
    graph = nx.empty_graph(ansatz.n_qubits)
    for gate in ansatz.gates:
        graph.add_edges_from((gate.qubits[0], other) for other in gate.qubits[1:])
    return sorted(sorted(component) for component in nx.connected_components(graph))


def _part(ansatz: Ansatz, component: list[int]) -> _Component:
    place = {qubit: i for i, qubit in enumerate(component)}
    slot_of = {slot.gate: slot for slot in ansatz.slots}
    parameters: list[int] = []
    gates: list[Gate] = []
    slots: list[Slot] = []
    for position, gate in enumerate(ansatz.gates):
        if gate.qubits[0] not in place:
            continue
        slot = slot_of.get(position)
        if slot is not None:
            if slot.parameter not in parameters:
                parameters.append(slot.parameter)
            slots.append(Slot(len(gates), parameters.index(slot.parameter), slot.scale))
        gates.append(gate._replace(qubits=tuple(place[q] for q in gate.qubits)))
    own = Ansatz(ansatz.name, len(component), tuple(gates), tuple(slots), len(parameters))
    return _Component(GateEnergy(own, np.zeros(1 << len(component))), parameters)
