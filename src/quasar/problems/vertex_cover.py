"""Minimum vertex cover: the fewest nodes that touch every edge.

Variables: nodes. Both encodings are the same polynomial, 2 Σ_{uv∈E} (1-x_u)(1-x_v) + Σ_v x_v; it
is exact, since covering an open edge costs 1 and leaving it open costs 2.
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


class VertexCover(Problem):
    """Solution: list of the nodes in the cover. Objective: how many."""

    problem_type = "vertex_cover"
    title = "Find the smallest set of nodes that touches every edge"
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
        return graphs.nodes(self.graph)

    def formulation(self) -> Formulation:
        cost = Polynomial.linear(dict.fromkeys(self.graph.nodes, 1))
        bare = Polynomial.total(none_of([u, v], "an edge") for u, v in self.graph.edges)
        why = "an edge left open costs 2, and covering it costs 1"
        return Formulation(cost, [Constraint(bare)], Penalties(bare * 2, 2, why))

    def published(self) -> Polynomial:
        return self.formulation().polynomial()

    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        return [to_json(v) for v in selected(assignment, graphs.nodes(self.graph))]

    def is_feasible(self, solution: Solution) -> bool:
        chosen = set(graphs.from_json_list(solution))
        return all(u in chosen or v in chosen for u, v in self.graph.edges)

    def objective(self, solution: Solution) -> float:
        return float(len(solution))

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 3)
        n = sampling.size(rng, 3, min(12, max_qubits))
        return cls(sampling.random_graph(rng, n, n))
