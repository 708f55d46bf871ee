"""The lightest cut into halves, against every split of the nodes."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import networkx as nx

from problems.brute_force import best, ground_solutions, subsets, total
from quasar.core.seeds import generator
from quasar.problems import sampling
from quasar.problems.base import encode
from quasar.problems.graph_partitioning import GraphPartitioning


def optimal_solutions(problem: Any) -> set[Hashable]:
    """The half of the first node; halves differ by one node at most."""
    graph = problem.graph
    first, *others = sorted(graph)
    halves = [[first, *rest] for rest in subsets(others) if abs(2 * len(rest) + 2 - len(graph)) < 2]

    def cut(half: list[Any]) -> Any:
        edges = graph.edges(data="weight", default=1)
        return total(w for u, v, w in edges if (u in half) != (v in half))

    return best(halves, cut, "min")


def test_weights_of_any_sign() -> None:
    for seed in range(60):
        rng = generator(seed, "halves")
        graph = sampling.random_graph(rng, 2, 8)
        for edge in graph.edges:
            graph.edges[edge]["weight"] = int(rng.integers(-6, 9)) / 10
        problem = GraphPartitioning(graph)
        assert ground_solutions(problem) == optimal_solutions(problem)


def test_one_node_takes_no_qubit() -> None:
    problem = GraphPartitioning(nx.star_graph(4))
    assert encode(problem).n_qubits == 4
    found = problem.overlay([0, 1])
    assert found is not None
    assert found.title == "Halves of 2 and 3 nodes, cut of weight 3"
    assert "infeasible" in problem.overlay([0]).title  # type: ignore[union-attr]
