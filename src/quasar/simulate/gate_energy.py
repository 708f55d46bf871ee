"""Energies gate by gate with qulacs, and their gradients by the adjoint method.

E(θ) = <ψ(θ)| H |ψ(θ)>; for a diagonal H that is Σ_k |ψ_k(θ)|² h_k with h its energies, shape [D].
The gradient runs the circuit once forward and once backward for any number of parameters
(Jones and Gacon, arXiv 2009.02823); a controlled rotation is written as commuting Pauli rotations,
and tied angles add up by the chain rule. Any observable and any gates; for circuits of some sizes
and kinds there are faster ways, see `simulate.energy`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from quasar.circuits.ansatz import Ansatz
from quasar.core.observable import PauliSum
from quasar.simulate.ansatz_energy import AnsatzEnergy
from quasar.simulate.engine import ComplexVector, FloatVector, probabilities
from quasar.simulate.rotations import PauliRotation, pauli_rotations

_QULACS_PAULI = {"x": 1, "y": 2, "z": 3}


class GateEnergy(AnsatzEnergy):
    """E(θ) of an ansatz under an observable, compiled once and evaluated often.

    Args:
        ansatz: n qubits, P parameters; slots on rx, ry, rz, p, crx, cry, crz, cp.
        observable: on n qubits, or the energies h of a diagonal one, shape [D], D = 2**n.

    Raises:
        ValueError: a slot on a gate that is not a rotation, or an observable of another size.
    """

    def __init__(self, ansatz: Ansatz, observable: PauliSum | FloatVector) -> None:
        import qulacs

        from quasar.simulate.qulacs_gates import build_gate

        if isinstance(observable, PauliSum):
            super().__init__(ansatz, 1 << observable.n_qubits)
        else:
            super().__init__(ansatz, observable.size)
        self.observable = observable
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
            for rotation in pauli_rotations(gate):
                self._add(rotation)
                parameters.append(slot.parameter)
                scales.append(-slot.scale * rotation.factor)
        self._parameters = np.array(parameters, dtype=np.intp)
        self._scales = np.array(scales)
        self._state = qulacs.QuantumState(ansatz.n_qubits)
        self._bra = qulacs.QuantumState(ansatz.n_qubits)

    def _add(self, rotation: PauliRotation) -> None:
        """Append a parametric rotation; qulacs rotates by exp(+i angle/2 P)."""
        qubits, axes, _ = rotation
        circuit = self._circuit
        if len(qubits) > 1:
            paulis = [_QULACS_PAULI[axis] for axis in axes]
            circuit.add_parametric_multi_Pauli_rotation_gate(list(qubits), paulis, 0.0)
        elif axes == "x":
            circuit.add_parametric_RX_gate(qubits[0], 0.0)
        elif axes == "y":
            circuit.add_parametric_RY_gate(qubits[0], 0.0)
        else:
            circuit.add_parametric_RZ_gate(qubits[0], 0.0)

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
        return self._mean(self.state(theta))

    def value_and_gradient(self, theta: npt.ArrayLike) -> tuple[float, FloatVector]:
        """E(θ) and dE/dθ, shape [P]."""
        vector = self.state(theta)
        gradient = np.zeros(self.n_parameters)
        if self._parameters.size:
            h = self.observable
            applied = h.apply(vector) if isinstance(h, PauliSum) else vector * h
            self._bra.load(applied)  # type: ignore[call-overload]
            inner = np.asarray(self._circuit.backprop_inner_product(self._bra))
            np.add.at(gradient, self._parameters, 2.0 * self._scales * inner)
        return self._mean(vector), gradient

    def _mean(self, vector: ComplexVector) -> float:
        h = self.observable
        if isinstance(h, PauliSum):
            return h.expectation(vector)
        return float(probabilities(vector) @ h)
