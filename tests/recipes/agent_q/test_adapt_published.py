"""Adaptive circuits of the published kind, against the same done without any shortcut."""

import networkx as nx
import numpy as np
import pytest

from quasar.circuits import adaptive
from quasar.circuits.ansatz import Ansatz, Slot
from quasar.circuits.circuit import Gate
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.trace import Budget, Trace
from quasar.problems.base import encode
from quasar.problems.vertex_cover import VertexCover
from quasar.recipes.agent_q.adapt_published import PublishedAdaptSettings, adapt_published
from quasar.simulate.gate_energy import GateEnergy

HOUSE = encode(VertexCover(nx.house_graph())).hamiltonian


def literally(hamiltonian, max_gates):
    """The recipe by circuits alone: the whole pool appended, its slopes, ten steps of descent."""
    n = hamiltonian.n_qubits
    circuit = list(adaptive.start(n).gates)
    pool, out = list(adaptive.pool(n)), []
    while len(out) < max_gates and pool:
        slots = tuple(Slot(len(circuit) + k, k) for k in range(len(pool)))
        everything = Ansatz("all", n, (*circuit, *pool), slots, len(pool))
        _, slopes = GateEnergy(everything, hamiltonian.diagonal).value_and_gradient(
            np.full(len(pool), 1e-3)
        )
        index = int(np.abs(slopes).argmax())
        steepest = abs(slopes[index])
        gate = pool.pop(index)
        one = Ansatz("one", n, (*circuit, gate), (Slot(len(circuit), 0),), 1)
        energy, theta = GateEnergy(one, hamiltonian.diagonal), np.zeros(1)
        for _ in range(10):
            theta = theta - 0.5 * energy.value_and_gradient(theta)[1]
        out.append(
            (Gate(gate.name, gate.qubits, (float(theta[0]),)), steepest, energy.value(theta))
        )
        circuit.append(out[-1][0])
        if steepest < 3e-3:
            break
    return out


@pytest.mark.parametrize("limit", [12, 100])
def test_against_the_recipe_done_literally(limit):
    expected = literally(HOUSE, limit)
    found = adapt_published(HOUSE, settings=PublishedAdaptSettings(max_gates=limit))
    assert [g[:2] for g in found.gates] == [gate[:2] for gate, _, _ in expected]
    assert [g.params[0] for g in found.gates] == pytest.approx(
        [gate.params[0] for gate, _, _ in expected], abs=1e-8
    )
    assert found.slopes == pytest.approx([slope for _, slope, _ in expected], abs=1e-8)
    assert found.energies == pytest.approx([energy for _, _, energy in expected], abs=1e-8)


def test_stops_with_the_first_gate_that_has_no_slope():
    found = adapt_published(HOUSE)
    assert len(found.gates) < 100
    assert found.slopes[-1] < 3e-3 <= min(found.slopes[:-1])


def test_each_gate_of_the_pool_is_used_once():
    found = adapt_published(HOUSE, settings=PublishedAdaptSettings(slope_stop=0.0, max_gates=1000))
    assert len(found.gates) == len(adaptive.pool(5))
    assert {g[:2] for g in found.gates} == {g[:2] for g in adaptive.pool(5)}


def test_only_ry_and_cry_turn():
    assert {g.name for g in adapt_published(HOUSE).gates if g.params[0]} <= {"ry", "cry"}


@pytest.mark.parametrize("limit", [0, 1, 7])
def test_gate_limit(limit):
    assert (
        len(adapt_published(HOUSE, settings=PublishedAdaptSettings(max_gates=limit)).gates) == limit
    )


@pytest.mark.parametrize("limit", [1, 2, 9])
def test_budget(limit):
    budget, trace = Budget(limit), Trace()
    found = adapt_published(HOUSE, budget=budget, trace=trace)
    assert budget.used == len(trace.energies) == limit
    assert len(found.gates) == limit - 1
    assert trace.energies[0] == pytest.approx(HOUSE.diagonal.mean())
    assert tuple(trace.energies[1:]) == found.energies


def test_flat_energy():
    found = adapt_published(IsingHamiltonian(2, {}))
    assert [gate.params for gate in found.gates] == [(0.0,)]
