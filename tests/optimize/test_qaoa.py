"""QAOA angles: schedules by formula, optima against a fine grid, budgets."""

import networkx as nx
import numpy as np
import pytest

from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.optimize.qaoa import GAMMA_REACH, interpolate, optimise_qaoa, ramp, sigma
from quasar.optimize.trace import Budget, Trace
from quasar.problems.base import encode
from quasar.problems.maxcut import MaxCut


def maxcut(graph):
    return encode(MaxCut(graph)).hamiltonian


def random_hamiltonian(seed):
    rng = generator(seed, "qaoa")
    pairs = [(i, j) for i in range(5) for j in range(i + 1, 5) if rng.random() < 0.7]
    terms = {pair: float(rng.normal()) for pair in pairs}
    return IsingHamiltonian(5, terms | {(i,): float(rng.normal()) for i in range(5)})


def test_sigma_is_the_spread_of_all_energies():
    hamiltonian = random_hamiltonian(1)
    assert sigma(hamiltonian) == pytest.approx(hamiltonian.diagonal.std())
    assert sigma(IsingHamiltonian(2, {})) > 0


def test_ramp():
    assert ramp(1, 0.8, 0.6) == pytest.approx([0.4, -0.3])
    assert ramp(4, 0.8, 0.4) == pytest.approx([0.1, 0.3, 0.5, 0.7, -0.35, -0.25, -0.15, -0.05])


def test_interpolate():
    """Zhou et al., appendix B: [u']_i = (i-1)/p u_{i-1} + (p-i+1)/p u_i."""
    assert interpolate(np.array([0.4, -0.3])) == pytest.approx([0.4, 0.4, -0.3, -0.3])
    grown = interpolate(np.array([0.2, 0.6, -0.5, -0.1]))
    assert grown == pytest.approx([0.2, 0.4, 0.6, -0.5, -0.3, -0.1])


def test_interpolating_keeps_ends_and_lines():
    line = np.linspace(0.1, 0.9, 7)
    gammas, betas = np.split(interpolate(np.concatenate([line, -line])), 2)
    assert gammas[[0, -1]] == pytest.approx([0.1, 0.9])
    assert gammas == pytest.approx(np.linspace(0.1, 0.9, 8))
    assert betas == pytest.approx(-gammas)


@pytest.mark.parametrize("seed", range(4))
def test_one_layer_finds_the_lowest_point_of_a_fine_grid(seed):
    graph = nx.gnp_random_graph(6, 0.6, seed=seed)
    graph.remove_nodes_from(list(nx.isolates(graph)))
    hamiltonian = maxcut(graph)
    ((energy, minimum),) = optimise_qaoa(hamiltonian, 1)
    gammas = np.linspace(0, GAMMA_REACH / sigma(hamiltonian), 60)
    lowest = min(energy.value([g, b]) for g in gammas for b in np.linspace(-np.pi / 2, 0, 60))
    assert minimum.energy <= lowest + 1e-9
    assert energy.value(minimum.theta) == pytest.approx(minimum.energy)
    gamma, beta = minimum.theta
    assert gamma > 0 > beta


def test_deeper_is_better():
    hamiltonian = maxcut(nx.petersen_graph())
    budget = Budget(4000)
    found = optimise_qaoa(hamiltonian, 4, budget=budget)
    energies = [minimum.energy for _, minimum in found]
    assert [energy.layers for energy, _ in found] == [1, 2, 3, 4]
    assert energies == sorted(energies, reverse=True)
    assert energies[0] - energies[-1] > 1.0
    for energy, minimum in found:
        assert energy.value(minimum.theta) == pytest.approx(minimum.energy)


@pytest.mark.parametrize("seed", range(3))
def test_random_hamiltonians_improve_on_the_uniform_superposition(seed):
    hamiltonian = random_hamiltonian(seed)
    found = optimise_qaoa(hamiltonian, 2)
    assert found[1][1].energy < found[0][1].energy < -0.5 * sigma(hamiltonian)


@pytest.mark.parametrize("limit", [1, 10, 96, 97, 130, 250])
def test_budget(limit):
    budget, trace = Budget(limit), Trace()
    found = optimise_qaoa(maxcut(nx.petersen_graph()), 3, budget=budget, trace=trace)
    assert budget.used == len(trace.energies) == limit
    assert found
    assert trace.best_energy == min(minimum.energy for _, minimum in found)
    assert [label for _, label in trace.stages] == [f"qaoa p={p + 1}" for p in range(len(found))]


def test_no_time_left():
    found = optimise_qaoa(maxcut(nx.cycle_graph(4)), 3, budget=Budget(max_seconds=0.0))
    assert len(found) == 1
    assert np.isfinite(found[0][1].energy)
