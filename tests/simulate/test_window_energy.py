"""Energies by windows against energies gate by gate, and the cutting of circuits into windows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.circuits.ansatz import Ansatz, Slot
from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.qaoa import qaoa
from quasar.circuits.sim19 import NUMBERS, sim
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.simulate.gate_energy import GateEnergy
from quasar.simulate.window_energy import WindowEnergy
from quasar.simulate.windows import cut
from support.random_circuits import random_circuit, random_gate, same_up_to_phase, state

FREE = ("rx", "ry", "rz", "p", "phase", "u1", "crx", "cry", "crz", "cp", "cphase")


def random_ansatz(rng, n_qubits, n_gates, n_parameters):
    gates, slots = [], []
    fitting = [x for x in FREE if n_qubits > 1 or x in {"rx", "ry", "rz", "p", "phase", "u1"}]
    for _ in range(n_gates):
        if rng.random() < 0.6:
            scale = float(rng.choice([1, -1, 0.7]))
            slots.append(Slot(len(gates), int(rng.integers(n_parameters)), scale))
            gates.append(random_gate(rng, str(rng.choice(fitting)), n_qubits))
        else:
            gates += random_circuit(rng, n_qubits, 1).gates
    return Ansatz("random", n_qubits, tuple(gates), tuple(slots), n_parameters)


def agree(ansatz, theta, rng):
    diagonal = rng.normal(size=1 << ansatz.n_qubits)
    one, other = GateEnergy(ansatz, diagonal), WindowEnergy(ansatz, diagonal)
    assert same_up_to_phase(other.state(theta), one.state(theta), atol=1e-10)
    assert other.value(theta) == pytest.approx(one.value(theta), abs=1e-10)
    (value, gradient), (same_value, same_gradient) = (
        energy.value_and_gradient(theta) for energy in (one, other)
    )
    assert same_value == pytest.approx(value, abs=1e-10)
    assert same_gradient == pytest.approx(gradient, abs=1e-10)
    assert other.evaluations == 3


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(0, 25))
def test_random_ansaetze(seed, n_qubits, n_gates):
    rng = np.random.default_rng(seed)
    agree(random_ansatz(rng, n_qubits, n_gates, 4), rng.uniform(-4, 4, 4), rng)


@pytest.mark.parametrize("number", NUMBERS)
def test_templates(number):
    rng = np.random.default_rng(number)
    ansatz = sim(number, 7, 2)
    agree(ansatz, rng.uniform(-3, 3, ansatz.n_parameters), rng)


def test_qaoa():
    rng = np.random.default_rng(0)
    ansatz = qaoa(IsingHamiltonian(6, {(0, 3): 0.4, (1, 2, 5): -1.0, (4,): 0.7}), 3)
    agree(ansatz, rng.uniform(-1, 1, 6), rng)


@pytest.mark.parametrize("width", [2, 3, 4])
@pytest.mark.parametrize("seed", range(5))
def test_cutting_keeps_the_circuit(width, seed):
    rng = np.random.default_rng(seed)
    circuit = random_circuit(rng, 6, 40, ("U", "cu", "cx", "rx"))
    windows = cut([gate.qubits for gate in circuit.gates], width)
    order = [position for window in windows for position in window.gates]
    assert sorted(order) == list(range(40))
    assert all(len(window.qubits) <= width for window in windows)
    for window in windows:
        touched = {qubit for k in window.gates for qubit in circuit.gates[k].qubits}
        assert touched == set(window.qubits)
    reordered = Circuit(6, tuple(circuit.gates[k] for k in order))
    assert same_up_to_phase(state(reordered), state(circuit), atol=1e-10)


def test_a_layer_of_rotations_fills_its_windows():
    assert [window.qubits for window in cut([(q,) for q in range(8)], 4)] == [
        (0, 1, 2, 3),
        (4, 5, 6, 7),
    ]


def test_a_ladder_takes_three_gates_a_window():
    assert len(cut([(q, q + 1) for q in range(9)], 4)) == 3


def test_a_gate_too_wide():
    with pytest.raises(ValueError, match="acts on 5 qubits"):
        cut([(0, 1, 2, 3, 4)], 4)


def test_errors():
    with pytest.raises(ValueError, match="8 states"):
        WindowEnergy(sim(1, 2, 1), np.zeros(8))
    gate = Gate("U", (0,), (0.1, 0.2, 0.3))
    with pytest.raises(ValueError, match="cannot be freed"):
        WindowEnergy(Ansatz("U", 2, (gate,), (Slot(0, 0),), 1), np.zeros(4))


def test_states_do_not_change_later():
    energy = WindowEnergy(sim(1, 2, 1), np.arange(4.0))
    first = energy.state(np.zeros(4))
    energy.value_and_gradient(np.ones(4))
    assert np.allclose(first, [1, 0, 0, 0])
