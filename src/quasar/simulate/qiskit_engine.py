"""Qiskit and Aer: independent second opinions on the fast engine."""

from __future__ import annotations

import numpy as np

from quasar.circuits.circuit import Circuit
from quasar.circuits.to_qiskit import to_qiskit
from quasar.simulate.engine import ComplexVector
from quasar.simulate.state_engine import StateEngine


class QiskitEngine(StateEngine):
    """`qiskit.quantum_info.Statevector`, gate matrices by Qiskit's own definitions.

    Gates are applied in the order of Qiskit's DAG, the one left by `remove_final_measurements`:
    the published figures of circuits whose probabilities vanish up to rounding depend on it.
    """

    name = "qiskit"

    def state(self, circuit: Circuit) -> ComplexVector:
        """See `StateEngine.state`."""
        from qiskit.converters import circuit_to_dag, dag_to_circuit
        from qiskit.quantum_info import Statevector

        ordered = dag_to_circuit(circuit_to_dag(to_qiskit(circuit)))
        return np.asarray(Statevector(ordered).data, dtype=np.complex128)


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
