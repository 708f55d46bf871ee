"""Minimum edge cover: the fewest edges that touch every node.

Variables: edges, as sorted pairs. Both encodings are the same higher-order polynomial,
2 Σ_v Π_{e∋v} (1-x_e) + Σ_e x_e; it is exact, since a bare node costs 2 and covering it costs 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import networkx as nx
import numpy as np

from quasar.core.labels import Label, to_json
from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, sampling
from quasar.problems.base import Assignment, Encoding, Problem, Solution, selected
from quasar.problems.formulation import Constraint, Formulation, Penalties
from quasar.problems.penalties import none_of


class EdgeCover(Problem):
    """Solution: list of the edges in the cover. Objective: how many."""

    problem_type = "edge_cover"
    title = "Find the smallest set of edges that touches every node"
    sense = "min"
    encodings = ("exact", "agent-q")

    def __init__(self, graph: nx.Graph) -> None:
        self.graph = graph

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        return cls(graphs.read_graph(data))

    def to_data(self) -> dict[str, Any]:
        return {"problem_type": self.problem_type, "graph": graphs.graph_data(self.graph)}

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        return graphs.edges(self.graph)

    def formulation(self) -> Formulation:
        """Cost, constraints and penalties.

        Raises:
            ProblemError: a node of too many edges.
        """
        cost = Polynomial.linear(dict.fromkeys(graphs.edges(self.graph), 1))
        bare = Polynomial.total(
            none_of(graphs.edges_at(self.graph, v), f"node {v!r}") for v in self.graph.nodes
        )
        why = "a bare node costs 2, and covering it costs 1"
        return Formulation(cost, [Constraint(bare)], Penalties(bare * 2, 2, why))

    def published(self) -> Polynomial:
        return self.formulation().polynomial()

    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        return [to_json(edge) for edge in selected(assignment, graphs.edges(self.graph))]

    def is_feasible(self, solution: Solution) -> bool:
        chosen = graphs.edges_from_json(solution)
        covered = {node for edge in chosen for node in edge}
        return covered == set(self.graph.nodes) and all(self.graph.has_edge(*e) for e in chosen)

    def objective(self, solution: Solution) -> float:
        return float(len(solution))

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 2)
        n = sampling.size(rng, 3, min(8, max_qubits + 1))
        return cls(sampling.random_graph(rng, n, n, max_edges=min(13, max_qubits)))
