import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from qiskit import QuantumCircuit
from qiskit.circuit import (
    AnnotatedOperation,
    ControlModifier,
    InverseModifier,
    Parameter,
)
from qiskit.circuit import (
    Gate as QiskitGate,
)
from qiskit.circuit.library import (
    CXGate,
    PauliEvolutionGate,
    QFTGate,
    RXGate,
    UnitaryGate,
    XGate,
    get_standard_gate_name_mapping,
)
from qiskit.quantum_info import Clifford, Operator, SparsePauliOp, Statevector
from qiskit_qasm3_import import parse as reference_parse

from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.to_qiskit import DynamicCircuit, Unrolling, from_qiskit, to_qiskit
from quasar.core.errors import CircuitError
from support.random_circuits import all_gates_circuit, circuits, same_up_to_phase, unitary

HEADER = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\nbit[3] c;\n'


def read(body, **options):
    return from_qiskit(reference_parse(HEADER + body), **options)


def same_gates(a, b):
    return len(a.gates) == len(b.gates) and all(
        x[:3] == y[:3] and (x.matrix is None or np.allclose(x.matrix, y.matrix))
        for x, y in zip(a.gates, b.gates, strict=True)
    )


def test_every_gate_means_what_its_definition_says():
    for gate in all_gates_circuit().gates:
        circuit = Circuit(4, (gate,))
        assert same_up_to_phase(Operator(to_qiskit(circuit)).data, unitary(circuit)), gate.name


@settings(max_examples=30, deadline=None)
@given(circuits())
def test_round_trip(circuit):
    there = to_qiskit(circuit)
    assert same_up_to_phase(Operator(there).data, unitary(circuit))
    back = from_qiskit(there)
    assert back.n_measured == 0
    assert same_up_to_phase(unitary(back), unitary(circuit))
    assert [g.qubits for g in back.gates] == [g.qubits for g in circuit.gates]


def test_measured_round_trip():
    circuit = all_gates_circuit()
    there = to_qiskit(circuit, measure=True)
    assert there.num_clbits == 4
    assert from_qiskit(there).n_measured == 4


@pytest.mark.parametrize("name", sorted(get_standard_gate_name_mapping()))
def test_qiskits_standard_gates(name):
    gate = get_standard_gate_name_mapping()[name]
    if name in {"measure", "reset", "delay"}:
        return
    params = [0.1 + 0.3 * i for i in range(len(gate.params))]
    gate = gate.base_class(*params)
    circuit = QuantumCircuit(max(gate.num_qubits, 1))
    circuit.append(gate, range(gate.num_qubits))
    assert same_up_to_phase(unitary(from_qiskit(circuit)), Operator(circuit).data)


def test_abstract_operations():
    circuit = QuantumCircuit(3)
    circuit.append(QFTGate(3), [0, 2, 1])
    circuit.append(PauliEvolutionGate(SparsePauliOp(["XYZ", "ZZI"], [0.3, 0.4]), 0.7), [0, 1, 2])
    bell = QuantumCircuit(2)
    bell.h(0)
    bell.cx(0, 1)
    circuit.append(Clifford(bell), [2, 0])
    annotated = AnnotatedOperation(RXGate(0.4), [InverseModifier(), ControlModifier(2, 1)])
    circuit.append(annotated, [0, 1, 2])
    assert same_up_to_phase(unitary(from_qiskit(circuit)), Operator(circuit).data)


def test_matrices_stay_matrices():
    circuit = QuantumCircuit(2)
    circuit.append(UnitaryGate(CXGate().to_matrix()), [1, 0])
    (gate,) = from_qiskit(circuit).gates
    assert (gate.name, gate.qubits) == ("unitary", (1, 0))


class Opaque(QiskitGate):
    def __init__(self, n_qubits, matrix):
        super().__init__("x", n_qubits, [])
        self._matrix = matrix

    def __array__(self, dtype=None, copy=None):
        return self._matrix


def test_a_gate_known_by_its_matrix_only():
    circuit = QuantumCircuit(1)
    circuit.append(Opaque(1, np.diag([1, 1j])), [0])
    (gate,) = from_qiskit(circuit).gates
    assert gate.name == "unitary"
    assert np.allclose(gate.matrix, np.diag([1, 1j]))


def test_a_gate_without_meaning():
    circuit = QuantumCircuit(1)
    circuit.append(QiskitGate("mystery", 1, []), [0])
    with pytest.raises(CircuitError, match="mystery") as caught:
        from_qiskit(circuit)
    assert caught.value.kind == "unsimulable"


