"""Energies gate by gate with qulacs, and their gradients by the adjoint method.

E(θ) = <ψ(θ)| H |ψ(θ)>; for a diagonal H that is Σ_k |ψ_k(θ)|² h_k with h its energies, shape [D].
The gradient runs the circuit once forward and once backward for any number of parameters
(Jones and Gacon, arXiv 2009.02823); a controlled rotation is written as commuting Pauli rotations,
and tied angles add up by the chain rule. Any observable and any gates; for circuits of some sizes
and kinds there are faster ways, see `simulate.energy`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from quasar.circuits.ansatz import Ansatz
from quasar.circuits.circuit import Gate
from quasar.circuits.pauli_ansatz import PauliAnsatz
from quasar.core.ground_space import sparse_matrix
from quasar.core.observable import PauliSum
from quasar.simulate.ansatz_energy import AnsatzEnergy
from quasar.simulate.engine import ComplexVector, FloatVector, probabilities
from quasar.simulate.rotations import PauliRotation, pauli_rotations

_STORED_ENTRIES = 1 << 24  # of the matrix of an observable
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
        self._apply = _applied_by(observable)
        self._circuit = qulacs.ParametricQuantumCircuit(ansatz.n_qubits)
        parameters: list[int] = []
        scales: list[float] = []
        for gate, turns in _turning(ansatz):
            built = None if gate is None else build_gate(gate)
            if built is not None:
                self._circuit.add_gate(built)
            for parameter, scale, rotation in turns:
                self._add(rotation)
                parameters.append(parameter)
                scales.append(-scale * rotation.factor)
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
            applied = self._apply(vector)
            self._bra.load(applied)  # type: ignore[call-overload]
            inner = np.asarray(self._circuit.backprop_inner_product(self._bra))
            np.add.at(gradient, self._parameters, 2.0 * self._scales * inner)
            if isinstance(self.observable, PauliSum):
                return float(np.vdot(vector, applied).real), gradient
        return self._mean(vector), gradient

    def measure(self, diagonal: FloatVector) -> None:
        """From now on, energies are those of another diagonal observable, shape [D]."""
        self.observable = diagonal
        self._apply = _applied_by(diagonal)

    def _mean(self, vector: ComplexVector) -> float:
        if isinstance(self.observable, PauliSum):
            return float(np.vdot(vector, self._apply(vector)).real)
        return float(probabilities(vector) @ self.observable)


_Turn = tuple[int, float, PauliRotation]  # parameter, scale, rotation


def _turning(ansatz: Ansatz) -> Iterator[tuple[Gate | None, list[_Turn]]]:
    """The ansatz as fixed gates and rotations, each with its parameter."""
    if isinstance(ansatz, PauliAnsatz):
        yield from ((gate, []) for gate in ansatz.start)
        for pauli, parameter, scale in ansatz.rotations:
            qubits = tuple(qubit for qubit, _ in pauli)
            axes = "".join(axis.lower() for _, axis in pauli)
            yield None, [(parameter, scale, PauliRotation(qubits, axes, 1.0))]
        return
    slot_of = {slot.gate: slot for slot in ansatz.slots}
    for position, gate in enumerate(ansatz.gates):
        slot = slot_of.get(position)
        if slot is None:
            yield gate, []
        else:
            yield None, [(slot.parameter, slot.scale, r) for r in pauli_rotations(gate)]


def _applied_by(observable: PauliSum | FloatVector) -> Callable[[ComplexVector], ComplexVector]:
    """What takes ψ to H|ψ>, both of shape [D]."""
    if isinstance(observable, PauliSum):
        return applied_by(observable)
    diagonal = observable
    return lambda vector: vector * diagonal


@lru_cache(maxsize=4)
def applied_by(observable: PauliSum) -> Callable[[ComplexVector], ComplexVector]:
    """What takes ψ to H|ψ>: by a sparse matrix where that is stored, else term by term."""
    flips = {tuple(q for q, a in pauli if a != "Z") for pauli in observable.pauli_terms()}
    if len(flips) << observable.n_qubits > _STORED_ENTRIES:
        return observable.apply
    matrix = sparse_matrix(observable)
    if np.iscomplexobj(matrix.data):
        return lambda vector: matrix @ vector
    # A real matrix on real and imaginary parts at once: columns of shape [D, 2].
    return lambda vector: np.ascontiguousarray(
        matrix @ np.ascontiguousarray(vector).view(np.float64).reshape(-1, 2)
    ).view(np.complex128)[:, 0]
