"""Other libraries read compiled circuits, and find the original's distribution in its bits."""

from __future__ import annotations

import numpy as np
import pytest

import quasar
from quasar.compile.result import CompiledCircuit

TEXT = """OPENQASM 3.0;
include "stdgates.inc";
bit[3] c;
qubit[3] q;
h q[0];
ry(0.7) q[2];
cx q[0], q[1];
crz(0.9) q[1], q[2];
cx q[0], q[2];
rx(0.4) q;
c[0] = measure q[2];
c[1] = measure q[0];
c[2] = measure q[1];
"""
DEVICES = ("generic:5:line", "ions:4", "ecr")


@pytest.fixture(scope="module", params=DEVICES)
def compiled(request: pytest.FixtureRequest) -> tuple[CompiledCircuit, list[int], np.ndarray]:
    """A compiled circuit, the qubit of each classical bit, and the distribution of these bits."""
    device = request.param
    if device == "ecr":
        pairs = [[1, 0], [1, 2], [3, 2]]
        gates = {"ecr": {}, "rz": {}, "sx": {}, "x": {}}
        device = {"name": "ecr", "qubits": 4, "couplers": pairs, "directed": True, "gates": gates}
    found = quasar.compile_circuit(TEXT, device, seeds=2)
    from qiskit.quantum_info import Statevector

    from quasar.circuits.exports import to_qiskit

    plain = to_qiskit(TEXT).remove_final_measurements(inplace=False)
    return found, [2, 0, 1], Statevector(plain).probabilities([2, 0, 1])


def test_qiskit_reads_openqasm_3_and_2(compiled) -> None:
    from qiskit import qasm2
    from qiskit.quantum_info import Statevector

    found, held, wanted = compiled
    for circuit in (found.to_qiskit(), qasm2.loads(found.to_qasm2())):
        bare = circuit.remove_final_measurements(inplace=False)
        # Qubit i of the original is q[i] at the end.
        np.testing.assert_allclose(Statevector(bare).probabilities(held), wanted, atol=1e-7)


def test_pennylane_reads_it(compiled) -> None:
    qml = pytest.importorskip("pennylane", reason="extra bench")
    found, held, wanted = compiled
    apply = found.to_pennylane()
    wires = len(found.layout.active)

    @qml.qnode(qml.device("default.qubit", wires=wires))
    def node():
        apply()
        return qml.probs(wires=held[::-1])

    np.testing.assert_allclose(node(), wanted, atol=1e-7)


def test_cirq_reads_it(compiled) -> None:
    cirq = pytest.importorskip("cirq", reason="not in any extra")
    found, held, wanted = compiled
    circuit = found.to_cirq(measure=False)
    qubits = cirq.LineQubit.range(len(found.layout.active))
    state = cirq.final_state_vector(circuit, qubit_order=qubits[::-1], dtype=np.complex128)
    index = np.arange(state.size)
    bits = sum(((index >> qubit) & 1) << bit for bit, qubit in enumerate(held))
    got = np.bincount(bits, abs(state) ** 2, minlength=8)
    np.testing.assert_allclose(got, wanted, atol=1e-7)


def test_pytket_reads_it(compiled) -> None:
    pytest.importorskip("pytket", reason="extra pytket")
    found, held, wanted = compiled
    circuit = found.to_pytket()
    circuit.remove_blank_wires()
    bits = {str(bit): qubit.index[0] for qubit, bit in circuit.qubit_to_bit_map.items()}
    assert [bits[f"c[{bit}]"] for bit in range(3)] == held
    assert np.isclose(sum(wanted), 1.0)


def test_braket_reads_it(compiled) -> None:
    pytest.importorskip("braket.circuits", reason="not in any extra")
    found, _, _ = compiled
    assert found.to_braket().qubit_count >= 3
