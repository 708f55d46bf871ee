"""Weights of nodes, edges, hyperedges and clauses, where the benchmark's types have none.

That `exact` is exact is checked for whole weights of any sign against CP-SAT, and for fractions
against enumeration of the statement itself.
"""

from __future__ import annotations

import json
from collections.abc import Hashable
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from problems.solvers import SOLVERS, canonical
from problems.solvers_more import MORE_SOLVERS
from quasar.core.errors import ProblemError
from quasar.core.seeds import generator
from quasar.data.identity import instance_id
from quasar.problems import values
from quasar.problems.base import Problem, encode
from quasar.problems.edge_cover import EdgeCover
from quasar.problems.graphs import Hypergraph
from quasar.problems.hypermaxcut import HyperMaxCut
from quasar.problems.max_3sat import MaxThreeSat
from quasar.problems.max_independent_set import MaxIndependentSet
from quasar.problems.maxcut import MaxCut
from quasar.problems.registry import PROBLEMS, problem_class
from quasar.problems.vertex_cover import VertexCover
from quasar.prompts.published import published_prompt
from quasar.prompts.read_back import read_prompt

WEIGHTED = ("vertex_cover", "max_independent_set", "edge_cover", "hypermaxcut", "max_3sat")
BENCHMARK = ("vertex_cover", "edge_cover", "hypermaxcut")


def with_weights(problem: Problem, rng: np.random.Generator, draw: Any) -> Problem:
    """The same instance with random weights."""
    if isinstance(problem, VertexCover | MaxIndependentSet):
        nx.set_node_attributes(problem.graph, {v: draw(rng) for v in problem.graph}, "weight")
        return type(problem)(problem.graph)
    if isinstance(problem, EdgeCover):
        nx.set_edge_attributes(problem.graph, {e: draw(rng) for e in problem.graph.edges}, "weight")
        return EdgeCover(problem.graph)
    if isinstance(problem, HyperMaxCut):
        graph = problem.graph
        weights = tuple(draw(rng) for _ in graph.hyperedges)
        return HyperMaxCut(Hypergraph(graph.nodes, graph.hyperedges, weights))
    assert isinstance(problem, MaxThreeSat)
    return MaxThreeSat(problem.clauses, [draw(rng) for _ in problem.clauses])


def whole(rng: np.random.Generator) -> int:
    """An integer, negative and zero included, with many ties."""
    return int(rng.integers(-3, 7))


def sampled(problem_type: str, seed: int, draw: Any, limit: int = 10) -> Problem:
    rng = generator(seed, "weighted", problem_type)
    return with_weights(PROBLEMS[problem_type].sample(rng, limit), rng, draw)


def ground_solutions(problem: Problem) -> set[Hashable]:
    encoded = encode(problem)
    states = [encoded.decode(int(i)) for i in encoded.hamiltonian.spectrum.ground_states]
    assert all(state.feasible for state in states)
    return {canonical(state.solution) for state in states}


@pytest.mark.parametrize("problem_type", WEIGHTED)
def test_ground_states_are_the_optima_for_whole_weights_of_any_sign(problem_type: str) -> None:
    solve = {**SOLVERS, **MORE_SOLVERS}[problem_type]
    for seed in range(60):
        problem = sampled(problem_type, seed, whole)
        assert ground_solutions(problem) == solve(problem), problem.to_data()


@pytest.mark.parametrize("problem_type", WEIGHTED)
def test_the_objective_of_every_state_is_its_weight(problem_type: str) -> None:
    """The cost of a feasible state is the objective, up to sign and the total of all weights."""
    for seed in range(10):
        problem = sampled(problem_type, seed, whole, limit=7)
        encoded = encode(problem)
        sign = 1 if problem.sense == "min" else -1
        sums = set()
        for index in range(1 << encoded.n_qubits):
            state = encoded.decode(index)
            if state.feasible:
                energy = encoded.hamiltonian.energy(index)
                sums.add(round(energy - sign * state.objective, 9))
        assert len(sums) == 1


def tenths(rng: np.random.Generator) -> float:
    return float(rng.integers(-5, 12)) / 10


def test_weights_in_tenths_and_of_very_different_size() -> None:
    graph = nx.star_graph(4)
    weights = {0: 1e6, 1: 0.1, 2: 0.2, 3: 0.3, 4: 1e-3}
    nx.set_node_attributes(graph, weights, "weight")
    assert ground_solutions(VertexCover(graph)) == {(1, 2, 3, 4)}
    assert ground_solutions(MaxIndependentSet(graph)) == {(0,)}
    for seed in range(30):
        problem: Any = sampled("max_independent_set", seed, tenths, limit=8)
        exact = {v: Fraction(str(w)) for v, w in problem.graph.nodes(data="weight")}
        sets = [
            set(nodes)
            for size in range(len(exact) + 1)
            for nodes in combinations(sorted(exact), size)
            if not any(problem.graph.has_edge(u, v) for u, v in combinations(nodes, 2))
        ]
        best = max(sum(exact[v] for v in nodes) for nodes in sets)
        expected = {tuple(sorted(s)) for s in sets if sum(exact[v] for v in s) == best}
        assert ground_solutions(problem) == expected


