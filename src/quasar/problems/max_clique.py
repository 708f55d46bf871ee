"""Maximum clique: the heaviest nodes that are all joined to each other.

Variables: nodes; as many qubits as nodes. With node weights w (1 where none are given, any sign):
Σ_{uv∉E} P_uv x_u x_v - Σ_v w_v x_v, where P_uv = 2 min(w_u, w_v), or, where that is not positive,
the smallest |w| above 0: the independent set of the complement (Lucas, Frontiers in Physics 2, 5
(2014), sections 2.3 and 4.2). Exact: taking the lighter of two chosen nodes that are not joined out
costs its weight and saves at least P_uv, which is more. A clique of a given size is `kclique`.
"""

from __future__ import annotations

from itertools import combinations
from typing import Self

import networkx as nx
import numpy as np

from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, penalties, sampling, values
from quasar.problems.base import Solution
from quasar.problems.bases import WeightedNodeSubset
from quasar.problems.formulation import Formulation
from quasar.problems.native import NativeModel, at_most, linear
from quasar.problems.overlay import SolutionOverlay
from quasar.problems.structure import GraphStructure


class MaxClique(WeightedNodeSubset):
    """Solution: list of the nodes in the clique. Objective: their total weight."""

    problem_type = "max_clique"
    title = "Find the largest set of nodes that are all joined to each other"
    sense = "max"
    qubits = "one per node"
    answer = "list of the nodes in the clique"
    goal = "their total weight"
    counts = GraphStructure(node_number="weight")

    def formulation(self) -> Formulation:
        apart = list(nx.non_edges(self.graph))
        why = "for each two nodes that are not joined twice the lighter, which would be left out"
        constraint, own = penalties.not_both(apart, self._weights, why)
        return Formulation(Polynomial.linear(self._weights) * -1, [constraint], own)

    def native(self) -> NativeModel:
        rows = [at_most(pair, 1) for pair in nx.non_edges(self.graph)]
        return NativeModel(graphs.nodes(self.graph), linear(self._weights, -1), rows)

    def is_feasible(self, solution: Solution) -> bool:
        nodes = graphs.nodes(self.graph)
        pairs = combinations(values.recognised(solution, nodes), 2)
        return values.is_subset(solution, nodes) and all(self.graph.has_edge(*p) for p in pairs)

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        pairs = set(combinations(graphs.from_json_list(solution), 2))
        present = {pair for pair in pairs if self.graph.has_edge(*pair)}
        return self._chosen_overlay(solution, "Clique", strong=present, wrong_edges=pairs - present)

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 2)
        n = sampling.integer(rng, 2, min(16, max_qubits))
        density = sampling.choice(rng, [0.3, 0.5, 0.7])
        pairs = {pair for pair in combinations(range(n), 2) if rng.random() < density}
        pairs |= {(i, i + 1) for i in range(n - 1) if not pairs}
        return cls(sampling.weigh_nodes(rng, sampling.graph_from(n, pairs)))
