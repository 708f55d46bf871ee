"""Exact mixtures of dynamic programs: by hand, and against Aer's sampling."""

import math

import numpy as np
import pytest
from qiskit_aer import AerSimulator

from quasar.circuits.qasm import import_reference, parse
from quasar.core.errors import CircuitError
from quasar.simulate import dynamic
from quasar.simulate.dynamic import dynamic_distribution

HEADER = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'


def program(body):
    found = parse(HEADER + body).dynamic
    assert found is not None, "the program is static"
    return found


def distribution(body, **limits):
    return dynamic_distribution(program(body), **limits)


def verdict(body, **limits):
    with pytest.raises(CircuitError) as caught:
        distribution(body, **limits)
    return caught.value


class TestByHand:
    def test_teleportation(self):
        theta, phi = 1.1, 0.7
        p = distribution(f"""
            qubit[3] q; bit a; bit b;
            ry({theta}) q[0]; rz({phi}) q[0];
            h q[1]; cx q[1], q[2];
            cx q[0], q[1]; h q[0];
            a = measure q[0]; b = measure q[1];
            if (b == true) x q[2];
            if (a == true) z q[2];
            rz({-phi}) q[2]; ry({-theta}) q[2];
        """)
        # Undoing the preparation on the receiver's qubit gives |0> whatever was measured.
        assert p == pytest.approx([0.25] * 4 + [0] * 4, abs=1e-12)

    def test_reset_of_an_entangled_qubit(self):
        p = distribution("qubit[2] q; ry(1.0) q[0]; cx q[0], q[1]; reset q[0];")
        assert p == pytest.approx([math.cos(0.5) ** 2, 0, math.sin(0.5) ** 2, 0])

    def test_measuring_destroys_interference(self):
        p = distribution("qubit[1] q; bit c; h q[0]; c = measure q[0]; h q[0];")
        assert p == pytest.approx([0.5, 0.5])

    def test_else(self):
        p = distribution("""
            qubit[3] q; bit[1] c; ry(1.0) q[0]; c[0] = measure q[0];
            if (c[0]) { x q[1]; } else { x q[2]; }
        """)
        expected = np.zeros(8)
        expected[0b100], expected[0b011] = math.cos(0.5) ** 2, math.sin(0.5) ** 2
        assert p == pytest.approx(expected)

    def test_condition_on_a_register(self):
        p = distribution("""
            qubit[3] q; bit[2] c; h q[0]; h q[1];
            c[0] = measure q[0]; c[1] = measure q[1];
            if (c == 2) x q[2];
        """)
        expected = np.zeros(8)
        expected[[0b000, 0b001, 0b110, 0b011]] = 0.25
        assert p == pytest.approx(expected)

    def test_bits_start_at_zero(self):
        p = distribution("qubit[1] q; bit[2] c; if (c == 0) x q[0];")
        assert p == pytest.approx([0, 1])

    def test_a_bit_is_overwritten(self):
        p = distribution("""
            qubit[2] q; bit c; x q[0]; c = measure q[0]; c = measure q[1]; if (c) x q[1];
        """)
        assert p == pytest.approx([0, 1, 0, 0])

    def test_while_until_success(self):
        p = distribution("""
            qubit[2] q; bit c;
            while (!c) { h q[0]; c = measure q[0]; }
            cx q[0], q[1];
        """)
        # Rounds are followed until what is left of them is negligible.
        assert p == pytest.approx([0, 0, 0, 1], abs=1e-11)

    def test_while_counts_its_rounds(self):
        p = distribution("""
            qubit[2] q; bit c;
            while (!c) { h q[0]; c = measure q[0]; x q[1]; }
        """)
        # Odd numbers of rounds: 1/2 + 1/8 + ... = 2/3.
        assert p == pytest.approx([0, 1 / 3, 0, 2 / 3], abs=1e-11)

    def test_while_that_never_starts(self):
        p = distribution("qubit[1] q; bit c; while (c) { x q[0]; }")
        assert p == pytest.approx([1, 0])

    def test_for_with_its_variable_in_an_angle(self):
        p = distribution("""
            qubit[2] q; h q[1]; reset q[1];
            for int i in [1:3] { ry(0.1 * i) q[0]; }
        """)
        assert p == pytest.approx([math.cos(0.3) ** 2, math.sin(0.3) ** 2, 0, 0])

    def test_nested_for(self):
        p = distribution("""
            qubit[1] q; bit c; c = measure q[0];
            for int i in {1, 4} { for int j in [0:1] { ry(0.1 * i + 0.01 * j) q[0]; } }
        """)
        assert p[1] == pytest.approx(math.sin((0.2 + 0.8 + 0.02) / 2) ** 2)

    def test_loop_variable_within_branches(self):
        p = distribution("""
            qubit[2] q; bit c;
            for int i in [1:2] {
                h q[0]; c = measure q[0];
                if (c) { for int j in [0:1] { ry(0.2 * i + 0.1 * j) q[1]; } }
                reset q[0];
            }
        """)
        turns = {0: 0.0, 1: 0.2 + 0.3, 2: 0.4 + 0.5, 3: 0.5 + 0.9}
        expected = np.mean([math.sin(turn / 2) ** 2 for turn in turns.values()])
        assert p == pytest.approx([1 - expected, 0, expected, 0])

    def test_for_that_ignores_its_variable(self):
        p = distribution("qubit[1] q; h q[0]; reset q[0]; for int i in [0:4] { x q[0]; }")
        assert p == pytest.approx([0, 1])

    def test_break(self):
        p = distribution("""
            qubit[2] q; bit c;
            for int i in [0:3] { h q[0]; c = measure q[0]; if (c) { break; } x q[1]; }
        """)
        # Stopped at round r with (1/2)^r; the last round may also fail. q[1] counts failures.
        expected = np.zeros(4)
        for failures in range(4):
            expected[1 + 2 * (failures % 2)] += 0.5 ** (failures + 1)
        expected[0] += 0.5**4
        assert p == pytest.approx(expected)

    def test_continue(self):
        p = distribution("""
            qubit[2] q; bit c;
            for int i in [0:2] { h q[0]; c = measure q[0]; if (c) { continue; } x q[1]; }
        """)
        # q[1] is flipped in every round that measures 0; the last outcome stays in q[0].
        expected = np.zeros(4)
        for outcomes in range(8):
            zeros = 3 - outcomes.bit_count()
            expected[(outcomes >> 2) + 2 * (zeros % 2)] += 1 / 8
        assert p == pytest.approx(expected)

    def test_break_leaves_only_the_inner_loop(self):
        p = distribution("""
            qubit[2] q; bit c;
            for int i in [0:2] { while (!c) { x q[0]; break; x q[1]; } }
        """)
        assert p == pytest.approx([0, 1, 0, 0])

    def test_box_and_custom_gate(self):
        p = distribution("""
            gate flip(t) a, b { ry(t) a; cx a, b; }
            qubit[2] q; bit c; flip(1.0) q[1], q[0]; c = measure q[1];
            box { if (c) { flip(pi) q[0], q[1]; } }
        """)
        # q = |11> with sin², then q[0]: |1> -> -|0>, so cx does nothing.
        assert p == pytest.approx([math.cos(0.5) ** 2, 0, math.sin(0.5) ** 2, 0])

    def test_final_measurements_split_nothing(self):
        lines = "".join(f"h q[{i}]; c[{i}] = measure q[{i}];" for i in range(8))
        p = distribution(f"qubit[8] q; bit[8] c; x q[0]; reset q[0]; {lines}", max_branches=1)
        assert p == pytest.approx(np.full(256, 1 / 256))

    def test_a_gate_on_many_qubits_is_not_made_a_matrix(self):
        names = ", ".join(f"a{i}" for i in range(14))
        layer = "".join(f"h a{i};" for i in range(14))
        qubits = ", ".join(f"q[{i}]" for i in range(14))
        p = distribution(
            f"gate layer {names} {{ {layer} }} qubit[14] q; x q[0]; reset q[0]; layer {qubits};"
        )
        assert p == pytest.approx(np.full(1 << 14, 2.0**-14))

    def test_many_resets_in_a_line(self):
        p = distribution("qubit[1] q; x q[0];" + "reset q[0];" * 3000)
        assert p == pytest.approx([1, 0])