@pytest.mark.parametrize("problem_type", BENCHMARK)
def test_weights_of_one_change_nothing_and_others_have_no_published_encoding(
    problem_type: str,
) -> None:
    rng = generator(3, "ones", problem_type)
    bare = PROBLEMS[problem_type].sample(rng, 8)
    plain = {how: encode(bare, how).hamiltonian.terms for how in bare.encodings}
    ones = with_weights(bare, rng, lambda _: 1)
    assert {how: encode(ones, how).hamiltonian.terms for how in ones.encodings} == plain
    assert ones.prompt_details() == ""
    with pytest.raises(ProblemError, match=r"'agent-q' encoding of .* knows no weights"):
        encode(with_weights(bare, rng, lambda _: 2), "agent-q")


@pytest.mark.parametrize("problem_type", WEIGHTED)
def test_files_carry_the_weights(problem_type: str) -> None:
    for seed in range(10):
        problem = sampled(problem_type, seed, whole)
        data = json.loads(json.dumps(problem.to_data(), allow_nan=False))
        again = problem_class(problem_type).from_data(data)
        assert again == problem
        assert again.to_data() == data
        assert encode(again).hamiltonian == encode(problem).hamiltonian


@pytest.mark.parametrize("problem_type", ["vertex_cover", "max_independent_set", "edge_cover"])
def test_prompts_carry_the_weights(problem_type: str) -> None:
    problem = encode(sampled(problem_type, 1, whole))
    text = published_prompt(problem)
    assert "weight given the graph" in text
    assert read_prompt(text)[0].hamiltonian == problem.hamiltonian


def test_a_prompt_carries_the_weights_of_hyperedges() -> None:
    problem = encode(sampled("hypermaxcut", 1, whole))
    assert read_prompt(published_prompt(problem))[0].hamiltonian == problem.hamiltonian


@pytest.mark.parametrize("problem_type", WEIGHTED)
def test_weights_make_another_instance(problem_type: str) -> None:
    bare = PROBLEMS[problem_type].sample(generator(5, problem_type), 8)
    ids = {instance_id(bare)}
    ids.add(instance_id(with_weights(bare, generator(0), lambda _: 1)))
    assert len(ids) == 1
    ids.add(instance_id(with_weights(bare, generator(0), lambda _: 2)))
    assert len(ids) == 2


def clauses(given: Any, **more: Any) -> MaxThreeSat:
    attributes = {"clauses": given, **more}
    return MaxThreeSat.from_data({"problem_specific_attributes": attributes})


def test_both_forms_of_clause_weights_are_one_problem() -> None:
    inside = clauses([{"literals": [-1], "weight": 5}, {"literals": [1, 2], "weight": 1}])
    beside = clauses([[-1], [1, 2]], weights=[5, 1])
    assert inside == beside
    assert ground_solutions(inside) == {(("1", False), ("2", True))}
    assert "(not 1) of weight 5" in inside.prompt_details()


@pytest.mark.parametrize(
    ("given", "more", "words"),
    [
        ([{"literals": [1], "weight": 2}, [2]], {}, "clause 2 has no weight, but others do"),
        ([{"literals": [1], "weight": 2}], {"weights": [2]}, "keep one of the two"),
        ([[1], [2]], {"weights": [2]}, "2 clauses but 1 weights"),
        ([[1], [2]], {"weights": [2, "3"]}, "weight of clause 2 must be a number"),
        ([[1], [2]], {"weights": [2, True]}, "weight of clause 2 must be a number"),
        ([[1], [2]], {"weights": [2, float("nan")]}, "weight of clause 2 must be a finite"),
        ([[1]], {"weights": {"1": 2}}, "must be a list"),
        ([{"weight": 2}], {}, "a clause must be a list"),
    ],
)
def test_bad_clause_weights(given: Any, more: dict[str, Any], words: str) -> None:
    with pytest.raises(ProblemError, match=words):
        clauses(given, **more)


