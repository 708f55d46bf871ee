"""The compiled simulator and its sums give what qulacs and NumPy give, to 1e-12."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from fuzz_refusals import HEAD
from quasar.circuits.circuit import GATES, Circuit
from quasar.circuits.flat_compiled import FlatCircuit
from quasar.circuits.qasm import parse
from quasar.core.bits import reverse_qubits
from quasar.core.errors import CircuitError
from quasar.core.seeds import generator
from quasar.simulate.engine import get_engine, probabilities, top_is_optimal
from quasar.simulate.qulacs_engine import QulacsEngine
from quasar.simulate.small_state import (
    MOST_QUBITS,
    EnergyReader,
    LikenessReader,
    library,
    simulate,
)
from quasar.verifier.stages import behaviour

pytestmark = pytest.mark.skipif(library() is None, reason="the simulator in C was not built here")


def _read(text: str) -> FlatCircuit:
    circuit = parse(text).circuit
    assert isinstance(circuit, FlatCircuit)
    return circuit


def _assert_same(circuit: FlatCircuit) -> None:
    found = simulate(circuit)
    assert found is not None
    state, distribution, total = found
    assert state is not None
    exact = QulacsEngine().state(circuit)
    assert abs(abs(np.vdot(state, exact)) - 1.0) < 1e-12
    assert np.abs(distribution - probabilities(exact)).max() < 1e-12
    assert abs(total - 1.0) < 1e-12
    without = simulate(circuit, amplitudes=False)
    assert without is not None
    assert without[0] is None
    assert (without[1].tobytes(), without[2]) == (distribution.tobytes(), total)


def test_every_gate_on_every_qubits() -> None:
    start = "h q; rx(0.3) q[0]; ry(0.4) q[1]; rz(0.5) q[2]; u2(0.2, 0.9) q[3]; cx q[0], q[3];"
    for name, spec in GATES.items():
        angles = ["0.7", "-1.3", "2.1", "0.35"][: spec.n_params]
        called = f"{name}({', '.join(angles)})" if angles else name
        for qubits in itertools.permutations(range(4), spec.n_qubits):
            places = ", ".join(f"q[{q}]" for q in qubits)
            _assert_same(_read(f"{HEAD}qubit[4] q; {start} {called} {places}; h q;"))


def _random(n: int, seed: int, n_gates: int) -> FlatCircuit:
    """Gates of all kinds anywhere, every fifth a phase between two CX."""
    random = generator(seed, "small", n)
    lines = [f"qubit[{n}] q", "ry(0.4) q" if seed % 2 else "h q[0]"]
    for k, name in enumerate(random.choice([*GATES], n_gates)):
        spec, qubits = GATES[name], random.permutation(n)
        if k % 5 == 0 and n > 1:
            pair = f"q[{qubits[0]}], q[{qubits[1]}]"
            turn = random.choice(["rz(0.7)", "t", "sdg", "z", "p(-1.3)"])
            lines += [f"cx {pair}", f"{turn} q[{qubits[1]}]", f"CX {pair}"]
        elif spec.n_qubits <= n:
            angles = ", ".join(f"{a:.17g}" for a in random.uniform(0, 7, spec.n_params))
            places = ", ".join(f"q[{q}]" for q in qubits[: spec.n_qubits])
            lines.append(f"{name}{f'({angles})' if angles else ''} {places}")
    return _read(HEAD + ";".join(lines) + ";")


@pytest.mark.parametrize("n", range(1, 19))
def test_random_circuits(n: int) -> None:
    _assert_same(_random(n, 1, 40))


@pytest.mark.parametrize("seed", range(12))
def test_large_states_are_passed_over_in_blocks(seed: int) -> None:
    """Blocks of 12 qubits: everything that a gate can have inside a block and outside."""
    _assert_same(_random(13 + seed % 3, seed, 150))


def test_states_that_fill_up_late() -> None:
    """Most amplitudes are 0 until a gate reaches the last qubit."""
    for last in ("h q[15];", "x q[15]; h q[14];", "cx q[0], q[15];", "swap q[1], q[15];"):
        text = "qubit[16] q; h q[0]; ry(0.3) q[3]; cx q[0], q[7]; rz(0.4) q[13];" + last
        _assert_same(_read(f"{HEAD}{text} h q[13]; cz q[13], q[15]; rx(0.7) q[2];"))


def test_larger_ones_and_those_made_of_gates_are_left_to_qulacs() -> None:
    assert simulate(_read(f"{HEAD}qubit[{MOST_QUBITS + 1}] q; h q;")) is None
    assert simulate(Circuit(2)) is None
    assert get_engine().run(parse(f"{HEAD}gate own a {{ h a; }} qubit[2] q; own q[0];")).answer


def test_gates_that_there_are_not_are_refused() -> None:
    circuit = _read(f"{HEAD}qubit[2] q; h q[1];")
    for code, qubit in ((99, 0), (-1, 0), (5, 2), (5, -1)):
        raw = bytearray(circuit.code or b"")
        raw[32:40] = code.to_bytes(4, "little", signed=True) + qubit.to_bytes(
            4, "little", signed=True
        )
        made = FlatCircuit.of_code(2, bytes(raw), 0, circuit.measurements)
        with pytest.raises(CircuitError, match="not known"):
            simulate(made)


@pytest.mark.parametrize("n", [1, 4, 9])
def test_sums_of_energies(n: int) -> None:
    random = generator(2, "sums", n)
    p, h = random.dirichlet(np.full(1 << n, 0.3)), random.normal(size=1 << n)
    for optimal in (h == h.min(), p == p.max(), np.ones(1 << n, dtype=bool)):
        found = EnergyReader(h, reverse_qubits(h), optimal, 1e-9).read(p)
        assert found.energy == pytest.approx(float(p @ h), abs=1e-12)
        assert found.reversed == pytest.approx(float(p @ reverse_qubits(h)), abs=1e-12)
        assert found.p_optimal == pytest.approx(float(p[optimal].sum()), abs=1e-12)
        assert found.top_is_optimal is top_is_optimal(p, optimal)
        for other in (
            EnergyReader(h, reverse_qubits(h), optimal, 1e-9).read(np.repeat(p, 2)[::2]),
            EnergyReader(np.repeat(h, 2)[::2], reverse_qubits(h), optimal, 1e-9).read(p),
        ):  # NumPy's way
            assert other == pytest.approx(found, abs=1e-12)


def test_sums_of_likeness() -> None:
    random = generator(3, "likeness")
    p, q = random.dirichlet(np.full(64, 0.2), size=2)
    thin = np.where(np.arange(64) % 3, p, 0.0)
    tiny = np.concatenate([[5e-324, 1e-310], p[2:]])
    for a, b in itertools.product((p, q, thin, tiny, np.eye(64)[5]), repeat=2):
        found = LikenessReader(b).read(a)
        assert found[0] == pytest.approx(behaviour.jensen_shannon(a, b), abs=1e-12)
        assert found[1] / np.log(2) == pytest.approx(behaviour.relative_entropy(a, b), abs=1e-11)
        if a is b:
            assert found == (0.0, 0.0)