class TestVerdicts:
    def test_endless_loop(self):
        error = verdict("qubit[1] q; bit c; while (!c) { h q[0]; }", max_steps=5000)
        assert error.kind == "limit"
        assert "5,000 instructions" in str(error)

    def test_endless_loop_without_a_body(self):
        assert verdict("qubit[1] q; bit c; while (!c) { }", max_steps=500).kind == "limit"

    def test_long_for_loop(self):
        body = "qubit[1] q; h q[0]; reset q[0]; for int i in [0:100000000] { rx(i) q[0]; }"
        assert verdict(body, max_steps=500).kind == "limit"

    def test_too_many_outcomes(self):
        body = "qubit[1] q; bit c;" + "h q[0]; c = measure q[0];" * 6 + "h q[0];"
        assert distribution(body, max_branches=64) == pytest.approx([0.5, 0.5])
        assert verdict(body, max_branches=63).kind == "limit"

    def test_held_states_fit_into_memory(self, monkeypatch):
        body = "qubit[2] q; bit c; for int i in [0:5] { h q[0]; c = measure q[0]; }"
        assert distribution(body).sum() == pytest.approx(1)
        monkeypatch.setattr(dynamic, "_HELD_AMPLITUDES", 16 * 4)
        assert verdict(body).kind == "limit"
        # The same without a loop keeps only one state for each outcome still to follow.
        flat = "qubit[2] q; bit c;" + "h q[0]; c = measure q[0];" * 6
        assert distribution(flat + "h q[0];").sum() == pytest.approx(1)

    def test_free_parameter(self):
        error = verdict("input float a; qubit[1] q; h q[0]; reset q[0]; rx(a) q[0];")
        assert error.kind == "parameter"

    @pytest.mark.parametrize("angle", ["1e999", "1e308 * 1e308"])
    def test_angle_that_is_no_number(self, angle):
        assert verdict(f"qubit[1] q; h q[0]; reset q[0]; rx({angle}) q[0];").kind == "parameter"


