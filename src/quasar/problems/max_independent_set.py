"""Maximum independent set: the heaviest nodes of which no two are joined by an edge.

Variables: nodes. With node weights w (1 where none are given, any sign):
Σ_{uv∈E} P_uv x_u x_v - Σ_v w_v x_v, where P_uv = 2 min(w_u, w_v), or, where that is not positive,
the smallest |w| above 0. Without weights every P is 2.
Exact: taking the lighter end of a violated edge out costs its weight, min(w_u, w_v), and saves at
least P_uv, which is more; so no ground state has a violated edge, and without one the cost is minus
the weight of the set.
"""

from __future__ import annotations

from typing import Self

import numpy as np

from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, penalties, sampling, values
from quasar.problems.base import Solution
from quasar.problems.bases import WeightedNodeSubset
from quasar.problems.formulation import Formulation
from quasar.problems.native import NativeModel, at_most, linear
from quasar.problems.overlay import SolutionOverlay
from quasar.problems.structure import GraphStructure


class MaxIndependentSet(WeightedNodeSubset):
    """Solution: list of the nodes in the set. Objective: their total weight."""

    problem_type = "max_independent_set"
    title = "Find the largest set of nodes of which no two are joined by an edge"
    sense = "max"
    qubits = "one per node"
    answer = "list of the nodes in the set"
    goal = "their total weight"
    counts = GraphStructure(node_number="weight")

    def formulation(self) -> Formulation:
        weights = self._weights
        why = "at each edge twice the lighter of its two nodes, which would be left out"
        constraint, own = penalties.not_both(self.graph.edges, weights, why)
        return Formulation(Polynomial.linear(weights) * -1, [constraint], own)

    def native(self) -> NativeModel:
        rows = [at_most(edge, 1) for edge in self.graph.edges]
        return NativeModel(graphs.nodes(self.graph), linear(self._weights, -1), rows)

    def is_feasible(self, solution: Solution) -> bool:
        nodes = graphs.nodes(self.graph)
        chosen = set(values.recognised(solution, nodes))
        return values.is_subset(solution, nodes) and not any(
            u in chosen and v in chosen for u, v in self.graph.edges
        )

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        joined = self._edges_with(solution, 2)
        return self._chosen_overlay(solution, "Independent set", wrong_edges=joined)

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 2)
        return cls(sampling.random_graph(rng, 2, min(16, max_qubits)))
