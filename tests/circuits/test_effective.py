"""Effective circuits: nothing measured changes, and gates without effect are gone."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings

from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.effective import effective
from quasar.circuits.qaoa import qaoa
from quasar.circuits.qasm import parse
from quasar.circuits.statistics import statistics
from quasar.core.errors import CircuitError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.simulate.engine import get_engine, probabilities
from support.agentq import load_generations
from support.cases import cases
from support.dead_gates import ANYWHERE, WAYS, with_dead_gates
from support.random_circuits import NAMES, eventful, random_circuit, state

PI = math.pi


def changed(circuit: Circuit) -> float:
    """Largest change of a probability, by an independent simulation."""
    before, after = state(circuit), state(effective(circuit))
    return float(np.abs(np.abs(before) ** 2 - np.abs(after) ** 2).max())


def size(*gates: Gate, n: int = 3) -> tuple[int, int]:
    """Gates with an effect, and those on two qubits; checks that nothing measured changes."""
    circuit = Circuit(n, gates)
    assert changed(circuit) < 1e-9
    found = statistics(effective(circuit))
    return found.gates, found.two_qubit_gates


def g(name: str, *qubits: int, angles: tuple[float, ...] = ()) -> Gate:
    return Gate(name, qubits, angles)


@settings(max_examples=cases(400), deadline=None)
@given(eventful())
def test_nothing_measured_changes(circuit: Circuit) -> None:
    assert changed(circuit) < 1e-9
    before, after = statistics(circuit), statistics(effective(circuit))
    assert after.gates <= before.gates
    assert after.two_qubit_gates <= before.two_qubit_gates
    assert effective(circuit).n_measured == circuit.n_measured


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__.strip("_"))
def test_dead_gates_are_gone(way) -> None:
    rng = np.random.default_rng(WAYS.index(way))
    for _ in range(60):
        n = int(rng.integers(2, 6))
        names = ("h", "rx", "ry", "cx", "crx", "swap") if way in ANYWHERE else ("h", "rx", "cry")
        bare = random_circuit(rng, n, int(rng.integers(1, 12)), names)
        dressed = with_dead_gates(rng, bare, way)
        assert changed(dressed) < 1e-9
        kept, clean = statistics(effective(dressed)), statistics(effective(bare))
        assert (kept.gates, kept.two_qubit_gates) == (clean.gates, clean.two_qubit_gates)


@pytest.mark.parametrize(
    ("gates", "expected"),
    {
        "one string": ([g("x", 0), g("rx", 1, angles=(PI,)), g("crx", 2, 1, angles=(0.0,))],
                       (2, 0)),
        "full turns": ([g("h", 0), g("rx", 1, angles=(2 * PI,)), g("crz", 0, 1, angles=(4 * PI,))],
                       (1, 0)),
        "half a period of a control": ([g("h", 0), g("crx", 0, 1, angles=(2 * PI,)), g("h", 0)],
                                       (1, 0)),  # a z between two h
        "control is one": ([g("x", 0), g("cx", 0, 1), g("ccx", 0, 1, 2)], (3, 0)),
        "control is zero": ([g("h", 1), g("ccx", 0, 1, 2), g("cswap", 2, 0, 1)], (1, 0)),
        "target in an eigenstate": ([g("h", 0), g("h", 1), g("cx", 0, 1), g("crx", 1, 0,
                                    angles=(0.4,))], (2, 0)),
        "phase kicked back": ([g("h", 0), g("x", 1), g("h", 1), g("cx", 0, 1), g("h", 0)], (3, 0)),
        "phase kicked back to two": ([g("h", 0), g("h", 1), g("x", 2), g("h", 2), g("ccx", 0, 1, 2),
                                      g("h", 0)], (6, 1)),
        "inverse past others": ([g("h", 0), g("cx", 0, 1), g("rz", 0, angles=(0.3,)), g("x", 1),
                                 g("cx", 0, 1), g("h", 2)], (3, 0)),
        "undone in two steps": ([g("h", 0), g("cx", 0, 1), g("h", 1), g("h", 1), g("cx", 0, 1),
                                 g("h", 0)], (0, 0)),
        "a Pauli in between": ([g("rx", 0, angles=(0.2,)), g("z", 0), g("rx", 0, angles=(0.3,)),
                                g("y", 0), g("x", 0), g("cx", 0, 1)], (2, 1)),
        "same axis merges": ([g("rx", 0, angles=(0.2,)), g("sx", 0), g("rx", 0, angles=(0.1,))],
                             (1, 0)),
        "rotations on both sides": ([g("h", 0), g("rz", 0, angles=(0.3,)), g("cx", 0, 1),
                                     g("rz", 0, angles=(-0.3,)), g("h", 0)], (3, 1)),
        "phases add up": ([g("h", 0), g("h", 1), g("cp", 0, 1, angles=(0.7,)),
                           g("cp", 1, 0, angles=(0.4,)), g("h", 0)], (4, 1)),
        "phases cancel": ([g("h", 0), g("h", 1), g("cp", 0, 1, angles=(0.7,)),
                           g("cp", 1, 0, angles=(-0.7,)), g("h", 1)], (1, 0)),
        "phases at the end": ([g("h", 0), g("h", 1), g("cz", 0, 1), g("rz", 1, angles=(0.3,)),
                               g("t", 0)], (2, 0)),
        "phases before a permutation": ([g("h", 0), g("h", 1), g("cp", 0, 1, angles=(0.7,)),
                                         g("x", 1), g("cswap", 0, 1, 2)], (3, 1)),
        "swaps are names": ([g("h", 0), g("cx", 0, 1), g("swap", 1, 2)], (2, 1)),
        "cu without angles": ([g("h", 0), g("cu", 0, 1, angles=(0.0, 0.4, -0.4, 0.0))], (1, 0)),
        "cu as a phase": ([g("h", 0), g("cu", 0, 1, angles=(0.0, 0.0, 0.0, 0.9)), g("h", 0)],
                          (3, 0)),
        "all of it": ([g("h", 0), g("cx", 0, 1), g("ry", 1, angles=(0.3,)), g("cx", 1, 2)], (4, 2)),
    }.values(),
)  # fmt: skip
def test_kinds_of_dead_gates(gates, expected) -> None:
    assert size(*gates) == expected


def test_a_qaoa_circuit_is_all_effect() -> None:
    """Only the first ladder's cx on |+> and what is shared between ladders may go."""
    ring = IsingHamiltonian(5, {(i, (i + 1) % 5) if i < 4 else (0, 4): 1.0 for i in range(5)})
    circuit = qaoa(ring, 2, mixer="rx").bind([0.4, 0.7, -0.6, -0.3])
    before, after = statistics(circuit), statistics(effective(circuit))
    assert changed(circuit) < 1e-9
    assert after.two_qubit_gates >= before.two_qubit_gates - 5
    assert {name: after.counts[name] for name in ("h", "rz", "rx")} == {"h": 5, "rz": 10, "rx": 10}