def test_a_weight_on_some_only_is_refused_by_name() -> None:
    graph = nx.path_graph(["Ada", "Bob", "Cy"])
    graph.nodes["Ada"]["weight"] = 2
    with pytest.raises(ProblemError, match="node 'Bob' has no 'weight', but others"):
        VertexCover(graph)
    graph = nx.path_graph(["Ada", "Bob", "Cy"])
    graph.edges["Ada", "Bob"]["weight"] = 2
    for problem_type in ("maxcut", "tsp", "matching", "edge_cover"):
        with pytest.raises(ProblemError, match="edge 'Bob' - 'Cy' has no 'weight', but others"):
            PROBLEMS[problem_type](graph)  # type: ignore[call-arg]
    raw = {"nodes": [0, 1, 2], "hyperedges": [[0, 1], {"nodes": [1, 2], "weight": 2}]}
    with pytest.raises(ProblemError, match=r"hyperedge \[0, 1\] has no 'weight', but others"):
        HyperMaxCut.from_data({"graph": raw})


@pytest.mark.parametrize("bad", ["3", True, float("nan"), float("inf"), 1e301, 10**400, [1], 1j])
def test_what_is_no_weight(bad: Any) -> None:
    graph = nx.path_graph(2)
    graph.edges[0, 1]["weight"] = bad
    with pytest.raises(ProblemError, match="'weight' of edge 0 - 1 must be a finite number, not"):
        PROBLEMS["maxcut"](graph)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (3, 3),
        (2**80, 2**80),
        (0.1, 0.1),
        (np.int64(7), 7),
        (np.float64(0.25), 0.25),
        (np.float32(0.5), 0.5),
        (Fraction(1, 10), 0.1),
        (Fraction(6, 2), 3),
        (Decimal("0.30"), 0.3),
        (Decimal("1e3"), 1000),
        (Decimal("12345678901234567890"), 12345678901234567890),
    ],
)
def test_numbers_stay_as_they_are_given(given: Any, kept: Any) -> None:
    found = values.real(given)
    assert found == kept
    assert type(found) is type(kept)
    graph = nx.path_graph(2)
    graph.edges[0, 1]["weight"] = given
    problem = PROBLEMS["maxcut"](graph)  # type: ignore[call-arg]
    edge = json.loads(json.dumps(problem.to_data()))["graph"]["edges"][0]
    assert edge["weight"] == kept


def test_a_fraction_that_no_decimal_states_stays_one() -> None:
    assert values.real(Fraction(1, 3)) == Fraction(1, 3)
    assert values.real(Decimal("0.1234567890123456789")) == Fraction("0.1234567890123456789")
    assert values.to_json_number(Fraction(1, 3)) == 1 / 3
    assert values.real(Decimal("nan")) is not None  # a number that is refused for not being finite
    assert values.real("3") is values.real(True) is values.real(None) is values.real(1j) is None
    graph = nx.path_graph(3)
    nx.set_node_attributes(graph, Fraction(1, 3), "weight")
    for cls in (VertexCover, MaxIndependentSet):
        assert len(ground_solutions(cls(graph))) == 1


def test_fractions_and_decimals_are_numbers_in_every_type() -> None:
    third, half = Fraction(1, 3), Decimal("0.5")
    attributes: dict[str, Any] = {
        "knapsack": {"items": [{"weight": Decimal(2), "value": third}], "capacity": np.int8(3)},
        "number_partitioning": {"numbers": [third, 2 * third, Decimal(1)]},
        "portfolio": {
            "expected_returns": [third, half],
            "covariance": [[third, 0], [0, np.float32(1)]],
            "risk_aversion": half,
            "budget": 1,
        },
        "max_3sat": {"clauses": [[1], [-1]], "weights": [third, half]},
    }
    problems = [
        problem_class(name).from_data({"problem_specific_attributes": given})
        for name, given in attributes.items()
    ]
    terms = {"a": third, "a*b": half}
    problems.append(problem_class("qubo").from_data({"qubo": terms}))
    for problem in problems:
        data = json.loads(json.dumps(problem.to_data(), allow_nan=False))
        assert problem_class(problem.problem_type).from_data(data) == problem
        assert encode(problem).n_qubits


@given(st.integers(0, 2**32 - 1))
def test_a_cut_s_hamiltonian_is_that_of_its_formulation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = nx.gnp_random_graph(int(rng.integers(2, 9)), 0.6, seed=seed)
    for u, v in graph.edges:
        graph.edges[u, v]["weight"] = rng.choice([1, -2, 0.1, 0, 0.35]).item()
    problem = MaxCut(graph)
    order = problem.variables("exact")
    quick = problem.to_hamiltonian("exact", order)
    general = problem.polynomial("exact").to_ising(order)
    assert list(quick.terms.items()) == list(general.terms.items())
    assert quick.exact_terms == general.exact_terms
    assert quick.constant == general.constant
