"""Problems to begin with, as contents of problem files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import networkx as nx


def _graph(graph: nx.Graph, weights: Iterable[int] | None = None) -> dict[str, Any]:
    marks = list(weights or [])
    edges: list[dict[str, Any]] = [{"source": u, "target": v} for u, v in graph.edges]
    for edge, weight in zip(edges, marks, strict=False):
        edge["weight"] = weight
    return {"nodes": [{"id": node} for node in graph.nodes], "edges": edges}


def _on(name: str, about: str, problem_type: str, graph: nx.Graph, **more: Any) -> dict[str, Any]:
    weights = more.pop("weights", None)
    problem = {"problem_type": problem_type, "graph": _graph(graph, weights)}
    if more:
        problem["problem_specific_attributes"] = more
    return {"name": name, "about": about, "problem": problem}


def _ladder() -> nx.Graph:
    roads = ("Bern Thun", "Bern Basel", "Basel Zurich", "Zurich Bern", "Zurich Chur",
             "Chur Lugano", "Lugano Sion", "Sion Thun", "Sion Geneva", "Geneva Bern")  # fmt: skip
    return nx.Graph(road.split() for road in roads)


EXAMPLES: list[dict[str, Any]] = [
    _on("Square", "Maximum cut of four nodes in a ring", "maxcut", nx.cycle_graph(4)),
    _on("Petersen graph", "Maximum cut of ten nodes", "maxcut", nx.petersen_graph()),
    _on(
        "Florentine families",
        "Maximum cut of the marriages among 15 families of the Renaissance",
        "maxcut",
        nx.florentine_families_graph(),
    ),
    _on("Swiss towns", "The fewest towns that touch every road", "vertex_cover", _ladder()),
    _on(
        "Wheel",
        "The most nodes of which no two are joined",
        "max_independent_set",
        nx.wheel_graph(8),
    ),
    _on(
        "Weighted grid",
        "Maximum cut with weights",
        "maxcut",
        nx.convert_node_labels_to_integers(nx.grid_2d_graph(3, 3)),
        weights=(3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8),
    ),
    {
        "name": "Knapsack",
        "about": "The most value within a capacity",
        "problem": {
            "problem_type": "knapsack",
            "problem_specific_attributes": {
                "items": [
                    {"name": "tent", "weight": 3, "value": 5},
                    {"name": "stove", "weight": 2, "value": 4},
                    {"name": "rope", "weight": 1, "value": 2},
                    {"name": "book", "weight": 2, "value": 1},
                ],
                "capacity": 5,
            },
        },
    },
    {
        "name": "Numbers in two halves",
        "about": "Split numbers so that both sides weigh the same",
        "problem": {
            "problem_type": "number_partitioning",
            "problem_specific_attributes": {"numbers": [4, 5, 6, 7, 8]},
        },
    },
    {
        "name": "Spin glass",
        "about": "A Hamiltonian as it is written",
        "problem": {
            "problem_type": "ising",
            "hamiltonian": "1.0 * (Z(0) @ Z(1)) - 1.0 * (Z(1) @ Z(2)) + 1.0 * (Z(2) @ Z(0)) "
            "+ 0.5 * (Z(3))",
        },
    },
]