def test_names_do_not_decide():
    inner = QuantumCircuit(1, name="x")
    inner.h(0)
    circuit = QuantumCircuit(1)
    circuit.append(inner.to_gate(), [0])
    assert [g.name for g in from_qiskit(circuit).gates] == ["h"]


@pytest.mark.parametrize(
    "body",
    [
        "gate foo(a) x1, y1 { rx(a) x1; cx x1, y1; ctrl @ rz(a) y1, x1; U(a,0,0) x1; }"
        "foo(0.2) q[0], q[1]; ctrl @ foo(0.2) q[0], q[1], q[2]; inv @ foo(1) q[2], q[1];",
        "gate bar(a) x1 { gphase(a); rx(a) x1; } h q; ctrl @ bar(0.3) q[1], q[0];"
        "negctrl @ ctrl @ bar(0.3) q[2], q[0], q[1];",
        "negctrl @ x q[0], q[1]; negctrl(2) @ x q[2], q[1], q[0]; negctrl @ ry(0.3) q[0], q[2];",
        "h q; pow(0.5) @ x q[0]; pow(2) @ ry(0.1) q[1]; ctrl(2) @ h q[0], q[2], q[1];",
        "box { h q[2]; cx q[2], q[0]; box { x q[1]; } } ctrl @ gphase(0.3) q[0];",
        "gate id2 a {} id2 q[0]; ctrl @ id2 q[0], q[1]; id q; gphase(0.3);",
        "h q; barrier q; delay[100ns] q[0]; cu(1,2,3,4) q[2], q[1]; u2(0.1, 0.2) q[0];",
    ],
)
def test_definitions_modifiers_and_boxes(body):
    program = reference_parse(HEADER + body)
    assert same_up_to_phase(unitary(from_qiskit(program)), Operator(_unboxed(program)).data)


def _unboxed(program):
    out = program.copy_empty_like()
    for item in program.data:
        if item.operation.name == "box":
            out.compose(_unboxed(item.operation.body), [program.find_bit(q).index
                        for q in item.qubits], inplace=True)  # fmt: skip
        elif item.operation.name not in {"barrier", "delay"}:
            out.append(item)
    return out


def test_loops_unroll():
    body = (
        "gate foo(a) b { rx(a) b; }"
        "for int i in [0:2] { foo(i) q[0]; for int j in {3, 1} { ctrl @ foo(i + j) q[1], q[2]; } }"
        "for int k in [0:1] { x q[0]; }"
    )
    expected = []
    for i in range(3):
        expected.append(("rx", (0,), (float(i),)))
        expected += [("crx", (1, 2), (float(i + j),)) for j in (3, 1)]
    got = [(g.name, g.qubits, g.params) for g in read(body).gates if g.name != "x"]
    assert [g for g in got if g[0] == "rx"] == [e for e in expected if e[0] == "rx"]
    program = QuantumCircuit(3)
    for name, qubits, params in expected:
        getattr(program, name)(*params, *qubits)
    program.x(0)
    program.x(0)
    assert same_up_to_phase(unitary(read(body)), Operator(program).data)


@pytest.mark.parametrize(
    "body",
    [
        "for int i in [0:1000000000] { x q[0]; }",
        "for int i in [0:1000000000] { }",
        "for int i in [-9000000000000000000:9000000000000000000] { }",
        "for int i in [0:99999] { for int j in [0:99999] { } }",
        "for int i in [0:999] { for int j in [0:999] { for int k in [0:999] { h q[0]; } } }",
        "for int i in [0:99998] { rx(0.1 * i) q[0]; ry(0.1 * i) q[0]; }",
        "for int i in [0:99999] { barrier q; barrier q; barrier q; barrier q; " + "barrier q; " * 16
        + "}",
    ],
)  # fmt: skip
def test_floods_fail_fast(body):
    program = reference_parse(HEADER + body)
    started = time.process_time()
    with pytest.raises(CircuitError) as caught:
        from_qiskit(program, max_gates=10_000)
    assert caught.value.kind == "limit"
    assert time.process_time() - started < 5.0


@pytest.mark.parametrize("empty", [True, False])
def test_doubling_definitions_fail_fast(empty):
    body = QuantumCircuit(1)
    if not empty:
        body.h(0)
    for level in range(40):
        gate = QiskitGate(f"level{level}", 1, [])
        gate.definition = body
        body = QuantumCircuit(1)
        for _ in range(2):
            body.append(gate, [0], copy=False)
    started = time.process_time()
    with pytest.raises(CircuitError) as caught:
        from_qiskit(body, max_gates=10_000)
    assert caught.value.kind == "limit"
    assert time.process_time() - started < 5.0


