"""The closed-form landscape of one appended rotation against the circuit itself."""

import numpy as np
import pytest

from quasar.circuits import adaptive
from quasar.circuits.ansatz import Ansatz, Slot
from quasar.circuits.circuit import Circuit, Gate
from quasar.recipes.agent_q.one_angle import Sinusoid, landscape, rotate
from quasar.simulate.gate_energy import GateEnergy
from support.random_circuits import random_circuit, same_up_to_phase, state

ANGLES = (0.0, 0.3, -2.0, 3.1, 9.0)


def setting(n_qubits, seed=0):
    rng = np.random.default_rng(seed)
    prefix = random_circuit(rng, n_qubits, 15, ("U", "h", "cu", "cx")).gates
    return prefix, state(Circuit(n_qubits, prefix)), rng.normal(size=1 << n_qubits)


@pytest.mark.parametrize("n_qubits", [1, 2, 4])
def test_every_pool_gate(n_qubits):
    prefix, before, diagonal = setting(n_qubits, n_qubits)
    for gate in adaptive.pool(n_qubits):
        grown = Ansatz("grown", n_qubits, (*prefix, gate), (Slot(len(prefix), 0),), 1)
        energy, curve = GateEnergy(grown, diagonal), landscape(before, diagonal, gate)
        for angle in ANGLES:
            value, gradient = energy.value_and_gradient([angle])
            assert curve.value(angle) == pytest.approx(value, abs=1e-12), gate
            assert curve.slope(angle) == pytest.approx(gradient[0], abs=1e-12), gate
            after = rotate(before, gate, angle)
            assert same_up_to_phase(after, energy.state([angle]), atol=1e-12), gate


def test_descent_is_literal_gradient_descent():
    prefix, before, diagonal = setting(3)
    for gate in adaptive.pool(3):
        grown = Ansatz("grown", 3, (*prefix, gate), (Slot(len(prefix), 0),), 1)
        energy = GateEnergy(grown, diagonal)
        theta = np.zeros(1)
        for _ in range(10):
            theta = theta - 0.5 * energy.value_and_gradient(theta)[1]
        found = landscape(before, diagonal, gate).descend(10, 0.5)
        assert found == pytest.approx(theta[0], abs=1e-10), gate


def test_descent_reaches_a_shallow_minimum_and_overshoots_a_steep_one():
    assert Sinusoid(0.0, 1.0, -0.5).descend(200, 0.5) == pytest.approx(np.pi - np.arctan(0.5))
    assert abs(Sinusoid(0.0, 30.0, -40.0).descend(10, 0.5)) > np.pi


def test_a_real_state_gives_rx_and_rz_no_slope_at_all():
    rng = np.random.default_rng(5)
    real = rng.normal(size=8).astype(np.complex128)
    for name in ("rx", "rz"):
        for gate in (Gate(name, (1,), (0.0,)), Gate("c" + name, (2, 0), (0.0,))):
            curve = landscape(real, rng.normal(size=8), gate)
            assert curve.sine == 0.0
            assert curve.descend(10, 0.5) == 0.0
    turned = rotate(rotate(real, Gate("ry", (0,)), 0.7), Gate("cry", (1, 2)), -1.3)
    assert not turned.imag.any()


def test_rotating_leaves_the_input():
    _, before, _ = setting(2)
    copy = before.copy()
    rotate(before, Gate("crx", (0, 1)), 0.4)
    assert np.array_equal(before, copy)
