"""Feedback vertex set: the lightest nodes without which the graph has no cycle.

Variables: nodes; as many qubits as nodes. The graph is undirected or directed. With node weights w
(1 where none are given, any sign): Σ_C P_C Π_{v∈C} (1-x_v) + Σ_v w_v x_v over the cycles C without
chord, where P_C = 2 min_{v∈C} w_v, or, where that is not positive, the smallest |w| above 0. Every
cycle holds one without chord among its nodes, so leaving out a node of each leaves none. Lucas,
Frontiers in Physics 2, 5 (2014), section 8.3, orders the nodes instead, with n² qubits and more;
here the cycles are listed, at most `MAX_CYCLES` of at most `penalties.MAX_FACTORS` nodes.
Exact: taking the lightest node of an open cycle in costs its weight and saves at least P_C, which
is more; so no ground state leaves one open, and without one the cost is the weight of the set.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any, Self

import networkx as nx
import numpy as np

from quasar.core.errors import ProblemError
from quasar.core.exact import Exact
from quasar.core.labels import Label
from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, penalties, sampling, values
from quasar.problems.base import Solution
from quasar.problems.bases import WeightedNodeSubset
from quasar.problems.formulation import Formulation
from quasar.problems.native import LinearRow, NativeModel, at_least, at_most, linear
from quasar.problems.overlay import SolutionOverlay
from quasar.problems.structure import GraphStructure

MAX_CYCLES = 2_000
"""Most cycles without chord that are listed; 24 nodes seldom have more than some hundreds."""


class FeedbackVertexSet(WeightedNodeSubset):
    """Solution: list of the nodes in the set. Objective: their total weight."""

    problem_type = "feedback_vertex_set"
    title = "Find the smallest set of nodes without which the graph has no cycle"
    sense = "min"
    qubits = "one per node"
    answer = "list of the nodes in the set"
    goal = "their total weight"
    counts = GraphStructure(node_number="weight")

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        return cls(graphs.read_graph(data, directed=graphs.is_directed(data)))

    def formulation(self) -> Formulation:
        """Cost, constraints and penalties.

        Raises:
            ProblemError: too many cycles, or too long ones.
        """
        cycles = list(islice(nx.chordless_cycles(self.graph), MAX_CYCLES + 1))
        if len(cycles) > MAX_CYCLES:
            raise ProblemError(
                f"the graph has more than {MAX_CYCLES:,} cycles without chord: use a smaller or "
                "sparser one, or split it."
            )
        groups = [(f"the cycle of {len(cycle)} nodes", cycle) for cycle in cycles]
        why = "at each cycle without chord twice its lightest node, which would break it"
        constraint, own = penalties.one_of_each(groups, self._weights, why)
        return Formulation(Polynomial.linear(self._weights), [constraint], own)

    def native(self) -> NativeModel:
        """The nodes left have an order along their arcs; undirected, each edge is given a direction
        so that no node left has two edges into it, which makes a forest.

        A loop puts its node into the set.
        """
        nodes = graphs.nodes(self.graph)
        n = len(nodes)
        place: dict[Label, tuple[int, int]] = {("\0place", v): (0, n - 1) for v in nodes}
        rows = [at_least([v], 1) for v in nodes if self.graph.has_edge(v, v)]
        edges = [(u, v) for u, v in self.graph.edges if u != v]
        directed = self.graph.is_directed()
        arcs: list[Label] = []
        for u, v in edges:
            for tail, head in ((u, v),) if directed else ((u, v), (v, u)):
                later: dict[Label, Exact] = {("\0place", head): 1, ("\0place", tail): -1}
                if directed:  # place_v >= place_u + 1 unless one of the two is in the set
                    rows.append(LinearRow({**later, u: n, v: n}, low=1))
                else:
                    arcs.append(("\0arc", tail, head))
                    rows.append(LinearRow({**later, arcs[-1]: -n}, low=1 - n))
            if not directed:
                rows.append(at_least([u, v, ("\0arc", u, v), ("\0arc", v, u)], 1))
        if not directed:
            rows += [at_most([("\0arc", u, v) for u in self.graph[v] if u != v], 1) for v in nodes]
            rows += [at_least(cycle, 1) for cycle in nx.cycle_basis(self.graph)]
        else:
            pairs = (edge for edge in edges if self.graph.has_edge(*edge[::-1]))
            rows += [at_least(pair, 1) for pair in pairs]
        return NativeModel([*nodes, *arcs], linear(self._weights), rows, place)

    def is_feasible(self, solution: Solution) -> bool:
        return values.is_subset(solution, graphs.nodes(self.graph)) and not self._cycle(solution)

    def _cycle(self, solution: Solution) -> list[tuple[Label, Label]]:
        """A cycle that the solution leaves, empty without one."""
        left = self.graph.copy()
        left.remove_nodes_from(values.recognised(solution, graphs.nodes(self.graph)))
        try:
            return [(u, v) for u, v, *_ in nx.find_cycle(left)]
        except nx.NetworkXNoCycle:
            return []

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        return self._chosen_overlay(
            solution,
            "Feedback vertex set",
            wrong_edges=set(self._cycle(solution)),
            arrows=set(self.graph.edges) if self.graph.is_directed() else set(),
        )

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 3)
        n = sampling.integer(rng, 3, min(12, max_qubits))
        if rng.random() < 0.5:
            pairs = sampling.random_connected_edges(rng, range(n), sampling.integer(rng, 1, n))
            return cls(sampling.weigh_nodes(rng, sampling.graph_from(n, pairs)))
        graph = nx.DiGraph()
        graph.add_nodes_from(range(n))
        arcs = [(u, v) for u in range(n) for v in range(n) if u != v]
        graph.add_edges_from(sampling.subset(rng, arcs, sampling.integer(rng, n, 3 * n)))
        return cls(sampling.weigh_nodes(rng, graph))
