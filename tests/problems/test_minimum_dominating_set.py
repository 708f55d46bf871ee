"""The lightest dominating set, against every choice of nodes."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import networkx as nx

from problems.brute_force import best, ground_solutions, subsets, total
from quasar.core.seeds import generator
from quasar.problems.base import encode
from quasar.problems.minimum_dominating_set import DominatingSet


def optimal_solutions(problem: Any) -> set[Hashable]:
    graph = problem.graph
    weights = dict(graph.nodes(data="weight", default=1))

    def is_valid(chosen: list[Any]) -> bool:
        return all(v in chosen or any(u in chosen for u in graph[v]) for v in graph)

    def weight(chosen: list[Any]) -> Any:
        return total(weights[v] for v in chosen)

    return best(subsets(sorted(graph)), weight, "min", is_valid)


def test_weights_of_any_sign() -> None:
    for seed in range(50):
        rng = generator(seed, "minimum_dominating_set")
        graph = DominatingSet.sample(rng, 8).graph
        for v in graph:
            graph.nodes[v]["weight"] = int(rng.integers(-3, 7)) / 10
        problem = DominatingSet(graph)
        assert encode(problem).n_qubits == len(graph)
        assert ground_solutions(problem) == optimal_solutions(problem)


def test_what_is_not_dominated_is_marked() -> None:
    found = DominatingSet(nx.path_graph(4)).overlay([0])
    assert found is not None
    assert found.wrong_nodes == {2, 3}
    assert found.strong == {(0, 1)}
    assert ground_solutions(DominatingSet(nx.star_graph(3))) == {(0,)}
