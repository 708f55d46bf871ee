"""Qiskit and Aer: independent second opinions on the fast engine."""

from __future__ import annotations

import numpy as np

from quasar.circuits.circuit import Circuit
from quasar.circuits.to_qiskit import to_qiskit
from quasar.simulate.engine import ComplexVector
from quasar.simulate.state_engine import StateEngine


class QiskitEngine(StateEngine):
    """As `qiskit.quantum_info.Statevector`, gate matrices by Qiskit's own definitions.

    Gates are applied in the order of Qiskit's DAG, the one left by `remove_final_measurements`:
    the published figures of circuits whose probabilities vanish up to rounding depend on it.
    """

    name = "qiskit"

    def state(self, circuit: Circuit) -> ComplexVector:
        """See `StateEngine.state`."""
        from qiskit.converters import circuit_to_dag, dag_to_circuit

        ordered = dag_to_circuit(circuit_to_dag(to_qiskit(circuit)))
        n = circuit.n_qubits
        place = {qubit: i for i, qubit in enumerate(ordered.qubits)}
        state = np.zeros(1 << n, dtype=np.complex128)
        state[0] = 1.0
        # What `Statevector` does, to the last bit, without an object for each gate. As a tensor,
        # axis 0 is qubit n - 1; a gate's axes go first, its last qubit most significant.
        for item in ordered.data:
            matrix = np.asarray(item.operation.to_matrix(), dtype=np.complex128)
            own = [n - 1 - place[qubit] for qubit in reversed(item.qubits)]
            axes = own + [axis for axis in range(n) if axis not in own]
            tensor = state.reshape((2,) * n).transpose(axes)
            tensor = np.dot(matrix, tensor.reshape(len(matrix), -1)).reshape((2,) * n)
            state = tensor.transpose(np.argsort(axes)).reshape(-1)
        return state


class AerEngine(StateEngine):
    """Aer's state-vector method."""

    name = "aer"
    precision = "double"

    def __init__(self) -> None:
        import qiskit_aer
        from qiskit.transpiler import generate_preset_pass_manager

        self._simulator = qiskit_aer.AerSimulator(method="statevector", precision=self.precision)
        # `transpile` builds this again each time, for 50 ms; a circuit through it takes 0.4 ms.
        self._passes = generate_preset_pass_manager(optimization_level=0, backend=self._simulator)

    def state(self, circuit: Circuit) -> ComplexVector:
        """See `StateEngine.state`."""
        program = to_qiskit(circuit)
        program.save_statevector()
        compiled = self._passes.run(program)
        data = self._simulator.run(compiled).result().get_statevector()
        return np.asarray(data, dtype=np.complex128)
