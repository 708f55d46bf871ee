"""Every importer that is installed reads what we write, and finds the same distribution.

Bit i of an index is qubit i for us. The other libraries print qubit 0 first, so their qubits are
asked for in reverse.
"""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings

from quasar.circuits import exports
from quasar.circuits.emit import emit
from quasar.circuits.exports import Library, text_for, to_qasm2, to_qiskit
from quasar.core.errors import CircuitError, InputError
from support.emitted import KINDS, distribution, emitted
from support.random_circuits import circuits

TOLERANCE = 1e-9
every_program = pytest.mark.parametrize("name", KINDS)


def final_qubits(text: str) -> list[int]:
    """The qubit that each bit of the answer holds."""
    circuit = to_qiskit(text)
    held = {
        circuit.find_bit(item.clbits[0]).index: circuit.find_bit(item.qubits[0]).index
        for item in circuit.data
        if item.operation.name == "measure"
    }
    return [held[i] for i in range(len(held))] or list(range(circuit.num_qubits))


def qiskit_distribution(circuit, qubits):
    from qiskit.quantum_info import Statevector

    circuit = circuit.copy()
    circuit.remove_final_measurements()
    return Statevector(circuit).probabilities(qubits)


@every_program
def test_qiskit_reads_the_text(name):
    text = emitted(name)
    found = qiskit_distribution(to_qiskit(text), final_qubits(text))
    np.testing.assert_allclose(found, distribution(text), atol=TOLERANCE)


@every_program
def test_qiskit_reads_openqasm_2(name):
    from qiskit import qasm2

    text = emitted(name)
    found = qiskit_distribution(qasm2.loads(to_qasm2(text), strict=True), final_qubits(text))
    np.testing.assert_allclose(found, distribution(text), atol=TOLERANCE)


@every_program
def test_pennylane(name):
    qml = pytest.importorskip("pennylane", reason="interoperability with PennyLane")
    text = emitted(name)
    applied, qubits = exports.to_pennylane(text), final_qubits(text)

    @qml.qnode(qml.device("default.qubit", wires=len(qubits)))
    def probabilities():
        applied()
        return qml.probs(wires=qubits[::-1])

    np.testing.assert_allclose(probabilities(), distribution(text), atol=TOLERANCE)


@every_program
def test_cirq(name):
    cirq = pytest.importorskip("cirq", reason="interoperability with Cirq")
    pytest.importorskip("ply", reason="Cirq's importer")
    text = emitted(name)
    circuit, qubits = exports.to_cirq(text), final_qubits(text)
    unmeasured = cirq.Circuit(op for op in circuit.all_operations() if not cirq.is_measurement(op))
    order = [cirq.NamedQubit(f"q_{i}") for i in reversed(qubits)]
    state = unmeasured.final_state_vector(qubit_order=order, dtype=np.complex128)
    np.testing.assert_allclose(abs(state) ** 2, distribution(text), atol=TOLERANCE)


def test_cirq_measures_into_the_bits_of_the_program():
    cirq = pytest.importorskip("cirq", reason="interoperability with Cirq")
    pytest.importorskip("ply", reason="Cirq's importer")
    text = emitted("by hand")
    counts = cirq.Simulator(seed=0).run(exports.to_cirq(text), repetitions=20_000)
    bits = np.column_stack([counts.measurements[f"c_{i}"][:, 0] for i in range(4)])
    found = np.bincount(bits @ (1 << np.arange(4)), minlength=16) / len(bits)
    np.testing.assert_allclose(found, distribution(text), atol=0.02)


@every_program
def test_braket(name):
    pytest.importorskip("braket.devices", reason="interoperability with Amazon Braket")
    from braket.circuits import Circuit
    from braket.devices import LocalSimulator

    text = emitted(name)
    circuit, qubits = exports.to_braket(text), final_qubits(text)
    unmeasured = Circuit([i for i in circuit.instructions if i.operator.name != "Measure"])
    for qubit in qubits:
        unmeasured.i(qubit)  # idle qubits are left out otherwise
    unmeasured.probability()
    found = LocalSimulator().run(unmeasured, shots=0).result().values[0]
    np.testing.assert_allclose(ours(found, qubits), distribution(text), atol=TOLERANCE)


