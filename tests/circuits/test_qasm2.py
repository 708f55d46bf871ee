"""OpenQASM 2 is read by the language's rule, and stays no program by the published one."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit, qasm2
from qiskit.circuit.random import random_circuit
from qiskit.quantum_info import Statevector

from quasar.circuits.qasm import parse, parse_at_once
from quasar.circuits.qasm2 import is_openqasm_2, to_openqasm_3
from quasar.circuits.to_qiskit import to_qiskit
from quasar.core.errors import CircuitError

BELL = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\nh q[0];\ncx q[0],q[1];\n'


def test_the_state_is_that_of_the_original() -> None:
    for seed in range(40):
        circuit = random_circuit(3, 4, max_operands=3, seed=seed)
        text = qasm2.dumps(circuit)
        found = QuantumCircuit.from_qasm_str(text)
        read = parse(text, header="language")
        assert read.circuit is not None
        state = Statevector(to_qiskit(read.circuit))
        overlap = abs(np.vdot(state.data, Statevector(found).data))
        assert overlap == pytest.approx(1)


def test_what_it_is_told_by() -> None:
    assert is_openqasm_2(BELL)
    assert is_openqasm_2("// by hand\n" + BELL)
    assert is_openqasm_2(BELL.partition("\n")[2])
    assert not is_openqasm_2("OPENQASM 3.0;\nqubit[2] q;\n")
    assert parse_at_once(BELL, header="language") is None
    with pytest.raises(CircuitError, match="this is OpenQASM 2"):
        parse(BELL)
    assert parse("\ufeff" + BELL, header="language").n_qubits == 2


def test_gates_conditions_and_registers() -> None:
    text = (
        'OPENQASM 2.0;\ninclude "qelib1.inc";\ngate mine(t) a, b { rz(t/2) a; cx a, b; }\n'
        "qreg a[1];\nqreg b[2];\ncreg c[1];\nmine(pi) a[0], b[1];\nmeasure a[0] -> c[0];\n"
        "if (c == 1) x b[0];\n"
    )
    program = parse(text, header="language")
    assert program.n_qubits == 3
    assert program.dynamic is not None


@pytest.mark.parametrize(
    ("text", "kind", "line", "words"),
    [
        (BELL.replace("h q[0];", "h q[0]"), "syntax", 5, "needed ';'"),
        (BELL.replace("cx", "foo"), "syntax", 5, "'foo' is not defined"),
        (BELL.replace("qelib1", "/etc/passwd"), "syntax", 2, "unable to find"),
        (BELL.replace("qreg", "opaque g a;\nqreg") + "g q[0];", "semantic", None, "no definition"),
        (BELL.replace("[2]", "[123456789012]"), "limit", None, "bits and qubits"),
    ],
)
def test_faults(text: str, kind: str, line: int | None, words: str) -> None:
    with pytest.raises(CircuitError, match=words) as caught:
        parse(text, header="language")
    assert caught.value.kind == kind
    assert caught.value.line == line


def test_no_file_is_included(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(str(tmp_path))
    with open("mine.inc", "w", encoding="utf-8") as file:
        file.write("gate secret a { }\n")
    with pytest.raises(CircuitError, match="unable to find"):
        to_openqasm_3('OPENQASM 2.0;\ninclude "mine.inc";\nqreg q[1];\nsecret q[0];\n')
