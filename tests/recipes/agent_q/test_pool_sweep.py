"""Slopes of the pool with all of it appended, against the circuit that has all of it."""

import numpy as np
import pytest

from quasar.circuits.ansatz import Ansatz, Slot
from quasar.circuits.circuit import Circuit
from quasar.optimize.adapt_vqe import pool_gradients
from quasar.recipes.agent_q.pool_sweep import PoolSweep
from quasar.simulate.gate_energy import GateEnergy
from support.random_circuits import random_circuit, state


def appended(prefix, n_qubits, gates):
    slots = tuple(Slot(len(prefix) + k, k) for k in range(len(gates)))
    return Ansatz("all", n_qubits, (*prefix, *gates), slots, len(gates))


@pytest.mark.parametrize("n_qubits", [1, 2, 3, 5, 6])
@pytest.mark.parametrize("angle", [1e-3, 0.4])
def test_slopes_of_the_whole_pool(n_qubits, angle):
    rng = np.random.default_rng(n_qubits)
    prefix = random_circuit(rng, n_qubits, 12, ("U", "h", "cu", "cx")).gates
    before, diagonal = state(Circuit(n_qubits, prefix)), rng.normal(size=1 << n_qubits)
    sweep = PoolSweep(diagonal, angle)
    for taken in (0, 1, 4):
        for index in rng.choice(np.flatnonzero(sweep.left), min(taken, 2), replace=False):
            sweep.remove(int(index))
        left = [gate for gate, there in zip(sweep.gates, sweep.left, strict=True) if there]
        energy = GateEnergy(appended(prefix, n_qubits, left), diagonal)
        _, gradient = energy.value_and_gradient(np.full(len(left), angle))
        found = sweep.slopes(before)
        assert found.shape == (len(sweep.gates),)
        assert found[sweep.left] == pytest.approx(gradient, abs=1e-12)
        assert not found[~sweep.left].any()


def test_finite_differences():
    rng = np.random.default_rng(8)
    prefix = random_circuit(rng, 3, 12, ("U", "cu")).gates
    diagonal = rng.normal(size=8)
    sweep = PoolSweep(diagonal, 1e-3)
    energy = GateEnergy(appended(prefix, 3, sweep.gates), diagonal)
    base = np.full(len(sweep.gates), 1e-3)
    found = sweep.slopes(state(Circuit(3, prefix)))
    for k, slope in enumerate(found):
        step = np.zeros(base.size)
        step[k] = 1e-5
        difference = (energy.value(base + step) - energy.value(base - step)) / 2e-5
        assert slope == pytest.approx(difference, abs=1e-8)


def test_at_angle_zero_each_gate_is_alone():
    rng = np.random.default_rng(2)
    prefix = random_circuit(rng, 4, 12, ("U", "cu")).gates
    before, diagonal = state(Circuit(4, prefix)), rng.normal(size=16)
    sweep = PoolSweep(diagonal, 0.0)
    alone = pool_gradients(before, diagonal, sweep.gates)
    assert sweep.slopes(before) == pytest.approx(alone, abs=1e-12)


def test_the_state_stays():
    before = np.full(8, 8**-0.5, dtype=np.complex128)
    PoolSweep(np.arange(8.0), 1e-3).slopes(before)
    assert np.array_equal(before, np.full(8, 8**-0.5))
