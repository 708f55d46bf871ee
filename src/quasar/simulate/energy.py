"""Energies of an ansatz, and their gradients by the adjoint method.

E(θ) = <ψ(θ)| H |ψ(θ)>; for a diagonal H that is Σ_k |ψ_k(θ)|² h_k with h the cached diagonal, shape
[D]. The gradient runs the circuit once forward and once backward, whatever the number of parameters
(Jones and Gacon, arXiv 2009.02823); a controlled rotation is written as commuting Pauli rotations,
and tied angles add up by the chain rule.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from quasar.circuits.ansatz import Ansatz
from quasar.circuits.circuit import ALIASES, Circuit, Gate
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.observable import Observable, PauliSum
from quasar.simulate.engine import ComplexVector, FloatVector, probabilities
from quasar.simulate.layered import LayeredEnergy, NotLayered

LAYERED_FROM, LAYERED_TO = 10, 20
"""Qubits at which `value` goes by layers: below, single gates are as fast (measured); above, the
layers' tables take hundreds of MiB."""

_GATES_PER_PASS = 5  # what a pass of the layers costs, in gates (measured at 16 qubits)

_PAULI = {"x": 1, "y": 2, "z": 3}


class _Rotation(NamedTuple):
    """exp(-i factor*angle/2 P), P a product of Paulis on `qubits`."""

    qubits: list[int]
    paulis: list[int]
    factor: float


def _rotations(gate: Gate) -> list[_Rotation]:
    """A one-angle gate as commuting Pauli rotations, up to global phase.

    Raises:
        ValueError: the gate is no rotation, so its angle cannot be freed.
    """
    name = ALIASES.get(gate.name, gate.name)
    if name in {"rx", "ry", "rz"}:
        return [_Rotation([gate.qubits[0]], [_PAULI[name[1]]], 1.0)]
    if name == "p":
        return [_Rotation([gate.qubits[0]], [3], 1.0)]
    if name in {"crx", "cry", "crz"}:
        control, target = gate.qubits
        pauli = _PAULI[name[2]]
        return [
            _Rotation([target], [pauli], 0.5),
            _Rotation([control, target], [3, pauli], -0.5),
        ]
    if name == "cp":
        control, target = gate.qubits
        return [
            _Rotation([control], [3], 0.5),
            _Rotation([target], [3], 0.5),
            _Rotation([control, target], [3, 3], -0.5),
        ]
    raise ValueError(f"the angle of gate {gate.name!r} cannot be freed")


