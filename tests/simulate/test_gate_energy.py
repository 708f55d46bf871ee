"""Energies and adjoint gradients of ansätze against definitions and finite differences."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.circuits.ansatz import Ansatz, Slot, tie_equal_angles
from quasar.circuits.circuit import Gate
from quasar.circuits.sim19 import sim
from quasar.simulate.gate_energy import GateEnergy
from support.random_circuits import NAMES, random_circuit, random_gate, same_up_to_phase, state

FREE = ("rx", "ry", "rz", "p", "phase", "u1", "crx", "cry", "crz", "cp", "cphase")


def central_differences(function, theta, step=1e-5):
    out = np.zeros(theta.size)
    for i in range(theta.size):
        shift = np.zeros(theta.size)
        shift[i] = step
        out[i] = (function(theta + shift) - function(theta - shift)) / (2 * step)
    return out


def random_ansatz(rng, n_qubits, n_gates, n_parameters, fixed=NAMES, free=FREE):
    """Free rotations with shared and scaled angles, between fixed gates of every kind."""
    gates, slots = [], []
    fitting = [x for x in free if n_qubits > 1 or x in {"rx", "ry", "rz", "p", "phase", "u1"}]
    for _ in range(n_gates):
        if rng.random() < 0.5:
            slots.append(
                Slot(len(gates), int(rng.integers(n_parameters)), float(rng.choice([1, -1, 0.7])))
            )
            gates.append(random_gate(rng, str(rng.choice(fitting)), n_qubits))
        else:
            gates += random_circuit(rng, n_qubits, 1, fixed).gates
    return Ansatz("random", n_qubits, tuple(gates), tuple(slots), n_parameters)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(0, 20))
def test_state_value_and_gradient(seed, n_qubits, n_gates):
    rng = np.random.default_rng(seed)
    ansatz = random_ansatz(rng, n_qubits, n_gates, 4)
    diagonal = rng.normal(size=1 << n_qubits)
    energy = GateEnergy(ansatz, diagonal)
    theta = rng.uniform(-4, 4, 4)
    expected = state(ansatz.bind(theta))
    assert same_up_to_phase(energy.state(theta), expected, atol=1e-10)
    assert energy.value(theta) == pytest.approx(np.abs(expected) ** 2 @ diagonal, abs=1e-10)
    value, gradient = energy.value_and_gradient(theta)
    assert value == pytest.approx(energy.value(theta), abs=1e-12)
    assert gradient == pytest.approx(central_differences(energy.value, theta), abs=1e-8)


@pytest.mark.parametrize("name", FREE)
def test_gradient_of_every_rotation(name):
    rng = np.random.default_rng(3)
    before, after = (random_circuit(rng, 3, 10, ("U", "cu", "cx", "h")) for _ in range(2))
    gate = random_gate(rng, name, 3)
    gates = (*before.gates, gate, *after.gates)
    ansatz = Ansatz(name, 3, gates, (Slot(10, 0),), 1)
    energy = GateEnergy(ansatz, rng.normal(size=8))
    for angle in (0.0, 0.4, -2.9, 7.0):
        theta = np.array([angle])
        assert same_up_to_phase(energy.state(theta), state(ansatz.bind(theta)), atol=1e-10)
        _, gradient = energy.value_and_gradient(theta)
        assert gradient == pytest.approx(central_differences(energy.value, theta), abs=1e-8)
        assert abs(gradient[0]) > 1e-3


@pytest.mark.parametrize("name", NAMES)
def test_gradient_behind_every_fixed_gate(name):
    """The backward pass undoes fixed gates, so each of them needs its inverse."""
    rng = np.random.default_rng(4)
    gates = (
        *random_circuit(rng, 3, 6, ("U", "cx")).gates,
        Gate("ry", (1,), (0.0,)),
        random_gate(rng, name, 3),
        Gate("crx", (0, 2), (0.0,)),
        random_gate(rng, name, 3),
        *random_circuit(rng, 3, 4, ("U", "cu")).gates,
    )
    energy = GateEnergy(Ansatz(name, 3, gates, (Slot(6, 0), Slot(8, 1)), 2), rng.normal(size=8))
    theta = np.array([0.3, -1.2])
    _, gradient = energy.value_and_gradient(theta)
    assert gradient == pytest.approx(central_differences(energy.value, theta), abs=1e-8)


def test_tied_angles_add_up_by_their_scales():
    gates = (Gate("ry", (0,), (0.0,)), Gate("ry", (0,), (0.0,)), Gate("ry", (0,), (0.0,)))
    ansatz = Ansatz("tied", 1, gates, (Slot(0, 0, 2.0), Slot(1, 0, -0.5), Slot(2, 0)), 1)
    energy = GateEnergy(ansatz, np.array([1.0, -1.0]))
    # ry(2.5 t)|0> has <Z> = cos(2.5 t).
    value, gradient = energy.value_and_gradient([0.3])
    assert value == pytest.approx(np.cos(0.75))
    assert gradient == pytest.approx([-2.5 * np.sin(0.75)])


@pytest.mark.parametrize("number", [2, 5, 6, 8, 12, 15, 19])
def test_sim_circuits(number):
    rng = np.random.default_rng(number)
    ansatz = sim(number, 4, 1)
    energy = GateEnergy(ansatz, rng.normal(size=16))
    theta = rng.uniform(-3, 3, ansatz.n_parameters)
    _, gradient = energy.value_and_gradient(theta)
    assert gradient.shape == (energy.n_parameters,) == (ansatz.n_parameters,)
    assert gradient == pytest.approx(central_differences(energy.value, theta), abs=1e-8)


def test_unused_parameters_have_no_slope():
    energy = GateEnergy(
        Ansatz("spare", 1, (Gate("ry", (0,), (0.0,)),), (Slot(0, 1),), 3), np.array([0.0, 1.0])
    )
    _, gradient = energy.value_and_gradient([0.4, 0.5, 0.6])
    assert gradient == pytest.approx([0, np.sin(0.5) / 2, 0])


def test_without_parameters():
    energy = GateEnergy(Ansatz("fixed", 1, (Gate("x", (0,)),), (), 0), np.array([3.0, 5.0]))
    value, gradient = energy.value_and_gradient([])
    assert value == pytest.approx(5)
    assert gradient.shape == (0,)


def test_a_finished_circuit_with_its_angles_freed():
    rng = np.random.default_rng(9)
    circuit = random_circuit(rng, 4, 40)
    ansatz, theta = tie_equal_angles(circuit)
    energy = GateEnergy(ansatz, rng.normal(size=16))
    assert same_up_to_phase(energy.state(theta), state(circuit), atol=1e-10)
    _, gradient = energy.value_and_gradient(theta)
    assert gradient == pytest.approx(central_differences(energy.value, theta), abs=1e-8)


def test_evaluations_are_counted():
    energy = GateEnergy(sim(1, 2, 1), np.zeros(4))
    energy.value(np.zeros(4))
    energy.value_and_gradient(np.zeros(4))
    energy.state(np.zeros(4))
    assert energy.evaluations == 3


def test_states_do_not_change_later():
    energy = GateEnergy(sim(1, 2, 1), np.arange(4.0))
    first = energy.state(np.zeros(4))
    energy.value_and_gradient(np.ones(4))
    assert np.allclose(first, [1, 0, 0, 0])


@pytest.mark.parametrize("name", ["U", "cu", "u2", "h", "unitary"])
def test_other_angles_cannot_be_freed(name):
    gate = random_gate(np.random.default_rng(0), name, 2)
    with pytest.raises(ValueError, match="cannot be freed"):
        GateEnergy(Ansatz(name, 2, (gate,), (Slot(0, 0),), 1), np.zeros(4))


def test_diagonal_of_another_size():
    with pytest.raises(ValueError, match="8 states"):
        GateEnergy(sim(1, 2, 1), np.zeros(8))