def test_many_tiny_angles_stay_within_the_tolerance() -> None:
    rng = np.random.default_rng(5)
    few = [g("h", q) for q in range(4)]
    for _ in range(2000):
        name = str(rng.choice(["rx", "ry", "crx", "cp"]))
        qubits = tuple(int(q) for q in rng.permutation(4)[: 1 if name[0] == "r" else 2])
        few.append(Gate(name, qubits, (3e-12,)))
        few.append(Gate("ry", (int(rng.integers(4)),), (0.1,)))
    circuit = Circuit(4, tuple(few))
    assert changed(circuit) < 1e-9
    assert size(g("h", 0), g("rz", 0, angles=(1e-6,)), g("h", 0)) == (3, 0)


def test_matrices_cancel_in_any_order_of_their_qubits() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        start = [g("h", q) for q in range(3)]
        (gate,) = random_circuit(rng, 3, 1, ("unitary",)).gates
        k = len(gate.qubits)
        order = rng.permutation(k)
        axes = [k - 1 - int(i) for i in reversed(order)]
        tensor = gate.matrix.conj().T.reshape((2,) * (2 * k))
        inverse = tensor.transpose([*axes, *(k + a for a in axes)]).reshape(1 << k, 1 << k)
        undo = Gate("unitary", tuple(gate.qubits[i] for i in order), (), inverse)
        circuit = Circuit(3, (*start, gate, undo))
        assert changed(circuit) < 1e-9
        if k > 1:
            assert statistics(effective(circuit)).two_qubit_gates == 0


def archived(step: int) -> list[Circuit]:
    found = []
    for text in list(load_generations().values())[::step]:
        try:
            circuit = parse(text).circuit if text else None
        except CircuitError:
            continue
        if circuit is not None and circuit.n_qubits <= 16:
            found.append(circuit)
    return found


@pytest.mark.parametrize("step", [20, pytest.param(1, marks=pytest.mark.slow)])
def test_archived_answers_keep_their_distribution(step: int) -> None:
    engine = get_engine()
    seconds = []
    for circuit in archived(step):
        begun = time.perf_counter()
        found = effective(circuit)
        seconds.append(time.perf_counter() - begun)
        before = probabilities(engine.state(circuit))
        assert np.abs(before - probabilities(engine.state(found))).max() < 1e-9
    assert len(seconds) > 100
    assert np.median(seconds) < 5e-3


def test_names_of_all_gates_are_known() -> None:
    rng = np.random.default_rng(2)
    for name in NAMES:
        for _ in range(5):
            start = random_circuit(rng, 3, 3, ("h", "ry", "cx"))
            tail = random_circuit(rng, 3, 1, (name,))
            end = random_circuit(rng, 3, 2, ("h", "crx"))
            assert changed(Circuit(3, start.gates + tail.gates + end.gates)) < 1e-9