@every_program
def test_braket_runs_the_text(name):
    pytest.importorskip("braket.devices", reason="interoperability with Amazon Braket")
    from braket.devices import LocalSimulator
    from braket.ir.openqasm import Program

    text = emitted(name)
    written = text_for(text, "braket")
    kept = [line for line in written.splitlines() if "measure" not in line]
    source = "\n".join([*kept, "#pragma braket result probability"])
    found = LocalSimulator().run(Program(source=source), shots=0).result().values[0]
    np.testing.assert_allclose(ours(found, final_qubits(text)), distribution(text), atol=TOLERANCE)


@every_program
def test_pytket(name):
    pytest.importorskip("pytket", reason="interoperability with pytket")
    from pytket.circuit import Circuit, OpType

    text = emitted(name)
    circuit, qubits = exports.to_pytket(text), final_qubits(text)
    unmeasured = Circuit(circuit.n_qubits)
    for command in circuit.get_commands():
        held = [qubit.index[0] for qubit in command.qubits]
        if command.op.type == OpType.Measure:
            assert held == [qubits[command.bits[0].index[0]]]
        else:
            unmeasured.add_gate(command.op, held)
    found = ours(abs(unmeasured.get_statevector()) ** 2, qubits)
    np.testing.assert_allclose(found, distribution(text), atol=TOLERANCE)


@every_program
def test_bqskit(name):
    pytest.importorskip("bqskit", reason="interoperability with BQSKit")
    text = emitted(name)
    circuit, qubits = exports.to_bqskit(text), final_qubits(text)
    state = np.eye(1, 1 << circuit.num_qudits, dtype=complex)[0]
    circuit.remove_all_measurements()
    p = abs(np.asarray(circuit.get_statevector(state))) ** 2
    np.testing.assert_allclose(ours(p, qubits), distribution(text), atol=TOLERANCE)


def ours(p, qubits):
    """A distribution with qubit 0 first, as one of the program's bits, bit 0 last."""
    n = len(qubits)
    return p.reshape((2,) * n).transpose(qubits[::-1]).reshape(-1)


@settings(max_examples=25, deadline=None)
@given(circuits(max_qubits=3, max_gates=8))
def test_texts_of_all_circuits_stay_the_same_program(circuit):
    from qiskit import qasm2

    text = emit(circuit)
    found = qiskit_distribution(qasm2.loads(to_qasm2(text)), range(circuit.n_qubits))
    np.testing.assert_allclose(found, distribution(text), atol=TOLERANCE)


def test_texts_use_only_what_the_importer_knows():
    text = emitted("every gate")
    for library in get_args(Library):
        dialect = exports.DIALECTS[library]
        written = text_for(text, library)
        assert ("include" in written) == (dialect.include is not None)
        assert ("measure" in written) == dialect.measures
        gates = {line.split("(")[0].split(" ")[0] for line in written.splitlines()}
        frame = {"OPENQASM", "include", "qubit[4]", "qubit", "qreg", "creg", "bit[4]", "measure"}
        frame |= {f"c[{i}]" for i in range(4)}
        assert gates - frame <= set(dialect.gates.values())


def test_wrong_arguments():
    text = emitted("compact qaoa")
    with pytest.raises(InputError, match="unknown library 'quil'; known: pennylane, cirq"):
        text_for(text, "quil")
    dynamic = (
        'OPENQASM 3.0; include "stdgates.inc"; qubit[1] q; bit[1] c; h q[0]; c[0] = measure q[0]; '
        "if (c[0]) { x q[0]; }"
    )
    with pytest.raises(InputError, match="take to_qiskit"):
        to_qasm2(dynamic)
    assert to_qiskit(dynamic).num_qubits == 1
    with pytest.raises(CircuitError):
        to_qiskit("OPENQASM 3.0; qubit[1] q; foo q[0];")


def test_a_library_that_is_absent_is_named(monkeypatch):
    import importlib

    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(InputError, match="amazon-braket-sdk is not installed: pip install"):
        exports.to_braket(emitted("compact qaoa"))