class AnsatzEnergy:
    """E(θ) of an ansatz under an observable, compiled once and evaluated often.

    Args:
        ansatz: n qubits, P parameters; slots on rx, ry, rz, p, crx, cry, crz, cp.
        observable: on n qubits; a diagonal one also as its energies h, shape [D], D = 2**n.

    Raises:
        ValueError: a slot on a gate that is no rotation, or an observable of another size.
    """

    def __init__(self, ansatz: Ansatz, observable: Observable | FloatVector) -> None:
        import qulacs

        from quasar.simulate.qulacs_gates import build_gate

        self.ansatz = ansatz
        self._sum: PauliSum | None = None  # where it is not diagonal
        self.diagonal = np.zeros(0)
        if isinstance(observable, np.ndarray):
            self.diagonal = observable
        elif PauliSum.of(observable).is_diagonal:
            self.diagonal = IsingHamiltonian.from_observable(observable).diagonal
        else:
            self._sum = PauliSum.of(observable)
        size = self.diagonal.size if self._sum is None else 1 << self._sum.n_qubits
        if size != 1 << ansatz.n_qubits:
            raise ValueError(f"the observable has {size} states, not 2**{ansatz.n_qubits}")
        self.evaluations = 0
        slot_of = {slot.gate: slot for slot in ansatz.slots}
        self._circuit = qulacs.ParametricQuantumCircuit(ansatz.n_qubits)
        parameters: list[int] = []
        scales: list[float] = []
        for position, gate in enumerate(ansatz.gates):
            slot = slot_of.get(position)
            if slot is None:
                built = build_gate(gate)
                if built is not None:
                    self._circuit.add_gate(built)
                continue
            for rotation in _rotations(gate):
                self._add(rotation)
                parameters.append(slot.parameter)
                scales.append(-slot.scale * rotation.factor)
        self._parameters = np.array(parameters, dtype=np.intp)
        self._scales = np.array(scales)
        self._state = qulacs.QuantumState(ansatz.n_qubits)
        self._bra = qulacs.QuantumState(ansatz.n_qubits)

    def _add(self, rotation: _Rotation) -> None:
        """Append a parametric rotation; qulacs rotates by exp(+i angle/2 P)."""
        qubits, paulis, _ = rotation
        circuit = self._circuit
        if len(qubits) > 1:
            circuit.add_parametric_multi_Pauli_rotation_gate(qubits, paulis, 0.0)
        elif paulis[0] == 1:
            circuit.add_parametric_RX_gate(qubits[0], 0.0)
        elif paulis[0] == 2:
            circuit.add_parametric_RY_gate(qubits[0], 0.0)
        else:
            circuit.add_parametric_RZ_gate(qubits[0], 0.0)

    @property
    def n_parameters(self) -> int:
        return self.ansatz.n_parameters

    def state(self, theta: npt.ArrayLike) -> ComplexVector:
        """Amplitudes at θ (shape [P], radians), shape [D]."""
        angles = np.asarray(theta, dtype=np.float64)[self._parameters] * self._scales
        set_parameter = self._circuit.set_parameter
        for i, angle in enumerate(angles.tolist()):
            set_parameter(i, angle)
        self._state.set_zero_state()
        self._circuit.update_quantum_state(self._state)
        self.evaluations += 1
        vector: ComplexVector = self._state.get_vector()
        return vector

    def value(self, theta: npt.ArrayLike) -> float:
        """E(θ)."""
        if self._layered is not None:
            self.evaluations += 1
            return self._layered.value(theta)
        return self._mean(self.state(theta))

    def _mean(self, vector: ComplexVector) -> float:
        if self._sum is not None:
            return self._sum.expectation(vector)
        return float(probabilities(vector) @ self.diagonal)

    @cached_property
    def _layered(self) -> LayeredEnergy | None:
        """The same energy by whole layers, where that is possible and faster."""
        if self._sum is not None or not LAYERED_FROM <= self.ansatz.n_qubits <= LAYERED_TO:
            return None
        try:
            layered = LayeredEnergy(self.ansatz, self.diagonal)
        except NotLayered:
            return None
        worth_it = len(self.ansatz.gates) >= _GATES_PER_PASS * layered.passes
        return layered if worth_it else None

    def value_and_gradient(self, theta: npt.ArrayLike) -> tuple[float, FloatVector]:
        """E(θ) and dE/dθ, shape [P]."""
        vector = self.state(theta)
        energy = self._mean(vector)
        gradient = np.zeros(self.n_parameters)
        if self._parameters.size:
            applied = vector * self.diagonal if self._sum is None else self._sum.apply(vector)
            self._bra.load(applied)  # type: ignore[call-overload]
            inner = np.asarray(self._circuit.backprop_inner_product(self._bra))
            np.add.at(gradient, self._parameters, 2.0 * self._scales * inner)
        return energy, gradient

    def bind(self, theta: npt.ArrayLike) -> Circuit:
        """The circuit at θ."""
        return self.ansatz.bind(theta)


def energy(ansatz: Ansatz, observable: Observable | FloatVector) -> AnsatzEnergy:
    """E(θ) of an ansatz under an observable, with gradient.

    Args:
        observable: on the ansatz's n qubits; a diagonal one also as its energies, shape [2**n].

    Raises:
        ValueError: a free angle on a gate that is no rotation, or an observable of another size.
    """
    return AnsatzEnergy(ansatz, observable)
