"""VQE restarts, and angles brought near zero."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.circuits.ansatz import Ansatz, Slot
from quasar.circuits.circuit import Gate
from quasar.circuits.qaoa import qaoa
from quasar.circuits.sim19 import sim
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.optimize.trace import Budget, Trace
from quasar.optimize.vqe import optimise_vqe, wrap_angles
from quasar.problems.base import encode
from quasar.problems.vertex_cover import VertexCover
from quasar.simulate.gate_energy import GateEnergy
from support.cases import cases
from support.random_circuits import random_gate, same_up_to_phase, state

COVER = encode(VertexCover(nx.cycle_graph(5))).hamiltonian


@pytest.mark.parametrize("number", [1, 2, 10, 15])
def test_reaches_the_ground_energy(number):
    energy = GateEnergy(sim(number, 5, 1), COVER.diagonal)
    found = optimise_vqe(energy, generator(0, "vqe"), target=COVER.spectrum.e_min + 1e-6)
    assert found.energy == pytest.approx(COVER.spectrum.e_min, abs=1e-5)
    assert energy.value(found.theta) == pytest.approx(found.energy)


def test_the_best_restart_is_kept():
    energy, trace = GateEnergy(sim(2, 5, 1), COVER.diagonal), Trace()
    found = optimise_vqe(energy, generator(3, "vqe"), restarts=4, trace=trace)
    assert [label for _, label in trace.stages] == [f"vqe start {i}" for i in (1, 2, 3, 4)]
    assert found.energy == trace.best_energy == min(trace.energies)


def test_target_ends_the_restarts():
    trace = Trace()
    energy = GateEnergy(sim(1, 5, 1), COVER.diagonal)
    optimise_vqe(energy, generator(0, "vqe"), target=COVER.spectrum.e_max, trace=trace)
    assert len(trace.stages) == 1


def test_same_seed_same_angles():
    energy = GateEnergy(sim(15, 4, 1), np.arange(16.0))
    first, second = (optimise_vqe(energy, generator(5, "vqe"), restarts=2) for _ in range(2))
    assert np.array_equal(first.theta, second.theta)


@pytest.mark.parametrize("limit", [1, 5, 60])
def test_budget(limit):
    budget, trace = Budget(limit), Trace()
    energy = GateEnergy(sim(2, 5, 2), COVER.diagonal)
    found = optimise_vqe(energy, generator(1, "vqe"), budget=budget, trace=trace, restarts=50)
    assert energy.evaluations == budget.used == len(trace.energies) == limit
    assert found.energy == min(trace.energies)


def test_no_restarts():
    with pytest.raises(ValueError, match="at least 1"):
        optimise_vqe(GateEnergy(sim(1, 2, 1), np.zeros(4)), generator(0), restarts=0)


@settings(max_examples=cases(50), deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_wrapping_keeps_the_state(seed):
    rng = np.random.default_rng(seed)
    names = ("rx", "ry", "rz", "p", "crx", "cry", "crz", "cp")
    gates, slots = [Gate("h", (i,)) for i in range(3)], []
    for _ in range(12):
        scale = float(rng.choice([1.0, 1.0, -1.0, 2.0, 0.3], p=[0.4, 0.3, 0.2, 0.05, 0.05]))
        slots.append(Slot(len(gates), int(rng.integers(6)), scale))
        gates.append(random_gate(rng, str(rng.choice(names)), 3))
    ansatz = Ansatz("random", 3, tuple(gates), tuple(slots), 6)
    theta = rng.uniform(-40, 40, 6)
    wrapped = wrap_angles(ansatz, theta)
    assert same_up_to_phase(state(ansatz.bind(wrapped)), state(ansatz.bind(theta)), atol=1e-9)
    assert np.array_equal(wrap_angles(ansatz, wrapped), wrapped)
    assert np.all(np.abs(wrapped) <= np.abs(theta))


def test_wrapped_range():
    gates = (Gate("rx", (0,), (0.0,)), Gate("crx", (0, 1), (0.0,)), Gate("ry", (1,), (0.0,)))
    ansatz = Ansatz("two", 2, gates, (Slot(0, 0), Slot(1, 1), Slot(2, 1)), 2)
    wrapped = wrap_angles(ansatz, np.array([5.0, 5.0]))
    assert wrapped == pytest.approx([5.0 - 2 * np.pi, 5.0])
    assert wrap_angles(ansatz, np.array([-30.0, 30.0])) == pytest.approx(
        [-30 + 10 * np.pi, 30 - 8 * np.pi]
    )


def test_scaled_angles_stay():
    ansatz = qaoa(IsingHamiltonian(2, {(0, 1): 0.3}), 1)
    theta = np.array([9.0, -9.0])
    assert np.array_equal(wrap_angles(ansatz, theta), theta)
