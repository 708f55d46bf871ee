"""Qiskit and Aer: independent second opinions on the fast engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from quasar.circuits.circuit import Circuit
from quasar.circuits.to_qiskit import to_qiskit
from quasar.simulate.engine import ComplexVector
from quasar.simulate.state_engine import StateEngine

ComplexMatrix = npt.NDArray[np.complex128]


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
        place = {qubit: i for i, qubit in enumerate(ordered.qubits)}
        matrices: dict[tuple[Any, ...] | None, ComplexMatrix] = {}
        tensor = _Tensor(circuit.n_qubits)
        for item in ordered.data:
            # A unitary's parameter is its matrix, which is no key.
            key = None if item.name == "unitary" else (item.name, *item.params)
            matrix = matrices.get(key)
            if matrix is None or key is None:
                matrix = np.asarray(item.operation.to_matrix(), dtype=np.complex128)
                matrices[key] = matrix
            tensor.apply(matrix, [place[qubit] for qubit in item.qubits])
        return tensor.state()


class _Tensor:
    """A state of n qubits, shape (2,) * n, to which gates are applied as `Statevector` does, to
    the last bit: it moves a gate's axes to the front, multiplies, and moves them back. Here they
    stay where they are, and go where they are wanted when the next gate comes.

    Axis i of the state is qubit n - 1 - i.
    """

    def __init__(self, n_qubits: int) -> None:
        self._shape = (2,) * n_qubits
        self._axes = list(range(n_qubits))  # of the state, as they lie in memory now
        self._values = np.zeros(1 << n_qubits, dtype=np.complex128)
        self._values[0] = 1.0
        self._spare = np.empty_like(self._values)

    def apply(self, matrix: ComplexMatrix, qubits: Sequence[int]) -> None:
        """Apply a gate; the first of its k qubits is the least significant of the matrix."""
        n, size = len(self._shape), len(matrix)
        own = [n - 1 - qubit for qubit in reversed(qubits)]
        front = [*own, *(axis for axis in range(n) if axis not in own)]
        # Its own axes at the end need no move: BLAS is given the transposed state there, and
        # might add in another order if it were not.
        at_end = own == list(range(n - len(own), n))
        self._arrange(list(range(n)) if at_end else front)
        columns = self._values.reshape(-1, size).T if at_end else self._values.reshape(size, -1)
        np.dot(matrix, columns, out=self._spare.reshape(size, -1))
        self._values, self._spare = self._spare, self._values
        self._axes = front

    def _arrange(self, axes: list[int]) -> None:
        if axes != self._axes:
            moved = self._values.reshape(self._shape).transpose(list(map(self._axes.index, axes)))
            np.copyto(self._spare.reshape(self._shape), moved)
            self._values, self._spare, self._axes = self._spare, self._values, axes

    def state(self) -> ComplexVector:
        """Amplitudes, shape [2**n]."""
        self._arrange(list(range(len(self._shape))))
        return self._values


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
