"""Maximum independent set: the most nodes of which no two are joined by an edge.

Variables: nodes. Cost: 2 Σ_{uv∈E} x_u x_v - Σ_v x_v. Exact: taking one end of a violated edge out
saves at least 2 and costs 1 (a penalty of 1 would tie).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import networkx as nx
import numpy as np

from quasar.core.labels import Label, to_json
from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, sampling, values
from quasar.problems.base import Assignment, Encoding, Problem, Solution, selected
from quasar.problems.formulation import Constraint, Formulation, Penalties
from quasar.problems.penalties import products


class MaxIndependentSet(Problem):
    """Solution: list of the nodes in the set. Objective: how many."""

    problem_type = "max_independent_set"
    title = "Find the largest set of nodes of which no two are joined by an edge"
    sense = "max"

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
        cost = Polynomial.linear(dict.fromkeys(self.graph.nodes, -1))
        joined = products(self.graph.edges)
        why = "two joined nodes cost 2, and the second of them is worth 1"
        return Formulation(cost, [Constraint(joined)], Penalties(joined * 2, 2, why))

    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        return [to_json(v) for v in selected(assignment, graphs.nodes(self.graph))]

    def is_feasible(self, solution: Solution) -> bool:
        nodes = graphs.nodes(self.graph)
        chosen = set(values.recognised(solution, nodes))
        return values.is_subset(solution, nodes) and not any(
            u in chosen and v in chosen for u, v in self.graph.edges
        )

    def objective(self, solution: Solution) -> float:
        return float(len(values.recognised(solution, graphs.nodes(self.graph))))

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 2)
        return cls(sampling.random_graph(rng, 2, min(16, max_qubits)))
