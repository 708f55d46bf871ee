"""Minimum vertex cover: the lightest nodes that touch every edge.

Variables: nodes. With node weights w (1 where none are given, any sign), `exact` is
Σ_{uv∈E} P_uv (1-x_u)(1-x_v) + Σ_v w_v x_v, where P_uv = 2 min(w_u, w_v), or, where that is not
positive, the smallest |w| above 0. Taking in the lighter end of an open edge costs its weight,
min(w_u, w_v), and saves at least P_uv, which is more; so no ground state leaves an edge open, and
without one the cost is the weight of the cover.
`agent-q` knows no weights: 2 Σ_{uv∈E} (1-x_u)(1-x_v) + Σ_v x_v, which is `exact` for weights of 1.
"""

from __future__ import annotations

from typing import Self

import numpy as np

from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, penalties, sampling
from quasar.problems.base import Solution
from quasar.problems.bases import WeightedNodeSubset
from quasar.problems.formulation import Constraint, Formulation, Penalties
from quasar.problems.native import NativeModel, at_least, linear
from quasar.problems.overlay import SolutionOverlay
from quasar.problems.structure import GraphStructure


class VertexCover(WeightedNodeSubset):
    """Solution: list of the nodes in the cover. Objective: their total weight."""

    problem_type = "vertex_cover"
    title = "Find the smallest set of nodes that touches every edge"
    sense = "min"
    qubits = "one per node"
    answer = "list of the nodes in the cover"
    goal = "their total weight"
    encodings = ("exact", "agent-q")
    counts = GraphStructure(node_number="weight")

    def formulation(self) -> Formulation:
        weights = self._weights
        bare, terms = Polynomial(), Polynomial()
        sizes = penalties.of_pairs(self.graph.edges, weights)
        for edge, size in sizes.items():
            uncovered = penalties.none_of(edge, "an edge")
            bare.accumulate(uncovered)
            terms.accumulate(uncovered, size)
        why = "at each edge twice the lighter of its two nodes, which would cover it"
        own = Penalties(terms, max(sizes.values(), default=1), why)
        return Formulation(Polynomial.linear(weights), [Constraint(bare)], own)

    def native(self) -> NativeModel:
        rows = [at_least(edge, 1) for edge in self.graph.edges]
        return NativeModel(graphs.nodes(self.graph), linear(self._weights), rows)

    def published(self) -> Polynomial:
        """The cost of the `agent-q` encoding.

        Raises:
            ProblemError: the instance is weighted.
        """
        graphs.refuse_weights(self._weights.values(), "nodes", self.problem_type)
        return self.formulation().polynomial()

    def is_feasible(self, solution: Solution) -> bool:
        chosen = set(graphs.from_json_list(solution))
        return all(u in chosen or v in chosen for u, v in self.graph.edges)

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        bare = self._edges_with(solution, 0)
        return self._chosen_overlay(solution, "Vertex cover", wrong_edges=bare)

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 3)
        n = sampling.size(rng, 3, min(12, max_qubits))
        return cls(sampling.random_graph(rng, n, n))
