"""Quality: most probable states in order, entropy, and what is left out where."""

from __future__ import annotations

import copy
import math
from typing import Any

import networkx as nx
import numpy as np
import pytest

from quasar.circuits.circuit import Circuit, Gate
from quasar.problems.base import EncodedProblem
from quasar.problems.load import load_problem
from quasar.verifier import quality
from quasar.verifier.quality import DecodedState, KnownStates, measure, read_optimum, read_state

STAR = load_problem(nx.star_graph(3), problem_type="vertex_cover")
CIRCUIT = Circuit(4, (Gate("ry", (0,), (0.4,)), Gate("cx", (0, 1), ()), Gate("rz", (2,), (0.3,))))


def test_the_most_probable_states_come_first_and_ties_by_index() -> None:
    p = np.full(16, 0.02)
    p[[3, 9, 12]] = 0.2, 0.3, 0.2
    p /= p.sum()
    found = measure(p, None, CIRCUIT, STAR).top_states
    assert len(found) == 8
    assert [int(state.ket, 2) for state in found[:3]] == [9, 3, 12]
    assert [state.probability for state in found[:3]] == [p[9], p[3], p[12]]
    small = measure(np.array([0.25, 0.75]), None, None, load_problem({"hamiltonian": "Z(0)"}))
    assert [state.bitstring for state in small.top_states] == ["0", "1"]


def test_what_is_measured_of_a_circuit() -> None:
    angle = 0.2  # ry(0.4): amplitudes cos 0.2 and sin 0.2, entangled with qubit 1
    state = np.zeros(16, complex)
    state[0], state[3] = math.cos(angle), math.sin(angle)
    found = measure(abs(state) ** 2, state, CIRCUIT, STAR)
    impurity = 2 * (math.cos(angle) * math.sin(angle)) ** 2  # of each of the two qubits
    assert found.entanglement == pytest.approx(2 * 2 * impurity / 4)
    assert not found.product_state
    assert not found.basis_state
    assert (found.statistics.gates, found.effective.gates) == (3, 2)
    assert found.degrees_of_freedom == 1
    assert found.from_hamiltonian is False
    quick = measure(abs(state) ** 2, state, CIRCUIT, STAR, decode=False, look_closely=False)
    assert quick.top_states == []
    assert (quick.effective, quick.degrees_of_freedom, quick.from_hamiltonian) == (None,) * 3
    dynamic = measure(abs(state) ** 2, None, None, STAR)
    assert (dynamic.statistics, dynamic.effective, dynamic.degrees_of_freedom) == (None,) * 3
    assert (dynamic.entanglement, dynamic.product_state) == (None, None)


def test_states_in_the_users_terms() -> None:
    best, none = read_state(14, STAR, 0.5), read_state(15, STAR)
    assert (best.bitstring, best.ket, best.probability) == ("1000", "1110", 0.5)
    assert (best.optimal, best.feasible, best.solution, best.objective) == (True, True, [0], 1)
    assert (none.optimal, none.feasible, none.probability) == (False, False, None)
    assert best.energy == STAR.hamiltonian.diagonal[14]
    found = read_optimum(STAR, STAR.hamiltonian.spectrum)
    assert (found.status, found.n_ground_states, found.encoding_is_exact) == ("proven", 1, True)
    assert found.example.bitstring == "1000"
    assert found.n_feasible == sum(
        bool(STAR.decode(k).feasible)
        for k in range(16)  # type: ignore[union-attr]
    )
    assert (found.e_min, found.e_max) == (
        STAR.hamiltonian.diagonal.min(),
        STAR.hamiltonian.diagonal.max(),
    )


SOLUTIONS = (
    None, "a", [], ["a", 2], [["a", "b"], []], {"a": 1}, {"a": [1]}, [{"a": 1}], [[[1]]], [1, [1]],
)  # fmt: skip


@pytest.mark.parametrize("solution", SOLUTIONS, ids=repr)
def test_states_that_were_read_before_are_read_the_same_way(solution, monkeypatch) -> None:
    def read(index: int, problem: EncodedProblem, probability: float | None = None):
        kept = {"bitstring": f"{index}", "ket": "", "energy": 0.0, "optimal": False}
        solved = copy.deepcopy(solution)
        return DecodedState.made(**kept, probability=probability, solution=solved)

    for reads in (read_state, read):
        known = KnownStates(STAR)
        monkeypatch.setattr(quality, "read_state", reads)
        for index in (5, 3, 5):
            found, anew = known.read(index, 0.25), reads(index, STAR, 0.25)
            assert found == anew
            assert found.model_dump_json() == anew.model_dump_json()
            assert found.model_fields_set == set(DecodedState.model_fields)
            spoil(found.solution)  # of the caller alone


def spoil(solution: Any) -> None:
    """Empty everything that can be emptied."""
    if isinstance(solution, list | dict):
        for item in solution.values() if isinstance(solution, dict) else solution:
            spoil(item)
        solution.clear()
