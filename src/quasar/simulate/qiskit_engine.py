"""Qiskit and Aer: independent second opinions on the fast engine."""

from __future__ import annotations

import numpy as np

from quasar.circuits.circuit import Circuit
from quasar.circuits.to_qiskit import to_qiskit
from quasar.simulate.engine import ComplexVector


class QiskitEngine:
    """`qiskit.quantum_info.Statevector`, gate matrices by Qiskit's own definitions."""

    name = "qiskit"

    def state(self, circuit: Circuit) -> ComplexVector:
        """See `Engine.state`."""
        from qiskit.quantum_info import Statevector

        return np.asarray(Statevector(to_qiskit(circuit)).data, dtype=np.complex128)


class AerEngine:
    """Aer's state-vector method."""

    name = "aer"

    def __init__(self) -> None:
        import qiskit_aer

        self._simulator = qiskit_aer.AerSimulator(method="statevector")

    def state(self, circuit: Circuit) -> ComplexVector:
        """See `Engine.state`."""
        from qiskit import transpile

        program = to_qiskit(circuit)
        program.save_statevector()
        compiled = transpile(program, self._simulator, optimization_level=0)
        data = self._simulator.run(compiled).result().get_statevector()
        return np.asarray(data, dtype=np.complex128)
