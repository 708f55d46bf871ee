"""What may be passed as a circuit: told apart, read or converted, or refused by name."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister, qasm2, qpy, transpile
from qiskit.circuit import Gate, Parameter, Qubit
from qiskit.circuit.library import QFTGate
from qiskit.quantum_info import Statevector, random_unitary

import quasar
from quasar.circuits.qasm import parse
from quasar.circuits.source import circuit_text
from quasar.core.errors import InputError
from quasar.problems.load import load_problem
from quasar.simulate.engine import get_engine
from quasar.verifier.settings import VerifierSettings
from support.cases import cases

TEXT = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\nx q[1];\n'
PATH = {"problem_type": "maxcut", "graph": {"nodes": [1, 2, 3], "edges": []}}
PATH["graph"]["edges"] = [{"source": 1, "target": 2}, {"source": 2, "target": 3}]  # type: ignore[index]


def distribution(circuit: QuantumCircuit) -> Any:
    text = circuit_text(circuit)
    assert isinstance(text, str)
    return get_engine().run(parse(text)).probabilities


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "answer.qasm"
    path.write_text(TEXT)
    (tmp_path / "noending").write_text(TEXT)
    return path


def test_every_form_of_one_circuit(file: Path) -> None:
    circuit = QuantumCircuit(3)
    circuit.x(1)
    forms = [TEXT, TEXT.encode(), bytearray(TEXT.encode()), file, str(file), "answer.qasm"]
    for form in [*forms, "noending", Path("answer.qasm"), circuit]:
        report = quasar.verify(form, PATH, reference=form)
        assert report.p_optimal == 1
        assert report.relative_entropy == 0


STRANGE = [None, 3, 1.5, [TEXT], {"qasm": TEXT}, io.StringIO(TEXT), object()]


@pytest.mark.parametrize("form", STRANGE)
def test_other_things_are_refused_by_name(form: Any) -> None:
    with pytest.raises(InputError, match=r"the circuit must be OpenQASM text.*QuantumCircuit, not"):
        quasar.verify(form, PATH)
    with pytest.raises(InputError, match="the circuit must be"):
        quasar.Verifier(quasar.load_problem(PATH)).verify(form)
    if form is not None:
        with pytest.raises(InputError, match="the reference circuit must be"):
            quasar.verify(TEXT, PATH, reference=form)


def test_circuits_of_other_libraries_are_told_how(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = type("Circuit", (), {"__module__": "cirq.circuits.circuit"})
    with pytest.raises(InputError, match="to_qasm"):
        quasar.verify(kind(), PATH)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["missing.qasm", "two words.QASM", "a/b.qasm3"])
def test_a_name_of_no_file(name: str, file: Path) -> None:
    with pytest.raises(InputError, match="no circuit file"):
        quasar.verify(name, PATH)
    with pytest.raises(InputError, match="no circuit file"):
        quasar.verify(Path(name), PATH)


def test_a_verifier_reads_no_file_that_a_text_names(file: Path) -> None:
    report = quasar.Verifier(quasar.load_problem(PATH)).verify("answer.qasm")
    assert not report.feasible
    assert "name of a file" in str(report.fault)
    assert quasar.Verifier(quasar.load_problem(PATH)).verify(file).feasible


@settings(max_examples=cases(300), deadline=None)
@given(st.text())
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        assert circuit_text(text) == text
    except InputError:
        assert text.lower().endswith(("qasm", "qasm2", "qasm3", "qpy")) or Path(text).exists()


def test_free_parameters() -> None:
    circuit = QuantumCircuit(3)
    circuit.rx(Parameter("gamma") + Parameter("beta"), 0)
    with pytest.raises(InputError, match=r"2 free parameters \(beta, gamma\).*assign_parameters"):
        quasar.verify(circuit, PATH)


def qiskit_circuits() -> list[QuantumCircuit]:
    made = []
    c = QuantumCircuit(3)
    c.initialize([2**-0.5, 0, 0, 0, 0, 2**-0.5, 0, 0], [0, 1, 2])
    c.append(QFTGate(2), [0, 2])
    made.append(c)
    c = QuantumCircuit(QuantumRegister(2, "gate"), QuantumRegister(1, "input"))
    c.h(0)
    c.unitary(random_unitary(4, seed=1), [2, 0])
    c.rzz(0.3, 0, 1)
    made.append(c)
    c = QuantumCircuit([Qubit()], QuantumRegister(1, "q"), [Qubit()])
    c.ry(0.3, 0)
    c.cx(0, 2)
    c.ry(0.7, 1)
    made.append(c)
    c = QuantumCircuit(3)
    c.ry(0.4, 1)
    made.append(transpile(c, basis_gates=["rz", "sx", "cz"], coupling_map=[[0, 1], [1, 2]]))
    return made


@pytest.mark.parametrize("circuit", qiskit_circuits())
def test_qiskit_circuits_keep_their_distribution(circuit: QuantumCircuit) -> None:
    bare = circuit.decompose("initialize")
    bare.data = [item for item in bare.data if item.operation.name != "reset"]
    assert np.allclose(distribution(circuit), Statevector(bare).probabilities(), atol=1e-9)


def test_dynamic_qiskit_circuits() -> None:
    circuit = QuantumCircuit(QuantumRegister(3, "q"), ClassicalRegister(1, "c"))
    circuit.h(0)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.x(1)
    report = quasar.verify(circuit, PATH)
    assert report.feasible
    assert report.stages.feasibility.dynamic


def test_what_qiskit_cannot_write() -> None:
    circuit = QuantumCircuit(3)
    circuit.append(Gate("opaque", 1, []), [0])
    with pytest.raises(InputError, match="Qiskit cannot write the circuit"):
        quasar.verify(circuit, PATH)


def qpy_of(*circuits: QuantumCircuit) -> bytes:
    out = io.BytesIO()
    qpy.dump(list(circuits), out)
    return out.getvalue()


def bell() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    return circuit


def test_qpy_as_a_file_its_name_and_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "bell.qpy"
    path.write_bytes(qpy_of(bell()))
    problem = load_problem({"qubo": {"a*b": 1}})
    expected = quasar.verify(bell(), problem).energy
    for form in (path, str(path), path.read_bytes()):
        assert quasar.verify(form, problem).energy == expected
    assert quasar.Verifier(problem).verify(path).feasible


def test_qpy_with_parameters_takes_values(tmp_path: Path) -> None:
    circuit = QuantumCircuit(2)
    circuit.rx(Parameter("t"), 0)
    path = tmp_path / "turn.qpy"
    path.write_bytes(qpy_of(circuit))
    problem = load_problem({"qubo": {"a*b": 1}})
    assert quasar.verify(path, problem, parameters={"t": "pi/3"}).feasible
    with pytest.raises(InputError, match=r"1 free parameter \(t\)"):
        quasar.verify(path, problem)


def test_qpy_of_several_circuits_or_none() -> None:
    with pytest.raises(InputError, match="QPY of 2 circuits: pass one of them"):
        circuit_text(qpy_of(bell(), bell()))
    with pytest.raises(InputError, match="QPY that Qiskit cannot read"):
        circuit_text(qpy_of(bell())[:-9])
    with pytest.raises(InputError, match="QPY that Qiskit cannot read"):
        circuit_text(b"QISKIT and more")


def test_a_stranger_s_qpy_is_not_opened() -> None:
    content = qpy_of(bell())
    assert circuit_text(content, names_files=False) == content
    report = quasar.Verifier(load_problem({"qubo": {"a*b": 1}})).verify(content)
    assert report.fault is not None
    assert "not UTF-8" in report.fault.message


def test_openqasm_2_is_converted_and_said_so(tmp_path: Path) -> None:
    path = tmp_path / "bell.qasm"
    path.write_text(qasm2.dumps(bell()), encoding="utf-8")
    problem = load_problem({"qubo": {"a*b": 1}})
    expected = quasar.verify(bell(), problem)
    for form in (path, str(path), path.read_text(encoding="utf-8")):
        report = quasar.verify(form, problem)
        assert report.energy == expected.energy
        assert report.stages.feasibility.converted
        assert not report.parses
        assert not report.parses_by_language
        assert "OpenQASM 2, and was converted" in report.remarks[0]
    judged = quasar.Verifier(problem).verify(path)
    assert judged.fault is not None
    assert "OpenQASM 2" in judged.fault.message
    by_language = quasar.Verifier(problem, settings=VerifierSettings(header="language"))
    assert by_language.verify(path).feasible
