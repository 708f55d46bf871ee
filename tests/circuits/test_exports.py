"""Every importer that is installed reads what we write, and finds the same distribution.

Bit i of an index is qubit i for us. The other libraries print qubit 0 first, so their qubits are
asked for in reverse.
"""

from __future__ import annotations

import importlib
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings

import quasar
from quasar.circuits import exports
from quasar.circuits.emit import emit
from quasar.circuits.exports import Library, ProgramText, text_for, to_qasm2, to_qiskit
from quasar.core.errors import CircuitError, InputError
from quasar.core.hamiltonian import IsingHamiltonian
from support.emitted import KINDS, distribution, emitted
from support.random_circuits import circuits

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
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
@pytest.mark.parametrize("by", ["gates", "its importer"])
def test_pennylane(name, by):
    qml = pytest.importorskip("pennylane", reason="interoperability with PennyLane")
    text = emitted(name)
    qubits = final_qubits(text)
    if by == "gates":
        applied = exports.to_pennylane(text)
    else:
        wires = {f"q{i}": i for i in range(len(qubits))}
        applied = qml.from_qasm3(text_for(text, "pennylane"), wires)

    @qml.qnode(qml.device("default.qubit", wires=len(qubits)))
    def probabilities():
        applied()
        return qml.probs(wires=qubits[::-1])

    np.testing.assert_allclose(probabilities(), distribution(text), atol=TOLERANCE)


def test_pennylane_takes_wires_of_other_names():
    qml = pytest.importorskip("pennylane", reason="interoperability with PennyLane")
    gates = exports.to_pennylane(HEAD + "qubit[2] q; x q[1];")
    with qml.queuing.AnnotatedQueue() as queue:
        gates(wires=["a", "b"])
    assert [list(op.wires) for op in qml.tape.QuantumScript.from_queue(queue).operations] == [["b"]]
    with pytest.raises(InputError, match="has 2 wires, not 3"):
        gates(wires="abc")


@every_program
def test_cirq(name):
    cirq = pytest.importorskip("cirq", reason="interoperability with Cirq")
    text = emitted(name)
    order = [cirq.LineQubit(i) for i in reversed(final_qubits(text))]
    state = exports.to_cirq(text).final_state_vector(
        qubit_order=order, ignore_terminal_measurements=True, dtype=np.complex128
    )
    np.testing.assert_allclose(abs(state) ** 2, distribution(text), atol=TOLERANCE)


@every_program
def test_cirq_reads_the_text(name):
    cirq = pytest.importorskip("cirq", reason="interoperability with Cirq")
    pytest.importorskip("ply", reason="Cirq's importer")
    from cirq.contrib.qasm_import import circuit_from_qasm

    text = emitted(name)
    circuit, qubits = circuit_from_qasm(text_for(text, "cirq")), final_qubits(text)
    unmeasured = cirq.Circuit(op for op in circuit.all_operations() if not cirq.is_measurement(op))
    order = [cirq.NamedQubit(f"q_{i}") for i in reversed(qubits)]
    state = unmeasured.final_state_vector(qubit_order=order, dtype=np.complex128)
    np.testing.assert_allclose(abs(state) ** 2, distribution(text), atol=TOLERANCE)


def test_cirq_measures_what_the_program_measures():
    cirq = pytest.importorskip("cirq", reason="interoperability with Cirq")
    text = HEAD + "qubit[2] q; bit[2] c; x q[0]; c[0] = measure q[1]; c[1] = measure q[0];"
    report = quasar.verify(text, IsingHamiltonian(2, {(0,): 1.0}))
    assert cirq.Simulator().run(report.to_cirq()).measurements["c"].tolist() == [[0, 1]]
    assert not report.to_cirq(measure=False).has_measurements()


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
    with pytest.raises(InputError, match="use to_qiskit"):
        to_qasm2(dynamic)
    assert to_qiskit(dynamic).num_qubits == 1
    with pytest.raises(CircuitError):
        to_qiskit("OPENQASM 3.0; qubit[1] q; foo q[0];")


LIBRARIES = {
    "to_pennylane": "pennylane",
    "to_cirq": "cirq-core",
    "to_braket": "amazon-braket-sdk",
    "to_pytket": "pytket",
    "to_bqskit": "bqskit",
}


@pytest.mark.parametrize("method", LIBRARIES)
def test_a_library_that_is_absent_is_named(method, monkeypatch):
    def absent(name):
        raise ImportError(name)

    report = quasar.verify(HEAD + "qubit q;", IsingHamiltonian(1, {(0,): 1.0}))
    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(InputError, match=f"pip install {LIBRARIES[method]}"):
        getattr(report, method)()


def test_results_with_inputs_and_branches():
    text = HEAD + (
        "input float w; qubit[2] q; bit[2] c; rx(w) q[0]; c[0] = measure q[0]; "
        "if (c[0]) { x q[1]; } c[1] = measure q[1];"
    )
    report = quasar.verify(text, IsingHamiltonian(2, {(0,): 1.0}), parameters={"w": 0.5})
    assert report.feasible
    circuit = report.to_qiskit()
    assert circuit.count_ops()["if_else"] == 1
    assert circuit.num_parameters == 0
    with pytest.raises(InputError, match="use to_qiskit"):
        text_for(ProgramText(text, {"w": 0.5}), "braket")


def test_values_of_inputs_stand_in_the_texts():
    text = HEAD + "input float w; qubit q; rx(w) q;"
    assert "rx(0.5) q[0]" in to_qasm2(ProgramText(text, {"w": 0.5}))
    with pytest.raises(CircuitError, match="has no value: w"):
        to_qasm2(text)


def test_the_text_of_a_result_is_no_file_name(tmp_path):
    path = tmp_path / "circuit.qasm"
    path.write_text(HEAD + "qubit q;")
    assert to_qiskit(str(path)).num_qubits == 1
    with pytest.raises(CircuitError):
        to_qiskit(ProgramText(str(path)))


def test_without_a_circuit_there_is_nothing_to_convert():
    report = quasar.verify(HEAD + "qubit q;", IsingHamiltonian(1, {(0,): 1.0}))
    alone = quasar.Report.model_validate_json(report.model_dump_json())
    with pytest.raises(InputError, match="no circuit here"):
        alone.to_qiskit()
