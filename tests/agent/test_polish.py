"""Polishing: never worse, out of the traps that wrong bit strings are, gates untouched."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.agent.polish import polish
from quasar.circuits.circuit import GATES, Circuit, Gate
from quasar.circuits.emit import emit
from quasar.circuits.qaoa import qaoa
from quasar.circuits.qasm import parse
from quasar.circuits.sim19 import sim
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.trace import Budget
from quasar.problems.graphs import graph_data
from quasar.problems.load import load_problem
from quasar.recipes.converged.basis_states import basis_state_angles, basis_state_maps
from quasar.recipes.converged.subcube import Subcube
from quasar.simulate.engine import FloatVector, get_engine, probabilities
from quasar.verifier.api import verify
from support.cases import cases
from support.random_circuits import random_circuit


def distribution(circuit: Circuit) -> FloatVector:
    return probabilities(get_engine().state(circuit))


def wrong_answer(template: int, hamiltonian: IsingHamiltonian, index: int) -> Circuit:
    """The template with the angles that write basis state `index`."""
    ansatz = sim(template, hamiltonian.n_qubits, 1)
    state_map = basis_state_maps(ansatz)[0]
    return ansatz.bind(basis_state_angles(ansatz, state_map, Subcube(state_map.preimage(index), 0)))


def cubic_graph(seed: int) -> IsingHamiltonian:
    graph = nx.random_regular_graph(3, 8, seed=seed)
    data = {"problem_type": "vertex_cover", "graph": graph_data(graph)}
    return load_problem(data).hamiltonian


@given(seed=st.integers(0, 2**32 - 1), n_qubits=st.integers(1, 5), evaluations=st.integers(1, 60))
@settings(max_examples=cases(60), deadline=None)
def test_the_text_never_has_a_higher_energy_than_what_was_given(
    seed: int, n_qubits: int, evaluations: int
) -> None:
    rng = np.random.default_rng(seed)
    circuit = random_circuit(rng, n_qubits, 12, tuple(GATES))
    terms = {(q,): float(rng.normal()) for q in range(n_qubits)}
    terms |= {(q, q + 1): float(rng.normal()) for q in range(n_qubits - 1)}
    hamiltonian = IsingHamiltonian(n_qubits, terms)
    done = polish(circuit, hamiltonian, rng, budget=Budget(evaluations), decimals=1)
    assert len(done.trace.energies) <= evaluations
    before = float(distribution(circuit) @ hamiltonian.diagonal)
    if done.qasm is None:
        assert done.note
        return
    read = parse(done.qasm).circuit
    assert read is not None
    after = float(distribution(read) @ hamiltonian.diagonal)
    assert after < before
    assert after == pytest.approx(done.energy, abs=1e-6)
    assert [(g.name, g.qubits) for g in read.gates] == [(g.name, g.qubits) for g in circuit.gates]


@pytest.mark.parametrize("template", [10, 15])
def test_a_wrong_bit_string_is_left_for_the_optimum(template: int) -> None:
    solved = 0
    for seed in range(5):
        hamiltonian = cubic_graph(seed)
        worst = int(hamiltonian.diagonal.argmax())
        circuit = wrong_answer(template, hamiltonian, worst)
        rng = np.random.default_rng(seed)
        done = polish(circuit, hamiltonian, rng, budget=Budget(700))
        assert done.qasm is not None
        solved += done.energy <= hamiltonian.spectrum.e_min + 1e-3 * (
            hamiltonian.spectrum.e_max - hamiltonian.spectrum.e_min
        )
    assert solved == 5


def test_an_optimal_circuit_is_left_alone() -> None:
    hamiltonian = cubic_graph(0)
    circuit = wrong_answer(10, hamiltonian, int(hamiltonian.spectrum.ground_states[0]))
    done = polish(circuit, hamiltonian, np.random.default_rng(0))
    assert done.qasm is None
    assert "lowest possible" in done.note
    assert not done.trace.energies


def test_qaoa_from_poor_angles_gains() -> None:
    hamiltonian = cubic_graph(1)
    ansatz = qaoa(hamiltonian, 2)
    given = ansatz.bind(np.full(ansatz.n_parameters, 0.05))
    before = float(distribution(given) @ hamiltonian.diagonal)
    done = polish(given, hamiltonian, np.random.default_rng(0), budget=Budget(200))
    assert done.energy < before - 0.5
    assert done.energy_before == pytest.approx(before)


def test_what_cannot_be_polished_says_so() -> None:
    hamiltonian = cubic_graph(0)
    rng = np.random.default_rng(0)
    bare = Circuit(8, tuple(Gate("h", (q,)) for q in range(8)))
    assert "no angles" in polish(bare, hamiltonian, rng).note
    assert "dynamic" in polish(None, hamiltonian, rng).note


def test_fixed_angles_of_other_gates_keep_every_digit() -> None:
    hamiltonian = IsingHamiltonian(1, {(0,): 1.0})
    fixed = 0.123456789012345
    circuit = Circuit(1, (Gate("U", (0,), (fixed, 0.0, 0.0)), Gate("ry", (0,), (0.3,))))
    done = polish(circuit, hamiltonian, np.random.default_rng(0))
    assert done.qasm is not None
    assert repr(fixed) in done.qasm
    problem = load_problem({"hamiltonian": "1.0 * Z(0)"})
    assert verify(done.qasm, problem).approximation_ratio == pytest.approx(1.0, abs=1e-6)


def test_equal_seeds_give_equal_text() -> None:
    hamiltonian = cubic_graph(2)
    circuit = wrong_answer(15, hamiltonian, 5)
    texts = [polish(circuit, hamiltonian, np.random.default_rng(3)).qasm for _ in range(2)]
    assert texts[0] == texts[1] is not None
    assert emit(circuit) != texts[0]
