"""Minimum dominating set: the lightest nodes that every other node is joined to.

Variables: nodes; as many qubits as nodes. With node weights w (1 where none are given, any sign):
Σ_v P_v Π_{u∈N[v]} (1-x_u) + Σ_v w_v x_v, where N[v] is v with its neighbours and P_v = 2 min w over
N[v], or, where that is not positive, the smallest |w| above 0. The product needs no counters.
Exact: taking the lightest node of N[v] in costs its weight and saves at least P_v, which is more;
so no ground state leaves a node undominated, and without one the cost is the weight of the set.
"""

from __future__ import annotations

from typing import Self

import numpy as np

from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, penalties, sampling, values
from quasar.problems.base import Solution
from quasar.problems.bases import WeightedNodeSubset
from quasar.problems.formulation import Formulation
from quasar.problems.native import NativeModel, at_least, linear
from quasar.problems.overlay import LegendEntry, SolutionOverlay
from quasar.problems.structure import GraphStructure


class DominatingSet(WeightedNodeSubset):
    """Solution: list of the nodes in the set. Objective: their total weight."""

    problem_type = "minimum_dominating_set"
    title = "Find the smallest set of nodes that every other node is joined to"
    sense = "min"
    qubits = "one per node"
    answer = "list of the nodes in the set"
    goal = "their total weight"
    counts = GraphStructure(node_number="weight")
    spelling = "(?:min_)?dominating_set"

    def formulation(self) -> Formulation:
        groups = [(f"node {v!r}", [v, *self.graph[v]]) for v in self.graph]
        why = "at each node twice the lightest of it and its neighbours, which would dominate it"
        constraint, own = penalties.one_of_each(groups, self._weights, why)
        return Formulation(Polynomial.linear(self._weights), [constraint], own)

    def native(self) -> NativeModel:
        rows = [at_least([v, *self.graph[v]], 1) for v in self.graph]
        return NativeModel(graphs.nodes(self.graph), linear(self._weights), rows)

    def is_feasible(self, solution: Solution) -> bool:
        fits = values.is_subset(solution, graphs.nodes(self.graph))
        return fits and not self._undominated(solution)

    def _undominated(self, solution: Solution) -> set[object]:
        chosen = set(values.recognised(solution, graphs.nodes(self.graph)))
        return {v for v in self.graph if chosen.isdisjoint([v, *self.graph[v]])}

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        return self._chosen_overlay(
            solution,
            "Dominating set",
            LegendEntry("dominates"),
            strong=self._edges_with(solution, 1),
            wrong_nodes={v for v in self.graph if v in self._undominated(solution)},
        )

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 2)
        graph = sampling.random_graph(rng, 2, min(14, max_qubits))
        return cls(sampling.weigh_nodes(rng, graph))
