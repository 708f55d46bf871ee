"""The heaviest matching, against every choice of edges and networkx's blossom algorithm."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import networkx as nx
import pytest

from problems.brute_force import best, ground_solutions, subsets, total
from quasar.core.errors import ProblemError
from quasar.core.seeds import generator
from quasar.problems import sampling
from quasar.problems.base import encode
from quasar.problems.load import load_problem
from quasar.problems.max_weight_matching import MaxWeightMatching


def optimal_solutions(problem: Any) -> set[Hashable]:
    graph = problem.graph
    edges = sorted((min(e), max(e)) for e in graph.edges)

    def is_valid(chosen: list[Any]) -> bool:
        ends = [v for edge in chosen for v in edge]
        return len(ends) == len(set(ends))

    def weight(chosen: Any) -> Any:
        return total(graph.edges[e].get("weight", 1) for e in chosen)

    found = best(subsets(edges), weight, "max", is_valid)
    blossom = nx.max_weight_matching(graph)
    assert all(weight(one) == weight(blossom) for one in found)
    return found


def test_weights_of_any_sign() -> None:
    for seed in range(50):
        rng = generator(seed, "matching")
        graph = sampling.random_graph(rng, 2, 7, max_edges=9)
        for edge in graph.edges:
            graph.edges[edge]["weight"] = int(rng.integers(-3, 8)) / 10
        problem = MaxWeightMatching(graph)
        assert encode(problem).n_qubits == graph.number_of_edges()
        assert ground_solutions(problem) == optimal_solutions(problem)


def test_a_heavy_edge_outweighs_two_light_ones() -> None:
    graph = nx.path_graph(4)
    nx.set_edge_attributes(graph, {(0, 1): 1, (1, 2): 5, (2, 3): 1}, "weight")
    assert ground_solutions(MaxWeightMatching(graph)) == {((1, 2),)}
    data = MaxWeightMatching(graph).to_data()
    with pytest.raises(ProblemError, match="those of 'matching'"):
        load_problem({**data, "problem_specific_attributes": {"matching": "perfect"}})
