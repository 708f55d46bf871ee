"""AdamW with warm restarts: the stopping rule, fresh optimiser states, limits."""

import numpy as np
import pytest

from quasar.circuits.ansatz import Ansatz, Slot
from quasar.circuits.circuit import Gate
from quasar.circuits.sim19 import sim
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.observable import walsh_hadamard
from quasar.core.seeds import generator
from quasar.optimize.trace import Budget, Trace
from quasar.recipes.agent_q.adamw import AdamW, AdamWSettings
from quasar.recipes.agent_q.make import AgentQSettings
from quasar.recipes.agent_q.restarts import AdamWRestarts, minimise_with_restarts
from quasar.simulate.engine import probabilities
from quasar.simulate.gate_energy import GateEnergy


def one_qubit(diagonal):
    """ry(θ)|0>: |1> is the most probable state from θ = π/2 on."""
    ansatz = Ansatz("ry", 1, (Gate("ry", (0,), (0.0,)),), (Slot(0, 0),), 1)
    return GateEnergy(ansatz, np.array(diagonal))


def descend(energy, rng, **options):
    return minimise_with_restarts(energy, with_levels(energy.observable), rng, **options)


def with_levels(diagonal):
    """The Hamiltonian of these energies, whose mean is 0 or else its constant."""
    vector = np.array(diagonal) / len(diagonal)
    walsh_hadamard(vector)
    n = len(diagonal).bit_length() - 1
    products = {tuple(i for i in range(n) if k >> i & 1): c for k, c in enumerate(vector) if k}
    return IsingHamiltonian(n, products, vector[0])


def test_stops_with_the_restart_at_which_the_ground_state_comes_out_on_top():
    energy, trace = one_qubit([1.0, -1.0]), Trace()
    found = descend(energy, generator(0, "bouts"), trace=trace)
    assert found.optimal
    assert found.starts == 1
    # From at most 0.01 at 0.01 a step: π/2 is passed before the 16th restart.
    assert found.steps == 160
    assert np.pi / 2 < found.theta[0] < np.pi / 2 + 0.1
    assert found.energy == pytest.approx(np.cos(found.theta[0]))
    assert len(trace.energies) == energy.evaluations == 160 + 16
    assert trace.energies[-1] == found.energy


def test_a_ground_state_on_top_from_the_start_still_takes_ten_steps():
    found = descend(one_qubit([-1.0, 1.0]), generator(0, "bouts"))
    assert (found.steps, found.optimal) == (10, True)


def test_every_restart_has_a_fresh_optimiser():
    energy = GateEnergy(sim(2, 3, 1), np.arange(8.0)[::-1].copy())
    theta = generator(4, "bouts").uniform(0.0, 0.01, energy.n_parameters)
    settings = AdamWRestarts(max_steps=30, restarts=0)
    for _ in range(3):
        optimiser = AdamW(theta.size, AdamWSettings())
        for _ in range(10):
            theta = optimiser.step(theta, energy.value_and_gradient(theta)[1])
    found = descend(energy, generator(4, "bouts"), settings=settings)
    assert found.steps == 30
    assert np.array_equal(found.theta, theta)


def test_steps_and_starts_are_limited():
    """Both rotations are about z: nothing ever moves."""
    ansatz = Ansatz("rz", 1, (Gate("rz", (0,), (0.0,)),), (Slot(0, 0),), 1)
    energy, trace = GateEnergy(ansatz, np.array([1.0, -1.0])), Trace()
    found = descend(energy, generator(0, "bouts"), trace=trace)
    assert not found.optimal
    assert (found.steps, found.starts) == (500, 4)
    assert [label for _, label in trace.stages] == [f"agent-q start {k}" for k in (1, 2, 3, 4)]
    assert energy.evaluations == 4 * 550
    odd = AdamWRestarts(max_steps=25, restarts=1)
    found = descend(energy, generator(0, "bouts"), settings=odd)
    assert (found.steps, found.starts) == (25, 2)


def test_the_lowest_of_failed_starts_is_kept():
    energy = GateEnergy(sim(9, 3, 1), np.array([0.0, 1, 1, 1, 1, 1, 1, -9.0]))
    found = descend(energy, generator(1, "x"), settings=AdamWRestarts(max_steps=10))
    rng, ends = generator(1, "x"), []
    for _ in range(4):
        one = descend(energy, rng, settings=AdamWRestarts(max_steps=10, restarts=0))
        ends.append(one)
    assert not any(end.optimal for end in ends)
    lowest = min(ends, key=lambda end: end.energy)
    assert np.array_equal(found.theta, lowest.theta)


def test_patience_gives_up_what_does_not_move():
    ansatz = Ansatz("rz", 1, (Gate("rz", (0,), (0.0,)),), (Slot(0, 0),), 1)
    energy = GateEnergy(ansatz, np.array([1.0, -1.0]))
    impatient = AdamWRestarts(patience=3)
    found = descend(energy, generator(0, "bouts"), settings=impatient)
    assert (found.steps, found.starts) == (40, 4)
    # What moves is left alone.
    moving = descend(one_qubit([1.0, -1.0]), generator(0, "bouts"), settings=impatient)
    assert (moving.steps, moving.optimal) == (160, True)


def test_same_seed_same_angles():
    energy = GateEnergy(sim(15, 4, 1), np.arange(16.0))
    first, second = (descend(energy, generator(5, "b")) for _ in range(2))
    other = descend(energy, generator(6, "b"))
    assert np.array_equal(first.theta, second.theta)
    assert not np.array_equal(first.theta, other.theta)


@pytest.mark.parametrize("limit", [1, 5, 11, 12, 200, 10_000])
def test_budget(limit):
    energy, budget, trace = GateEnergy(sim(1, 3, 1), np.arange(8.0)), Budget(limit), Trace()
    found = descend(
        energy, generator(2, "b"), settings=AdamWRestarts(max_steps=50), budget=budget, trace=trace
    )
    assert budget.used == len(trace.energies) <= limit
    mean = energy.observable.mean()
    assert found.energy + mean == pytest.approx(energy.value(found.theta))


def test_no_time_left():
    energy, trace = one_qubit([1.0, -1.0]), Trace()
    found = descend(
        energy, generator(0, "b"), budget=Budget.unlimited(max_seconds=0.0), trace=trace
    )
    assert (found.steps, found.starts) == (0, 1)
    assert len(trace.energies) == 1


def test_top_state_of_a_result():
    energy = GateEnergy(sim(2, 4, 1), np.arange(16.0)[::-1].copy())
    found = descend(energy, generator(3, "b"))
    assert found.optimal
    assert int(probabilities(energy.state(found.theta)).argmax()) == 15


def test_the_former_names_are_read_and_written():
    """Manifests of data sets and their fingerprints hold them."""
    formerly = {"bouts": {"bout": 7, "restarts": 1}}
    settings = AgentQSettings.parse(formerly)
    assert settings.descent.steps_per_restart == 7
    assert settings == AgentQSettings.parse({"descent": {"steps_per_restart": 7, "restarts": 1}})
    assert settings.model_dump(mode="json")["bouts"]["bout"] == 7
    assert AgentQSettings.parse(settings.model_dump(mode="json")) == settings
    with pytest.raises(InputError, match="boat"):
        AgentQSettings.parse({"bouts": {"boat": 7}})
