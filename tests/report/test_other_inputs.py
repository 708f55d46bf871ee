"""A report on a circuit that came as OpenQASM 2, as QPY or as a Qiskit circuit has every face."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import pytest

import quasar

qiskit = pytest.importorskip("qiskit", reason="needs the extra qiskit")

PROBLEM = quasar.load_problem(nx.path_graph(3), problem_type="maxcut")
GATES = "h q[0];\nrz(0.5) q[1];\ncx q[0], q[1];\nx q[1];\ncx q[1], q[2];\nx q[2];\n"
QASM2 = f'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[3];\n{GATES}'
QASM3 = f'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\n{GATES}'


def circuit(form: str, folder: Path) -> object:
    from qiskit import QuantumCircuit, qpy

    if form == "qasm2 text":
        return QASM2
    if form == "qasm2 file":
        (folder / "c.qasm").write_text(QASM2)
        return folder / "c.qasm"
    made = QuantumCircuit.from_qasm_str(QASM2)
    if form == "qpy file":
        with (folder / "c.qpy").open("wb") as stream:
            qpy.dump(made, stream)
        return folder / "c.qpy"
    return made


@pytest.mark.parametrize("form", ["qasm2 text", "qasm2 file", "qpy file", "object"])
def test_every_face_of_the_report_works(form: str, tmp_path: Path) -> None:
    from qiskit.quantum_info import Operator

    report = quasar.verify(circuit(form, tmp_path), PROBLEM)
    plain = quasar.verify(QASM3, PROBLEM)
    assert report.feasible
    assert report.energy == pytest.approx(plain.energy)
    assert Operator(report.to_qiskit()) == Operator(plain.to_qiskit())
    for kind in ("answer", "histogram", "circuit"):
        report.plot(kind)
    names = report.save(tmp_path / "kept")
    assert {"report.json", "circuit.qasm", "circuit.png", "graph.png"} <= set(names)
    again = quasar.load_report(tmp_path / "kept")
    assert again == report
    assert str(again) == str(report)
    assert Operator(again.to_qiskit()) == Operator(plain.to_qiskit())
    again.plot("circuit")
