"""Minimum edge cover: the lightest edges that touch every node.

Variables: edges, as sorted pairs. With edge weights w (1 where none are given, any sign), `exact`
is the higher-order polynomial Σ_v P_v Π_{e∋v} (1-x_e) + Σ_e w_e x_e, where P_v = 2 min_{e∋v} w_e,
or, where that is not positive, the smallest |w| above 0. Covering a bare node by its lightest edge
costs that weight and saves at least P_v, which is more; so no ground state leaves a node bare, and
without one the cost is the weight of the cover.
`agent-q` knows no weights: 2 Σ_v Π_{e∋v} (1-x_e) + Σ_e x_e, which is `exact` for weights of 1.
"""

from __future__ import annotations

from typing import Self

import numpy as np

from quasar.core.exact import Exact
from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, penalties, sampling
from quasar.problems.base import Solution
from quasar.problems.bases import EdgeSubset
from quasar.problems.formulation import Constraint, Formulation, Penalties
from quasar.problems.native import NativeModel, at_least, linear
from quasar.problems.overlay import LegendEntry, SolutionOverlay, counted, edge_numbers
from quasar.problems.structure import GraphStructure


class EdgeCover(EdgeSubset):
    """Solution: list of the edges in the cover. Objective: their total weight."""

    problem_type = "edge_cover"
    title = "Find the smallest set of edges that touches every node"
    sense = "min"
    qubits = "one per edge"
    answer = "list of the edges in the cover, each [node, node]"
    goal = "their total weight"
    encodings = ("exact", "agent-q")
    counts = GraphStructure(("weight", 1.0), ones=False)

    def formulation(self) -> Formulation:
        """Cost, constraints and penalties.

        Raises:
            ProblemError: a node of too many edges.
        """
        weights = self._weights
        least = penalties.unit(weights.values())
        bare, terms = Polynomial(), Polynomial()
        sizes: list[Exact] = [1]
        for v in self.graph.nodes:
            at_node = graphs.edges_at(self.graph, v)
            lightest = min((weights[edge] for edge in at_node), default=1)
            sizes.append(penalties.outweighing(lightest, least))
            uncovered = penalties.none_of(at_node, f"node {v!r}")
            bare.accumulate(uncovered)
            terms.accumulate(uncovered, sizes[-1])
        why = "at each node twice its lightest edge, which would cover it"
        return Formulation(
            Polynomial.linear(weights), [Constraint(bare)], Penalties(terms, max(sizes), why)
        )

    def native(self) -> NativeModel:
        rows = [at_least(graphs.edges_at(self.graph, v), 1) for v in self.graph.nodes]
        return NativeModel(list(self._weights), linear(self._weights), rows)

    def published(self) -> Polynomial:
        """The cost of the `agent-q` encoding.

        Raises:
            ProblemError: the instance is weighted, or as `formulation`.
        """
        graphs.refuse_weights(self._weights.values(), "edges", self.problem_type)
        return self.formulation().polynomial()

    def is_feasible(self, solution: Solution) -> bool:
        chosen = graphs.edges_from_json(solution)
        covered = {node for edge in chosen for node in edge}
        return covered == set(self.graph.nodes) and all(self.graph.has_edge(*e) for e in chosen)

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        chosen = set(graphs.rows_from_json(solution))
        covered = {node for edge in chosen for node in edge}
        return SolutionOverlay(
            self.graph,
            f"Edge cover of {counted(len(chosen), 'edge')}{self._weight_text(solution)}",
            edge_labels=edge_numbers(self.graph, "weight"),
            groups=dict.fromkeys(covered, 0),
            strong=chosen,
            wrong_nodes=set(self.graph.nodes) - covered,
            legend=[LegendEntry("covered", 0), LegendEntry("in the cover")],
        )

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 2)
        n = sampling.size(rng, 3, min(8, max_qubits + 1))
        return cls(sampling.random_graph(rng, n, n, max_edges=min(13, max_qubits)))
