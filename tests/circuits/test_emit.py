import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.quantum_info import Operator
from qiskit_qasm3_import import parse as reference_parse

from quasar.circuits.circuit import GATES, Circuit, Gate
from quasar.circuits.emit import angle_text, emit
from quasar.core.errors import CircuitError
from support.agentq import load_records
from support.cases import cases
from support.random_circuits import (
    all_gates_circuit,
    circuits,
    random_gate,
    same_up_to_phase,
    unitary,
)
from support.recorded_circuits import statements


def read_back(text):
    program = reference_parse(text)
    assert program.num_clbits == program.num_qubits
    program.remove_final_measurements()
    return Operator(program).data


def test_the_dialect_of_the_records():
    circuit = Circuit(2, (Gate("h", (0,)), Gate("crz", (1, 0), (0.04518,)), Gate("id", (1,))))
    assert emit(circuit, decimals=4, comment="two\nlines") == (
        "OPENQASM 3.0;\n"
        "// two\n"
        "// lines\n"
        'include "stdgates.inc";\n'
        "bit[2] c;\n"
        "qubit[2] q;\n"
        "h q[0];\n"
        "crz(0.0452) q[1], q[0];\n"
        "id q[1];\n"
        "c[0] = measure q[0];\n"
        "c[1] = measure q[1];\n"
    )


def test_writes_the_records_as_they_stand():
    for record in load_records():
        text = record["circuit_with_params"]
        circuit = Circuit(record["number_of_qubits"], tuple(statements(text)))
        floats = re.sub(r"\((-?\d+)\)", lambda m: f"({float(m[1]) + 0.0})", text)
        assert emit(circuit, decimals=4).strip() == floats.strip()


def test_every_gate_reads_back():
    circuit = all_gates_circuit()
    assert same_up_to_phase(read_back(emit(circuit)), unitary(circuit))


@settings(max_examples=20, deadline=None)
@given(circuits())
def test_reads_back_to_the_same_unitary(circuit):
    assert same_up_to_phase(read_back(emit(circuit)), unitary(circuit))


@pytest.mark.parametrize("k", [1, 2, 3])
def test_matrices_are_synthesised(k):
    rng = np.random.default_rng(k)
    gate = next(
        g for g in (random_gate(rng, "unitary", 3) for _ in range(99)) if len(g.qubits) == k
    )
    circuit = Circuit(3, (gate,))
    text = emit(circuit)
    assert "unitary" not in text
    assert same_up_to_phase(read_back(text), unitary(circuit))


@settings(max_examples=cases(100), deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_angles_keep_every_bit(angle):
    text = angle_text(angle)
    assert float(text) == angle
    assert not text.startswith("-0.0") or float(text) != 0
    assert "." in text or "e" in text


@pytest.mark.parametrize("angle", [1e-05, -1e22, 5e-324, 1.7976931348623157e308, -0.0, 1e16])
def test_the_importer_reads_extreme_angles(angle):
    text = emit(Circuit(1, (Gate("rz", (0,), (angle,)),)))
    assert float(reference_parse(text).data[0].operation.params[0]) == angle


def test_rounding():
    assert angle_text(0.045178, 4) == "0.0452"
    assert angle_text(-0.00001, 4) == "0.0"
    assert angle_text(2, 4) == "2.0"


@pytest.mark.parametrize(
    "gate",
    [
        Gate("rz", (0,), (math.nan,)),
        Gate("rz", (0,), (math.inf,)),
        Gate("rz", (0,)),
        Gate("rz", (2,), (1.0,)),
        Gate("cx", (0, 0)),
        Gate("cx", (0,)),
        Gate("toffoli", (0, 1)),
        Gate("unitary", (0,)),
        Gate("unitary", (0,), (), np.ones((2, 2), dtype=complex)),
        Gate("unitary", (0, 1), (), np.eye(2, dtype=complex)),
    ],
)
def test_malformed_gates_are_refused(gate):
    with pytest.raises(CircuitError, match="gate 0"):
        emit(Circuit(2, (gate,)))


def test_no_qubits():
    with pytest.raises(CircuitError):
        emit(Circuit(0))


def test_every_name_is_covered():
    assert {gate.name for gate in all_gates_circuit().gates} == {*GATES, "unitary"}
