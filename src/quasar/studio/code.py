"""A circuit as Python source for other libraries, one line a gate, needing no quasar.

Covers static programs. Qubits and classical bits keep their numbers.
"""

from __future__ import annotations

import math

from quasar.circuits.circuit import ALIASES, Circuit
from quasar.circuits.emit import angle_text
from quasar.circuits.exports import PENNYLANE_NAMES, ProgramText
from quasar.circuits.qasm import parse
from quasar.core.errors import InputError

_OWN = {"U": "u"}  # Qiskit's methods have the names of OpenQASM otherwise


def qiskit_code(program: ProgramText) -> str:
    """Source that builds `circuit`, a Qiskit `QuantumCircuit`.

    Raises:
        CircuitError: it is not a usable program.
        InputError: it measures midway, resets or branches.
    """
    circuit = _static(program)
    final = circuit.measurements.final
    bits = max(final, default=-1) + 1
    size = f"{circuit.n_qubits}, {bits}" if bits else f"{circuit.n_qubits}"
    lines = ["from qiskit import QuantumCircuit", "", f"circuit = QuantumCircuit({size})"]
    for gate in circuit.gates:
        name = ALIASES.get(gate.name, gate.name)
        if gate.matrix is not None:
            raise InputError("the circuit holds a gate that is given by its matrix.")
        arguments = [*map(angle_text, gate.params), *map(str, gate.qubits)]
        if name == "u2":
            name, arguments = "u", [angle_text(math.pi / 2), *arguments]
        lines.append(f"circuit.{_OWN.get(name, name)}({', '.join(arguments)})")
    lines += [f"circuit.measure({qubit}, {bit})" for bit, qubit in sorted(final.items())]
    return "\n".join(lines) + "\n"


def pennylane_code(program: ProgramText) -> str:
    """Source of a PennyLane QNode that gives the probabilities in this project's order.

    Raises:
        CircuitError: it is not a usable program.
        InputError: it measures midway, resets or branches, or PennyLane lacks one of its gates.
    """
    circuit = _static(program)
    body = []
    for gate in circuit.gates:
        name = ALIASES.get(gate.name, gate.name)
        known = {**PENNYLANE_NAMES, "U": "U3", "u2": "U2"}.get(name)
        if known is None:
            raise InputError(f"PennyLane has no gate of the name {gate.name!r}.")
        wires = list(gate.qubits) if len(gate.qubits) > 1 else gate.qubits[0]
        arguments = [*map(angle_text, gate.params), f"wires={wires}"]
        body.append(f"    qml.{known}({', '.join(arguments)})")
    n = circuit.n_qubits
    return "\n".join(
        [
            "import pennylane as qml",
            "",
            f'device = qml.device("default.qubit", wires={n})',
            "",
            "",
            "@qml.qnode(device)",
            "def circuit():",
            *body,
            "    # Qubit 0 is the least significant bit of an index.",
            f"    return qml.probs(wires=range({n - 1}, -1, -1))",
            "",
            "",
            "print(circuit())",
            "",
        ]
    )


def _static(program: ProgramText) -> Circuit:
    text, parameters = program
    found = parse(text, parameters=parameters, header="language").circuit
    if found is None:
        raise InputError("a program that measures midway, resets or branches has no list of gates.")
    return found
