"""Adaptive VQE: pool gradients against finite differences, growth and its ends."""

import networkx as nx
import numpy as np
import pytest

from quasar.circuits import adaptive
from quasar.circuits.ansatz import Ansatz, Slot
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.optimize.adapt_vqe import optimise_adaptive, pool_gradients
from quasar.optimize.trace import Budget, Trace
from quasar.problems.base import encode
from quasar.problems.maxcut import MaxCut
from quasar.problems.vertex_cover import VertexCover
from quasar.simulate.gate_energy import GateEnergy
from support.random_circuits import random_circuit

HOUSE = encode(VertexCover(nx.house_graph())).hamiltonian


@pytest.mark.parametrize("n_qubits", [1, 2, 4])
def test_pool_gradients_of_every_gate(n_qubits):
    rng = np.random.default_rng(n_qubits)
    prefix = random_circuit(rng, n_qubits, 15, ("U", "h", "cu", "cx")).gates
    diagonal = rng.normal(size=1 << n_qubits)
    pool = adaptive.pool(n_qubits)
    state = GateEnergy(Ansatz("prefix", n_qubits, prefix, (), 0), diagonal).state([])
    found = pool_gradients(state, diagonal, pool)
    assert found.shape == (len(pool),)
    for gate, slope in zip(pool, found, strict=True):
        grown = Ansatz("grown", n_qubits, (*prefix, gate), (Slot(len(prefix), 0),), 1)
        energy = GateEnergy(grown, diagonal)
        difference = (energy.value([1e-5]) - energy.value([-1e-5])) / 2e-5
        assert slope == pytest.approx(difference, abs=1e-9), gate
        assert slope == pytest.approx(energy.value_and_gradient([0.0])[1][0], abs=1e-12), gate


def test_grows_to_the_optimum():
    trace = Trace()
    ansatz, found = optimise_adaptive(HOUSE, trace=trace)
    spectrum = HOUSE.spectrum
    reached = (spectrum.e_max - found.energy) / (spectrum.e_max - spectrum.e_min)
    assert reached >= 0.999
    assert ansatz.n_parameters == found.theta.size > 0
    assert ansatz.gates[:5] == adaptive.start(5).gates
    assert GateEnergy(ansatz, HOUSE.diagonal).value(found.theta) == pytest.approx(found.energy)
    assert found.energy == trace.best_energy
    # Every gate of the pool is used once at most.
    used = [(gate.name, gate.qubits) for gate in ansatz.gates[5:]]
    assert len(set(used)) == len(used)


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_gate_limit(limit):
    ansatz, found = optimise_adaptive(HOUSE, max_gates=limit)
    assert len(ansatz.gates) == 5 + limit
    assert ansatz.name.startswith(f"adaptive {limit} gate")
    assert found.theta.size == limit


def test_more_gates_are_never_worse():
    energies = [optimise_adaptive(HOUSE, max_gates=limit)[1].energy for limit in range(5)]
    assert energies == sorted(energies, reverse=True)


def test_target_ends_the_growth():
    trace = Trace()
    ansatz, _ = optimise_adaptive(HOUSE, target_ratio=0.1, trace=trace)
    assert ansatz.n_parameters == 0
    assert len(trace.energies) == 1


def test_further_growths_where_the_first_ends_early():
    """On the Petersen graph the largest slopes lead to a state that no single gate improves."""
    hamiltonian = encode(VertexCover(nx.petersen_graph())).hamiltonian
    spectrum, trace = hamiltonian.spectrum, Trace()
    target = spectrum.e_min + 1e-3 * (spectrum.e_max - spectrum.e_min)
    ansatz, stuck = optimise_adaptive(hamiltonian, attempts=1)
    assert stuck.energy > target
    energy = GateEnergy(ansatz, hamiltonian.diagonal)
    slopes = pool_gradients(energy.state(stuck.theta), hamiltonian.diagonal, adaptive.pool(10))
    assert np.abs(slopes).max() < 3e-3
    ansatz, found = optimise_adaptive(hamiltonian, trace=trace)
    assert found.energy <= target
    assert 1 < len(trace.stages) <= 10
    assert trace.stages[1][1] == "adaptive growth 2"
    energy = GateEnergy(ansatz, hamiltonian.diagonal)
    assert energy.value(found.theta) == pytest.approx(found.energy)


def test_growths_are_seeded():
    hamiltonian = encode(VertexCover(nx.petersen_graph())).hamiltonian
    found = [optimise_adaptive(hamiltonian, rng=generator(seed)) for seed in (3, 3, 4)]
    first, again, other = (ansatz.gates for ansatz, _ in found)
    assert first == again != other


def test_no_attempts():
    with pytest.raises(ValueError, match="at least 1"):
        optimise_adaptive(HOUSE, attempts=0)


def test_no_slope_ends_the_growth():
    """The uniform superposition of a flat energy has nowhere to go."""
    ansatz, found = optimise_adaptive(IsingHamiltonian(2, {}))
    assert ansatz.n_parameters == 0
    assert found.energy == pytest.approx(0)


def test_symmetric_problems_leave_the_saddle():
    """Without fields all single rotations are flat at the start; controlled ones are not."""
    hamiltonian = encode(MaxCut(nx.path_graph(3))).hamiltonian
    ansatz, found = optimise_adaptive(hamiltonian)
    assert found.energy == pytest.approx(hamiltonian.spectrum.e_min, abs=2e-3)
    assert ansatz.gates[3].name.startswith("cr")


@pytest.mark.parametrize("limit", [1, 2, 15])
def test_budget(limit):
    budget, trace = Budget(limit), Trace()
    ansatz, found = optimise_adaptive(HOUSE, budget=budget, trace=trace)
    assert budget.used == len(trace.energies) == limit
    assert found.theta.size == ansatz.n_parameters == len(ansatz.slots)
    assert found.energy == min(trace.energies)
    assert ansatz.name.startswith(f"adaptive {ansatz.n_parameters} gate")
    assert trace.stages == [(0, "adaptive growth 1")]
