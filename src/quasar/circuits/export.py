"""A circuit as an object of another library: Qiskit, PennyLane, Cirq.

Gates that the other library has go by its own names, all others as matrices; both are the same
unitary up to a global phase. Qubit i becomes qubit, wire or `LineQubit` i. Qiskit takes a program
as it is written, with measurements in the middle and branches; the other two take gates followed by
final measurements.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from quasar.circuits.circuit import ALIASES, Circuit, Gate
from quasar.circuits.parameters import bind_inputs
from quasar.circuits.qasm import import_reference, parse
from quasar.circuits.to_qiskit import gate_matrix
from quasar.core.errors import InputError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

_PENNYLANE = {
    "x": "PauliX", "y": "PauliY", "z": "PauliZ", "h": "Hadamard", "s": "S", "t": "T", "sx": "SX",
    "rx": "RX", "ry": "RY", "rz": "RZ", "p": "PhaseShift", "cx": "CNOT", "cy": "CY", "cz": "CZ",
    "cp": "ControlledPhaseShift", "crx": "CRX", "cry": "CRY", "crz": "CRZ", "ch": "CH",
    "swap": "SWAP", "ccx": "Toffoli", "cswap": "CSWAP", "id": "Identity",
}  # fmt: skip
_CIRQ = {
    "x": "X", "y": "Y", "z": "Z", "h": "H", "s": "S", "t": "T", "cx": "CNOT", "cz": "CZ",
    "swap": "SWAP", "ccx": "CCX", "cswap": "CSWAP", "id": "I",
}  # fmt: skip


class ProgramText(NamedTuple):
    """An OpenQASM 3 program, and the values of its inputs."""

    qasm: str
    parameters: Mapping[str, float] = {}


class Exportable:
    """A result that holds a program (`_source`)."""

    def _source(self) -> ProgramText:
        """The program; empty text where there is none."""
        raise NotImplementedError

    def to_qiskit(self) -> QuantumCircuit:
        """The circuit as a Qiskit `QuantumCircuit`, measurements included.

        Raises:
            InputError: there is no circuit.
        """
        text, parameters = self._program()
        circuit = import_reference(text)
        values = bind_inputs(circuit, parameters)
        return circuit.assign_parameters(values) if values else circuit

    def to_pennylane(self) -> Callable[..., None]:
        """The gates as a PennyLane quantum function, to be called in a QNode.

        It takes `wires`, by default 0 to n - 1, and measures nothing: qubit i is wire i, and a wire
        measured as 0 means selected.

        Raises:
            InputError: PennyLane is not installed, there is no circuit, or it is a dynamic program.
        """
        return to_pennylane(self._static("PennyLane"))

    def to_cirq(self, *, measure: bool = True) -> Any:
        """The circuit as a `cirq.Circuit` on `LineQubit`s.

        Args:
            measure: measure at the end, under the key `c`, what the program measures.

        Raises:
            InputError: Cirq is not installed, there is no circuit, or it is a dynamic program.
        """
        return to_cirq(self._static("Cirq"), measure=measure)

    def _program(self) -> ProgramText:
        source = self._source()
        if not source.qasm:
            raise InputError(
                "there is no circuit here: no usable one was found, or the result is one that was "
                "read from JSON or came from a service, without its circuit."
            )
        return source

    def _static(self, library: str) -> Circuit:
        text, parameters = self._program()
        circuit = parse(text, parameters=parameters, header="language").circuit
        if circuit is None:
            raise InputError(
                f"the program measures, resets or branches while it runs, which is not handed to "
                f"{library}: use to_qiskit()."
            )
        return circuit


def _library(name: str, package: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InputError(f"{package} is not installed: pip install {name}") from error


def to_pennylane(circuit: Circuit) -> Callable[..., None]:
    """The gates as a quantum function; see `Exportable.to_pennylane`."""
    qml = _library("pennylane", "PennyLane")

    def quantum_function(wires: Iterable[Any] | None = None) -> None:
        """Apply the circuit's gates."""
        names = list(range(circuit.n_qubits) if wires is None else wires)
        if len(names) != circuit.n_qubits:
            raise InputError(f"the circuit has {circuit.n_qubits} wires, not {len(names)}.")
        for gate in circuit.gates:
            places = [names[qubit] for qubit in gate.qubits]
            known = _PENNYLANE.get(ALIASES.get(gate.name, gate.name))
            if known is None:
                # The first qubit is the least significant here, and the most significant there.
                qml.QubitUnitary(gate_matrix(gate), wires=places[::-1])
            else:
                getattr(qml, known)(*gate.params, wires=places)

    return quantum_function


def to_cirq(circuit: Circuit, *, measure: bool = True) -> Any:
    """The circuit as a `cirq.Circuit`; see `Exportable.to_cirq`."""
    cirq = _library("cirq", "Cirq")
    qubits = cirq.LineQubit.range(circuit.n_qubits)
    out = cirq.Circuit()
    for gate in circuit.gates:
        places = [qubits[qubit] for qubit in gate.qubits]
        out.append(_cirq_operation(cirq, gate, places), strategy=cirq.InsertStrategy.EARLIEST)
    final = circuit.measurements.final
    if measure and final:
        measured = [qubits[final[bit]] for bit in sorted(final)]
        out.append(cirq.Moment(cirq.measure(*measured, key="c")))
    return out


def _cirq_operation(cirq: Any, gate: Gate, places: list[Any]) -> Any:
    name = ALIASES.get(gate.name, gate.name)
    if name in _CIRQ:
        return getattr(cirq, _CIRQ[name])(*places)
    if name in {"rx", "ry", "rz"}:
        return getattr(cirq, name)(gate.params[0])(*places)
    if name in {"crx", "cry", "crz"}:
        return getattr(cirq, name[1:])(gate.params[0]).controlled()(*places)
    if name in {"p", "cp"}:
        power = gate.params[0] / math.pi
        return ((cirq.Z if name == "p" else cirq.CZ) ** power)(*places)
    return cirq.MatrixGate(gate_matrix(gate))(*places[::-1])
