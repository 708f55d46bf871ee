"""What running a program gives: its measured bits, static and dynamic.

The second implementation is Qiskit's: `Statevector` for static programs; for dynamic ones the
principle of deferred measurement (a measurement copies its qubit to a fresh one, a reset swaps in a
fresh one, a condition is a control), and Aer's counts of classical bits.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector
from qiskit_aer import AerSimulator

from quasar.circuits.qasm import import_reference, parse
from quasar.core.errors import CircuitError
from quasar.simulate.dynamic import dynamic_distribution
from quasar.simulate.engine import Outcome, Readout, get_engine
from quasar.simulate.state_engine import answer_circuit

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'


def outcome(body: str, n: int | None = None, **options: bool) -> Outcome:
    return get_engine().run(parse(HEAD + body), Readout(n, **options))


def distribution(body: str, n: int | None = None) -> np.ndarray:
    return outcome(body, n).probabilities


def random_gates(rng: np.random.Generator, n: int, count: int) -> str:
    lines = []
    for _ in range(count):
        a, b = rng.permutation(n)[:2] if n > 1 else (0, 0)
        kind = rng.integers(3 if n > 1 else 2)
        angle = rng.uniform(-3, 3)
        lines.append(
            (f"ry({angle}) q[{a}];", f"rx({angle}) q[{a}];", f"crx({angle}) q[{a}], q[{b}];")[kind]
        )
    return "\n".join(lines)


@pytest.mark.parametrize("seed", range(30))
def test_static_mappings_against_qiskit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n_qubits, n_bits = int(rng.integers(1, 6)), int(rng.integers(1, 6))
    gates = random_gates(rng, n_qubits, 12)
    held = [int(q) for q in rng.integers(n_qubits, size=n_bits)]
    if seed % 2 and n_bits <= n_qubits:
        held = [int(q) for q in rng.permutation(n_qubits)[:n_bits]]
    lines = [f"c[{bit}] = measure q[{qubit}];" for bit, qubit in enumerate(held)]
    lines = [lines[i] for i in rng.permutation(n_bits)]
    first = f"c[{n_bits - 1}] = measure q[{rng.integers(n_qubits)}];" if seed % 3 == 0 else ""
    declared = f"bit[{n_bits}] c; qubit[{n_qubits}] q;\n"
    found = outcome(declared + gates + first + "\n".join(lines), n_bits)

    state = Statevector(import_reference(HEAD + declared + gates))
    expected = np.zeros(1 << n_bits)
    for index, p in enumerate(state.probabilities()):
        expected[sum(((index >> qubit) & 1) << bit for bit, qubit in enumerate(held))] += p
    assert np.allclose(found.probabilities, expected, atol=1e-9)
    if len(set(held)) == n_bits:
        assert np.allclose(state.probabilities(held), expected, atol=1e-9)  # Qiskit's own marginal
    assert found.state is not None
    energies = rng.normal(size=1 << n_bits)
    mean = np.abs(found.state) ** 2 @ found.by_state(energies)
    assert mean == pytest.approx(expected @ energies, abs=1e-9)


def deferred(program: QuantumCircuit) -> np.ndarray:
    """Distribution of all classical bits of a program of gates, measurements, resets and ifs."""
    n = program.num_qubits
    place = dict(enumerate(range(n)))
    held: dict[int, int] = {}
    steps: list[tuple[str, tuple[int, ...], float, tuple[tuple[int, int], ...]]] = []
    fresh = n

    def walk(body: QuantumCircuit, outer: list[int], controls: tuple[tuple[int, int], ...]) -> None:
        nonlocal fresh
        for item in body.data:
            qubits = [outer[body.find_bit(q).index] for q in item.qubits]
            name = item.operation.name
            if name == "measure":
                assert not controls
                steps.append(("cx", (place[qubits[0]], fresh), 0.0, ()))
                held[body.find_bit(item.clbits[0]).index] = fresh
                fresh += 1
            elif name == "reset":
                assert not controls
                place[qubits[0]], fresh = fresh, fresh + 1
            elif name == "if_else":
                bit, value = item.operation.condition
                index = program.find_bit(bit).index
                for block, wanted in zip(item.operation.blocks, (value, not value), strict=False):
                    # A bit not written yet is 0.
                    if index in held:
                        walk(block, qubits, ((held[index], int(wanted)),))
                    elif not wanted:
                        walk(block, qubits, ())
            else:
                angle = float(item.operation.params[0]) if item.operation.params else 0.0
                steps.append((name, tuple(place[q] for q in qubits), angle, controls))

    walk(program, list(range(n)), ())
    flat = QuantumCircuit(max(fresh, 1))
    from qiskit.circuit.library import CRXGate, CXGate, RXGate, RYGate

    made = {"rx": RXGate, "ry": RYGate, "crx": CRXGate}
    for name, qubits, angle, controls in steps:
        gate = CXGate() if name == "cx" else made[name](angle)
        if controls:
            gate = gate.control(1, ctrl_state=controls[0][1], annotated=False)
        flat.append(gate, [*(c for c, _ in controls), *qubits])
    out = np.zeros(1 << program.num_clbits)
    for index, p in enumerate(Statevector(flat).probabilities()):
        out[sum(((index >> qubit) & 1) << bit for bit, qubit in held.items())] += p
    return out


@pytest.mark.parametrize("seed", range(40))
def test_dynamic_programs_against_deferred_measurement(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, n_bits = 3, 4
    lines = [f"bit[{n_bits}] c; qubit[{n}] q;", random_gates(rng, n, 4)]
    for _ in range(6):
        qubit, bit = rng.integers(n), rng.integers(n_bits)
        lines.append(
            (
                f"c[{bit}] = measure q[{qubit}];",
                f"c[{bit}] = measure q[{qubit}]; reset q[{qubit}];",
                f"if (c[{bit}]) {{ {random_gates(rng, n, 1)} }} else {{ rx(0.7) q[{qubit}]; }}",
            )[int(rng.integers(3))]
        )
        lines.append(random_gates(rng, n, 2))
    lines += [f"c[{rng.integers(n_bits)}] = measure q[{q}];" for q in rng.permutation(n)[:2]]
    if seed % 4 == 0:
        lines.append("reset q; ry(1.0) q[1];")
    program = import_reference(HEAD + "\n".join(lines))
    expected = deferred(program)
    found = dynamic_distribution(program, range(n_bits))
    assert np.allclose(found, expected, atol=1e-9), "\n".join(lines)
    some = [int(b) for b in rng.permutation(n_bits)[:2]]
    part = np.zeros(4)
    for index, p in enumerate(expected):
        part[sum(((index >> bit) & 1) << i for i, bit in enumerate(some))] += p
    assert np.allclose(dynamic_distribution(program, some), part, atol=1e-9)


@pytest.mark.parametrize(
    "body",
    [
        "for int i in [0:2] { h q[0]; c[0] = measure q[0];"
        "if (c[0]) { c[1] = measure q[1]; break; } ry(i) q[1]; } c[2] = measure q[1];",
        "h q[0]; c[0] = measure q[0]; while (c[0]) { ry(0.4) q[1]; h q[0];"
        "c[0] = measure q[0]; } c[2] = measure q[1]; h q[1]; c[1] = measure q[1];",
        "h q; let back = c[{2, 1, 0}]; back = measure q; if (c == 3) { x q[0]; }"
        "c[0] = measure q[0];",
    ],
)
def test_control_flow_against_aer(body: str) -> None:
    shots = 40_000
    program = import_reference(HEAD + "bit[3] c; qubit[3] q; ry(0.8) q[1];" + body)
    p = dynamic_distribution(program, range(3))
    simulator = AerSimulator(method="statevector", seed_simulator=1, max_parallel_threads=1)
    counts = simulator.run(program, shots=shots).result().get_counts()
    sampled = np.zeros(8)
    for key, count in counts.items():
        sampled[int(key.split()[-1], 2)] += count / shots
    tolerance = 5 * np.sqrt(p * (1 - p) / shots) + 1e-6
    assert np.all(np.abs(sampled - p) <= tolerance)


def test_a_box_is_its_content() -> None:
    inner = "ry(1.1) q[1]; c[2] = measure q[1];"
    after = "cx q[1], q[0]; c[1] = measure q[0]; c[0] = measure q[2];"
    boxed = distribution(f"bit[3] c; qubit[3] q; box {{ {inner} }} {after}", 3)
    assert np.allclose(boxed, distribution(f"bit[3] c; qubit[3] q; {inner} {after}", 3))


@given(st.permutations(range(4)), st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_a_permutation_is_the_circuit_with_its_qubits_renamed(order: list[int], seed: int) -> None:
    gates = random_gates(np.random.default_rng(seed), 4, 10)
    declared = "bit[4] c; qubit[4] q;\n"
    lines = [f"c[{bit}] = measure q[{qubit}];" for qubit, bit in enumerate(order)]
    found = outcome(declared + gates + "".join(lines), 4)
    renamed = gates
    for qubit, bit in enumerate(order):
        renamed = renamed.replace(f"q[{qubit}]", f"r[{bit}]")
    plain = outcome(declared + renamed.replace("r[", "q["), 4)
    assert np.allclose(found.probabilities, plain.probabilities, atol=1e-12)
    assert found.circuit is not None
    assert plain.circuit is not None
    assert found.circuit.gates == plain.circuit.gates
    assert np.allclose(found.state, plain.state, atol=1e-12)
    assert found.index is None


def test_qubits_in_order_cost_nothing() -> None:
    program = parse(HEAD + "bit[3] c; qubit[3] q; h q; c = measure q;")
    found = get_engine().run(program, Readout(3))
    assert found.circuit is program.circuit
    assert found.index is None


def test_ancillas_are_summed_over_or_left_out() -> None:
    body = "bit[2] c; qubit[4] q; h q[3]; cx q[3], q[0]; ry(0.6) q[2]; "
    idle = outcome(body + "c[0] = measure q[0]; c[1] = measure q[2];", 2)
    one = np.sin(0.3) ** 2
    assert idle.probabilities == pytest.approx(np.outer([1 - one, one], [0.5, 0.5]).ravel())
    assert idle.circuit is not None
    assert idle.circuit.n_qubits == 3  # the ancilla in use; q[1] is left out
    assert outcome("qubit[5] q; h q[0]; x q[1];", 2).probabilities == pytest.approx(
        [0, 0, 0.5, 0.5]
    )
    assert outcome("qubit[3] q; h q[0]; x q[2];", 2).probabilities.size == 8
    assert outcome("qubit[3] q; reset q[0]; x q[0]; reset q[0];", 2).probabilities.size == 4


def test_a_result_kept_while_its_qubit_is_used_again() -> None:
    body = (
        "bit[2] c; qubit[1] q; ry(0.6) q[0]; c[0] = measure q[0]; reset q[0]; x q[0];"
        "c[1] = measure q[0];"
    )
    one = np.sin(0.3) ** 2
    assert distribution(body, 2) == pytest.approx([0, 0, 1 - one, one])


def test_all_qubits_whatever_is_measured() -> None:
    body = "bit[2] c; qubit[2] q; x q[0]; c[1] = measure q[0]; c[0] = measure q[1];"
    assert outcome(body, 2).probabilities == pytest.approx([0, 0, 1, 0])
    assert outcome(body, 2, all_qubits=True).probabilities == pytest.approx([0, 1, 0, 0])


def test_what_follows_the_last_measurement_is_not_followed() -> None:
    # A branch for each outcome of 16 resets would be too many.
    body = "bit[16] c; qubit[16] q; h q; c = measure q; reset q; h q;"
    assert distribution(body, 16) == pytest.approx(np.full(1 << 16, 2.0**-16))


def test_a_bit_that_no_taken_branch_writes_is_zero() -> None:
    body = (
        "bit[2] c; qubit[2] q; x q[1]; c[0] = measure q[0]; if (c[0]) { c[1] = measure q[1]; }"
        "h q[0];"
    )
    assert distribution(body) == pytest.approx([1, 0, 0, 0])


def test_more_measured_bits_than_can_be_followed() -> None:
    body = "bit[30] c; qubit[1] q; h q[0]; " + "".join(f"c[{i}] = measure q[0];" for i in range(30))
    with pytest.raises(CircuitError) as caught:
        outcome(body, 3)
    assert caught.value.kind == "measurement"


def test_the_circuit_in_the_order_of_the_answer() -> None:
    crossed = "bit[2] c; qubit[2] q; x q[0]; c[1] = measure q[0]; c[0] = measure q[1];"
    found = answer_circuit(parse(HEAD + crossed), 2)
    assert found is not None
    assert found.gates[0].qubits == (1,)
    for body in (
        "qubit[3] q; x q[2];",  # another number of qubits
        "bit[2] c; qubit[2] q; c[0] = measure q[0]; c[1] = measure q[0];",  # not one to one
        "bit[2] c; qubit[3] q; cx q[2], q[0]; c = measure q[0:1];",  # an ancilla in use
        "bit[2] c; qubit[2] q; c = measure q; x q[0];",  # dynamic
    ):
        assert answer_circuit(parse(HEAD + body), 2) is None


@pytest.mark.parametrize(
    ("angles", "words"),
    [("0.7, 1e16, 0.5", "too large to be exact"), ("1e999, 0, 0", "not a finite number")],
)
def test_the_angle_that_spoils_a_state_is_named_for_what_it_is(angles: str, words: str) -> None:
    with pytest.raises(CircuitError, match=words):
        outcome(f"qubit[1] q; h q[0]; U({angles}) q[0];")
