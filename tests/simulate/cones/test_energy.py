"""Energies by cones and in closed form, against the full state."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.circuits.ansatz import Ansatz, Slot
from quasar.circuits.circuit import Gate
from quasar.circuits.qaoa import qaoa
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.observable import PauliSum
from quasar.simulate.cones import closed_form
from quasar.simulate.cones.energy import ConeEnergy
from quasar.simulate.cones.expectation import ConeExpectations, TooWide
from quasar.simulate.energy import energy_of
from support.random_circuits import random_circuit

TOLERANCE = 1e-10


def instance(n: int, rng: np.random.Generator, *, degree: float = 3.0, orders=()):
    """Random weights on a random graph, with fields, and products of further orders."""
    graph = nx.gnm_random_graph(n, int(degree * n / 2), seed=int(rng.integers(1 << 30)))
    terms = {tuple(sorted(edge)): float(rng.uniform(-1, 1)) for edge in graph.edges}
    terms |= {(i,): float(rng.uniform(-1, 1)) for i in range(n) if rng.random() < 0.8}
    for k in orders:
        for _ in range(3):
            chosen = sorted(map(int, rng.choice(n, k, replace=False)))
            terms[tuple(chosen)] = float(rng.uniform(-1, 1))
    return IsingHamiltonian(n, terms)


def assert_same(ansatz, observable, theta):
    expected, slope = energy_of(ansatz, observable).value_and_gradient(theta)
    energy = ConeEnergy(ansatz, observable)
    value, gradient = energy.value_and_gradient(theta)
    assert value == pytest.approx(expected, abs=TOLERANCE)
    assert energy.value(theta) == pytest.approx(expected, abs=TOLERANCE)
    assert gradient == pytest.approx(slope, abs=10 * TOLERANCE)
    return energy


@pytest.mark.parametrize("mixer", ["rx", "h-rz-h"])
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("n", [5, 9, 12])
def test_qaoa_equals_the_full_state(n, layers, mixer):
    rng = np.random.default_rng(100 * n + layers)
    for _ in range(1 if n * layers > 20 else 3):
        h = instance(n, rng)
        assert_same(qaoa(h, layers, mixer=mixer), h, rng.uniform(-2, 2, 2 * layers))


def test_a_graph_of_18_nodes_in_three_layers():
    rng = np.random.default_rng(18)
    h = instance(18, rng, degree=2.5)
    assert_same(qaoa(h, 3), h, rng.uniform(-1, 1, 6))


@pytest.mark.parametrize("layers", [1, 2])
def test_products_of_three_and_four(layers):
    rng = np.random.default_rng(layers)
    for _ in range(4):
        h = instance(9, rng, degree=2.0, orders=(3, 4))
        energy = assert_same(qaoa(h, layers), h, rng.uniform(-1, 1, 2 * layers))
        assert energy.cones is not None


def test_a_regular_graph_has_few_classes():
    graph = nx.random_regular_graph(3, 300, seed=2)
    h = IsingHamiltonian(300, {tuple(sorted(edge)): 1.0 for edge in graph.edges})
    cones = ConeExpectations(qaoa(h, 2), list(h.pauli_terms()))
    assert cones.n_terms == 450
    assert cones.n_classes < 12
    assert cones.largest_cone == 14
    # Relabelling the nodes changes nothing but the order of the terms.
    order = np.random.default_rng(0).permutation(300)
    moved = h.relabelled(order.tolist())
    theta = [0.4, 0.7, 0.5, 0.3]
    again = ConeExpectations(qaoa(moved, 2), list(moved.pauli_terms()))
    assert again.values(theta) == pytest.approx(cones.values(theta), abs=1e-12)


def test_weights_share_a_plan_but_not_a_value():
    rng = np.random.default_rng(4)
    ring = {(i, (i + 1) % 40) if i < 39 else (0, 39): float(rng.uniform(0, 1)) for i in range(40)}
    h = IsingHamiltonian(40, ring)
    cones = ConeExpectations(qaoa(h, 2), list(h.pauli_terms()))
    assert cones.n_classes == 40
    assert len(set(np.round(cones.values([0.3, 0.5, 0.4, 0.2]), 12))) == 40


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 6), st.integers(0, 30))
def test_any_circuit_and_any_observable(seed, n, n_gates):
    rng = np.random.default_rng(seed)
    circuit = random_circuit(rng, n, n_gates)
    slots = tuple(
        Slot(i, int(rng.integers(3)), float(rng.uniform(-2, 2)))
        for i, gate in enumerate(circuit.gates)
        if gate.name in {"rx", "ry", "rz", "p", "crx", "cry", "crz", "cp"} and rng.random() < 0.7
    )
    ansatz = Ansatz("random", n, circuit.gates, slots, 3)
    terms = {}
    for _ in range(4):
        chosen = sorted(map(int, rng.choice(n, int(rng.integers(1, n + 1)), replace=False)))
        terms[tuple((q, "XYZ"[rng.integers(3)]) for q in chosen)] = float(rng.normal())
    assert_same(ansatz, PauliSum(n, terms), rng.uniform(-3, 3, 3))


def test_ladders_swaps_and_idle_qubits():
    """`cx` gates that do not come back, swaps, and qubits that nothing touches."""
    gates = (
        Gate("h", (0,)), Gate("cx", (0, 1)), Gate("rz", (1,), (0.4,)), Gate("cx", (1, 2)),
        Gate("swap", (0, 2)), Gate("ry", (0,), (0.9,)), Gate("cx", (2, 0)), Gate("t", (0,)),
    )  # fmt: skip
    ansatz = Ansatz("ladder", 5, gates, (Slot(2, 0), Slot(5, 1)), 2)
    for text in ("Z0 + Z0*Z1 - X2*Y1 + 0.5*Z4", "X3", "X0*X1*Z2", "Z3*Z4"):
        assert_same(ansatz, PauliSum.from_text(text, 5), [0.3, -1.1])


def test_a_cone_too_wide_is_refused():
    h = IsingHamiltonian(40, {(i, j): 1.0 for j in range(40) for i in range(j)})
    with pytest.raises(
        TooWide, match=r"cone of Z0\*Z1 has 40 qubits and needs tensors of more than 24"
    ):
        ConeEnergy(qaoa(h, 2), h)


def test_one_layer_of_a_dense_graph_is_in_closed_form():
    rng = np.random.default_rng(5)
    h = IsingHamiltonian(40, {(i, j): float(rng.normal()) for j in range(40) for i in range(j)})
    energy = ConeEnergy(qaoa(h, 1), h)
    assert energy.cones is None
    value, slope = energy.value_and_gradient([0.1, 0.4])
    step = 1e-6
    for k in range(2):
        ahead, behind = np.array([0.1, 0.4]), np.array([0.1, 0.4])
        ahead[k] += step
        behind[k] -= step
        difference = (energy.value(ahead) - energy.value(behind)) / (2 * step)
        assert slope[k] == pytest.approx(difference, rel=1e-6)
    assert value == pytest.approx(energy.value([0.1, 0.4]))


def test_the_closed_form_refuses_what_does_not_fit(monkeypatch):
    h = IsingHamiltonian(3, {(0, 1): 1.0, (1, 2): 1.0})
    monkeypatch.setattr(closed_form, "_MOST_ENTRIES", 3)
    with pytest.raises(InputError, match="2 pairs have 6 neighbours together"):
        ConeEnergy(qaoa(h, 1), h)


def test_an_observable_of_another_size():
    h = IsingHamiltonian(3, {(0, 1): 1.0})
    with pytest.raises(ValueError, match="3 qubits, the observable 2"):
        ConeEnergy(qaoa(h, 1), IsingHamiltonian(2, {(0, 1): 1.0}))
