"""Circuits as objects of other libraries: the same distribution, whoever simulates it."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

import quasar
from quasar.circuits.emit import emit
from quasar.circuits.export import to_cirq, to_pennylane
from quasar.circuits.qasm import parse
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.simulate.engine import FloatVector, Readout, get_engine
from support.random_circuits import all_gates_circuit, random_circuit

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
CIRCUITS = {
    "every gate": all_gates_circuit(),
    "random": random_circuit(np.random.default_rng(3), 4, 40),
}


def own(circuit: quasar.Report | object) -> FloatVector:
    """Our distribution, qubit 0 the least significant bit."""
    text = emit(circuit)  # type: ignore[arg-type]
    program = parse(text)
    return get_engine().run(program, Readout(program.n_qubits)).distribution()


@pytest.mark.parametrize("name", CIRCUITS)
def test_pennylane(name: str) -> None:
    qml = pytest.importorskip("pennylane", reason="needs the extra 'bench'")
    circuit = CIRCUITS[name]
    n = circuit.n_qubits
    gates = to_pennylane(circuit)

    @qml.qnode(qml.device("default.qubit", wires=n))  # type: ignore[untyped-decorator]
    def probabilities() -> object:
        gates()
        return qml.probs(wires=list(range(n))[::-1])

    assert np.allclose(probabilities(), own(circuit), atol=1e-6)


def test_pennylane_takes_wires_of_other_names() -> None:
    qml = pytest.importorskip("pennylane", reason="needs the extra 'bench'")
    gates = to_pennylane(parse(HEAD + "qubit[2] q; x q[1];").circuit)  # type: ignore[arg-type]
    with qml.queuing.AnnotatedQueue() as queue:
        gates(wires=["a", "b"])
    assert [list(op.wires) for op in qml.tape.QuantumScript.from_queue(queue).operations] == [["b"]]
    with pytest.raises(InputError, match="has 2 wires, not 3"):
        gates(wires="abc")


@pytest.mark.parametrize("name", CIRCUITS)
def test_cirq(name: str) -> None:
    cirq = pytest.importorskip("cirq", reason="Cirq is in no extra")
    circuit = CIRCUITS[name]
    qubits = cirq.LineQubit.range(circuit.n_qubits)
    state = to_cirq(circuit).final_state_vector(
        qubit_order=qubits[::-1], ignore_terminal_measurements=True, dtype=np.complex128
    )
    assert np.allclose(np.abs(state) ** 2, own(circuit), atol=1e-6)


def test_cirq_measures_what_the_program_measures() -> None:
    cirq = pytest.importorskip("cirq", reason="Cirq is in no extra")
    text = HEAD + "qubit[2] q; bit[2] c; x q[0]; c[0] = measure q[1]; c[1] = measure q[0];"
    report = quasar.verify(text, IsingHamiltonian(2, {(0,): 1.0}))
    found = cirq.Simulator().run(report.to_cirq()).measurements["c"]
    assert found.tolist() == [[0, 1]]
    assert not report.to_cirq(measure=False).has_measurements()


@pytest.mark.parametrize(
    ("library", "method"), [("cirq", "to_cirq"), ("pennylane", "to_pennylane")]
)
def test_what_is_not_installed_is_named(
    library: str, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(importlib.import_module("sys").modules, library, None)
    report = quasar.verify(HEAD + "qubit q;", IsingHamiltonian(1, {(0,): 1.0}))
    with pytest.raises(InputError, match=f"pip install {library}"):
        getattr(report, method)()


def test_qiskit_takes_programs_as_they_are_written() -> None:
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
        report.to_pennylane()


def test_without_a_circuit_there_is_nothing_to_convert() -> None:
    report = quasar.verify(HEAD + "qubit q;", IsingHamiltonian(1, {(0,): 1.0}))
    alone = quasar.Report.model_validate_json(report.model_dump_json())
    with pytest.raises(InputError, match="no circuit here"):
        alone.to_qiskit()
