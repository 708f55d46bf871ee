"""What all problem types have: ranks, equality, sizes, penalties, decoding."""

from __future__ import annotations

import pickle

import networkx as nx
import pytest

from quasar.core.errors import ProblemError
from quasar.problems import base
from quasar.problems.base import encode
from quasar.problems.knapsack import Item, Knapsack
from quasar.problems.max_independent_set import MaxIndependentSet
from quasar.problems.maxcut import MaxCut
from quasar.problems.vertex_cover import VertexCover

PATH = nx.path_graph(3)


def test_a_smaller_rank_is_better_whatever_the_sense() -> None:
    assert VertexCover(PATH).rank([1]) == (1.0,) < VertexCover(PATH).rank([0, 1])
    assert MaxIndependentSet(PATH).rank([0, 2]) == (-2.0,) < MaxIndependentSet(PATH).rank([1])


def test_problems_are_equal_where_type_and_content_are() -> None:
    assert MaxCut(PATH) == MaxCut(nx.path_graph(3))
    assert MaxCut(PATH) != MaxCut(nx.path_graph(4))
    assert MaxCut(PATH) != VertexCover(PATH)
    assert VertexCover(PATH) != VertexCover(PATH).to_data()

    class Other(VertexCover):
        pass

    assert VertexCover(PATH) != Other(PATH)
    with pytest.raises(TypeError, match="unhashable"):
        hash(MaxCut(PATH))


def test_an_unknown_encoding_is_refused_by_those_there_are() -> None:
    with pytest.raises(ProblemError, match="no 'agent-q' encoding; use --encoding exact"):
        encode(MaxCut(PATH), "agent-q")
    with pytest.raises(NotImplementedError, match="maxcut"):
        MaxCut(PATH).published()


def test_too_many_variables_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "MAX_VARIABLES", 3)
    assert encode(MaxCut(PATH)).n_qubits == 3
    with pytest.raises(ProblemError, match="4 qubits; at most 3"):
        encode(MaxCut(nx.path_graph(4)))


def test_the_penalty_weight_is_the_callers_choice_where_there_is_one() -> None:
    knapsack = Knapsack([Item("a", 2, 3), Item("b", 2, 1)], 2)
    plain, heavy = encode(knapsack), encode(knapsack, penalty=50)
    assert plain.penalty is None
    assert heavy.penalty == 50
    assert plain.hamiltonian != heavy.hamiltonian
    for wrong in (0, -1):
        with pytest.raises(ProblemError, match="must be above 0"):
            encode(knapsack, penalty=wrong)
    with pytest.raises(ProblemError, match="no penalty weight to choose"):
        encode(MaxCut(PATH), penalty=2)
    with pytest.raises(ProblemError, match="no penalty weight to choose"):
        encode(VertexCover(PATH), "agent-q", penalty=2)


def test_an_encoded_problem_travels_without_its_vectors() -> None:
    encoded = encode(VertexCover(PATH))
    assert encoded.optimality is encoded.optimality
    again = pickle.loads(pickle.dumps(encoded))
    assert "optimality" not in again.__dict__
    assert again.hamiltonian == encoded.hamiltonian
    assert again.problem == encoded.problem
    assert encoded.with_reference("x").reference == "x"


def test_what_a_basis_state_stands_for() -> None:
    encoded = encode(VertexCover(PATH))
    middle = encoded.decode(0b101)  # a variable that is 1 is a qubit in |0>
    assert middle == base.Decoded(solution=[1], feasible=True, objective=1.0)
    assert encoded.decode(0b110) == base.Decoded(solution=[0], feasible=False, objective=1.0)