GATES = {
    "h": (0, 1), "t": (0, 1), "rx": (1, 1), "ry": (1, 1), "U": (3, 1), "cx": (0, 2), "cry": (1, 2),
    "cp": (1, 2), "swap": (0, 2), "cu": (4, 2), "ccx": (0, 3),
}  # fmt: skip


def random_block(rng, n, length, depth=2):
    lines = []
    for _ in range(length):
        kind = rng.choice(
            ["gate", "measure", "reset", "if", "for"], p=[0.6, 0.13, 0.08, 0.12, 0.07]
        )
        bit, qubit = rng.integers(n), rng.integers(n)
        if kind == "measure":
            lines.append(f"c[{bit}] = measure q[{qubit}];")
        elif kind == "reset":
            lines.append(f"reset q[{qubit}];")
        elif kind == "if" and depth:
            inner, other = (random_block(rng, n, 3, depth - 1) for _ in range(2))
            condition = rng.choice([f"c[{bit}]", f"!c[{bit}]", f"c == {rng.integers(1 << n)}"])
            lines.append(f"if ({condition}) {{ {inner} }} else {{ {other} }}")
        elif kind == "for" and depth == 2:
            inner = random_block(rng, n, 3, depth - 1)
            turn = f"ry(0.7 * i{depth} - 0.2) q[{qubit}];"
            lines.append(f"for int i{depth} in [1:2] {{ {inner} {turn} }}")
        else:
            name = str(rng.choice(list(GATES)))
            n_params, n_qubits = GATES[name]
            angles = ", ".join(f"{a:.3f}" for a in rng.uniform(-3, 3, n_params))
            operands = ", ".join(f"q[{q}]" for q in rng.permutation(n)[:n_qubits])
            lines.append(f"{name}{f'({angles})' if n_params else ''} {operands};")
    return "\n".join(lines)


@pytest.mark.parametrize(
    "seed", [*range(2), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 12))]
)
def test_random_programs_against_aer(seed):
    rng = np.random.default_rng(seed)
    shots = 20_000
    body = f"qubit[3] q; bit[3] c; h q[0]; c[0] = measure q[0]; {random_block(rng, 3, 16)} h q[0];"
    circuit = program(body)
    p = dynamic_distribution(circuit)
    assert p.sum() == pytest.approx(1, abs=1e-8)
    circuit.measure_all()
    simulator = AerSimulator(method="statevector", seed_simulator=seed, max_parallel_threads=1)
    counts = simulator.run(circuit, shots=shots).result().get_counts()
    sampled = np.zeros(8)
    for key, count in counts.items():
        sampled[int(key.split()[0], 2)] += count / shots
    # Five standard deviations of a binomial proportion.
    tolerance = 5 * np.sqrt(p * (1 - p) / shots) + 1e-6
    assert np.all(np.abs(sampled - p) <= tolerance), body


def test_nested_loop_variables_reach_controlled_custom_gates() -> None:
    # Qiskit's assign_parameters changes definitions that copies of a loop's body share.
    loops = """gate foo(a) b { ry(a) b; }
    bit[1] c; qubit[3] q; h q[1]; reset q[0];
    for int i in [0:1] { for int j in {3, 1} { ctrl @ foo(i + j) q[1], q[2]; } }"""
    flat = """bit[1] c; qubit[3] q; h q[1]; reset q[0];
    cry(3) q[1], q[2]; cry(1) q[1], q[2]; cry(4) q[1], q[2]; cry(2) q[1], q[2];"""
    head = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
    after = "h q[0]; c[0] = measure q[0]; if (c[0]) { x q[0]; }"
    found = dynamic_distribution(import_reference(head + loops + after))
    expected = dynamic_distribution(import_reference(head + flat + after))
    assert np.allclose(found, expected, atol=1e-12)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("n", [16, pytest.param(19, marks=pytest.mark.slow), 22])
def test_many_outcomes_on_many_qubits_end_by_their_work(n) -> None:
    measured = f"qubit[{n}] q; bit[{n}] c; h q; c = measure q; ry(0.2) q; c = measure q; h q;"
    found = verdict(measured)
    assert (found.kind, found.limit) == ("limit", "outcomes")


def test_few_outcomes_on_many_qubits_are_followed() -> None:
    body = "qubit[17] q; bit c; h q[0]; c = measure q[0]; if (c) { x q[16]; } " + "h q[3]; " * 99
    p = distribution(body, max_work=1 << 26)
    assert p.sum() == pytest.approx(1.0)
    assert p[0] + p[8] == pytest.approx(0.5)


def test_a_program_without_a_branch_is_not_bounded_by_work() -> None:
    p = distribution("qubit[3] q; x q[0]; reset q[0]; h q[1];", max_work=1)
    assert p[0] == pytest.approx(0.5)