def test_exactly_at_the_limit():
    assert len(read("for int i in [0:9] { x q[0]; }", max_gates=10).gates) == 10
    with pytest.raises(CircuitError):
        read("for int i in [0:9] { x q[0]; } x q[1];", max_gates=10)


@pytest.mark.parametrize(
    "body",
    [
        "c[0] = measure q[0]; x q[0];",
        "h q[0]; reset q[0];",
        "c[0] = measure q[0]; reset q[0];",
        "c[0] = measure q[0]; if (c[0]) { x q[1]; }",
        "if (c[0]) { x q[1]; }",
        "while (c[0]) { x q[1]; }",
        "for int i in [0:3] { x q[0]; c[0] = measure q[0]; }",
        "for int i in [0:3] { x q[0]; break; }",
        "for int i in [0:3] { x q[0]; continue; }",
        "box { c[0] = measure q[0]; } h q[0];",
    ],
)
def test_dynamic_programs(body):
    with pytest.raises(DynamicCircuit):
        read(body)


@pytest.mark.parametrize(
    ("body", "n_measured", "names"),
    [
        ("reset q; h q[0]; c = measure q;", 3, ["h"]),
        ("h q[0]; c[0] = measure q[0]; h q[1]; c[1] = measure q[1];", 2, ["h", "h"]),
        ("h q[0]; c[0] = measure q[0]; c[1] = measure q[0]; barrier q;", 1, ["h"]),
        ("h q[0]; h q[1]; reset q[2];", 0, ["h", "h"]),
    ],
)
def test_static_programs(body, n_measured, names):
    circuit = read(body)
    assert circuit.n_measured == n_measured
    assert [g.name for g in circuit.gates] == names


def test_state_preparation_from_a_fresh_register():
    circuit = QuantumCircuit(2)
    circuit.initialize([0.5, 0.5j, -0.5, 0.5])
    state = Statevector(to_qiskit(from_qiskit(circuit)))
    assert state.equiv(Statevector([0.5, 0.5j, -0.5, 0.5]))


def test_free_parameters():
    circuit = QuantumCircuit(1)
    circuit.rx(Parameter("theta") * 2, 0)
    with pytest.raises(CircuitError, match="theta") as caught:
        from_qiskit(circuit)
    assert caught.value.kind == "parameter"


@pytest.mark.parametrize("angle", [float("inf"), float("nan")])
def test_angles_that_are_no_numbers(angle):
    circuit = QuantumCircuit(1)
    circuit.rx(angle, 0)
    with pytest.raises(CircuitError) as caught:
        from_qiskit(circuit)
    assert caught.value.kind == "parameter"


def test_open_controls():
    circuit = QuantumCircuit(3)
    circuit.append(XGate().control(2, ctrl_state=1), [2, 0, 1])
    circuit.append(RXGate(0.3).control(1, ctrl_state=0), [1, 2])
    assert same_up_to_phase(unitary(from_qiskit(circuit)), Operator(circuit).data)


def test_malformed_gates_are_refused():
    with pytest.raises(CircuitError):
        to_qiskit(Circuit(1, (Gate("cx", (0, 1)),)))


def test_identity_after_measurement_is_harmless():
    circuit = QuantumCircuit(1, 1)
    circuit.h(0)
    circuit.measure(0, 0)
    circuit.id(0)
    assert [g.name for g in from_qiskit(circuit).gates] == ["h"]


def test_qiskit_is_imported_only_when_used():
    modules = "adaptive ansatz circuit emit qaoa qasm sim19 statistics to_qiskit"
    code = "import sys\n" + "".join(f"import quasar.circuits.{m}\n" for m in modules.split())
    code += "assert not {'qiskit', 'matplotlib'} & set(sys.modules), 'imported'"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_loop_too_long_to_count_comes_to_more_than_any_limit():
    unrolling = Unrolling(10)
    empty = QuantumCircuit(1)
    assert unrolling.least_iterations(range(2**70), empty) == 11
    assert unrolling.least_iterations(range(3), empty) == 3
    two = QuantumCircuit(1)
    two.h(0)
    two.x(0)
    assert unrolling.least_iterations(range(3), two) == 6
