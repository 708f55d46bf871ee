"""The heaviest clique, against every choice of nodes."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import combinations
from typing import Any

import networkx as nx

from problems.brute_force import best, ground_solutions, subsets, total
from quasar.core.seeds import generator
from quasar.problems.base import encode
from quasar.problems.max_clique import MaxClique


def optimal_solutions(problem: Any) -> set[Hashable]:
    graph = problem.graph
    weights = dict(graph.nodes(data="weight", default=1))

    def is_valid(chosen: list[Any]) -> bool:
        return all(graph.has_edge(u, v) for u, v in combinations(chosen, 2))

    def weight(chosen: list[Any]) -> Any:
        return total(weights[v] for v in chosen)

    return best(subsets(sorted(graph)), weight, "max", is_valid)


def test_weights_of_any_sign() -> None:
    for seed in range(50):
        rng = generator(seed, "max_clique")
        graph = MaxClique.sample(rng, 8).graph
        for v in graph:
            graph.nodes[v]["weight"] = int(rng.integers(-3, 7)) / 10
        problem = MaxClique(graph)
        assert encode(problem).n_qubits == len(graph)
        assert ground_solutions(problem) == optimal_solutions(problem)


def test_what_is_not_joined_is_marked() -> None:
    found = MaxClique(nx.path_graph(3)).overlay([0, 1, 2])
    assert found is not None
    assert found.wrong_edges == {(0, 2)}
    assert found.title == "Clique of 3 nodes (infeasible)"
