"""Maximum-weight matching: the heaviest edges without common nodes, however many.

Variables: edges, as sorted pairs; as many qubits as edges. With edge weights w (1 where none are
given, any sign): Σ_{e,f that touch} P_ef x_e x_f - Σ_e w_e x_e, where P_ef = 2 min(w_e, w_f), or,
where that is not positive, the smallest |w| above 0. Exact: taking the lighter of two chosen edges
that touch out costs its weight and saves at least P_ef, which is more. The largest matchings, and
of those the lightest, are `matching`.
"""

from __future__ import annotations

from itertools import combinations
from typing import Self

import numpy as np

from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, penalties, sampling
from quasar.problems.base import Solution
from quasar.problems.bases import EDGE_WEIGHT, EdgeSubset
from quasar.problems.formulation import Formulation
from quasar.problems.keys import Reads
from quasar.problems.native import NativeModel, at_most, linear
from quasar.problems.overlay import SolutionOverlay
from quasar.problems.structure import GraphStructure


class MaxWeightMatching(EdgeSubset):
    """Solution: list of the edges chosen. Objective: their total weight."""

    problem_type = "max_weight_matching"
    title = "Find the heaviest set of edges without common nodes"
    sense = "max"
    qubits = "one per edge"
    answer = "list of the edges chosen, each [node, node]"
    goal = "their total weight"
    counts = GraphStructure(("weight", 1.0), ones=False)
    reads = Reads(
        edges=EDGE_WEIGHT,
        hints={"matching": "the heaviest is found, of any size; the kinds are those of 'matching'"},
    )

    def formulation(self) -> Formulation:
        touching = [
            pair for v in self.graph for pair in combinations(graphs.edges_at(self.graph, v), 2)
        ]
        why = "for each two edges that touch twice the lighter of them, which would be left out"
        constraint, own = penalties.not_both(touching, self._weights, why)
        return Formulation(Polynomial.linear(self._weights) * -1, [constraint], own)

    def native(self) -> NativeModel:
        rows = [at_most(graphs.edges_at(self.graph, v), 1) for v in self.graph.nodes]
        return NativeModel(list(self._weights), linear(self._weights, -1), rows)

    def is_feasible(self, solution: Solution) -> bool:
        return self._are_disjoint(graphs.edges_from_json(solution))

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        return self._matching_overlay(solution)

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 2)
        graph = sampling.random_graph(rng, 3, min(9, max_qubits + 1), max_edges=min(14, max_qubits))
        return cls(sampling.set_numbers(rng, graph, "weight", 1, 12))
