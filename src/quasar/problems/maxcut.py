"""Weighted maximum cut: two sides so that the edges between them weigh the most.

Variables: nodes. Cost: -Σ_{uv∈E} w_uv (x_u + x_v - 2 x_u x_v), minus the cut's weight; exact, since
every assignment is a cut. Both sides of a partition are ground states.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import Self

import networkx as nx
import numpy as np

from quasar.core.exact import Exact, exact, total
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.labels import Label
from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, sampling, values
from quasar.problems.base import Encoding, Solution
from quasar.problems.bases import EDGE_WEIGHT, NodeSubset
from quasar.problems.formulation import Formulation
from quasar.problems.keys import Reads
from quasar.problems.overlay import LegendEntry, SolutionOverlay, counted, edge_numbers, sides
from quasar.problems.structure import GraphStructure

_TWO_SIDES = (
    "a cut has two sides; problem type 'max_k_cut' with 'k' has more parts, and graph_coloring "
    "with 'number_of_colors' lets no edge join two nodes of one"
)


class MaxCut(NodeSubset):
    """Solution: list of the nodes on one side. Objective: weight of the edges cut.

    Edges carry `weight` (default 1, negative allowed).
    """

    problem_type = "maxcut"
    title = "Find the split of the nodes into two sides that cuts the largest edge weight"
    sense = "max"
    qubits = "one per node"
    answer = "list of the nodes on one side"
    goal = "weight of the edges cut"
    counts = GraphStructure(("weight", 1.0))
    reads = Reads(
        edges=EDGE_WEIGHT,
        hints=dict.fromkeys(("k", "number_of_parts", "number_of_colors"), _TWO_SIDES),
    )
    spelling = "max_cut"

    def __init__(self, graph: nx.Graph) -> None:
        super().__init__(graph)
        self._weights = graphs.edge_numbers(graph, "weight", default=1, order=graph.edges)

    def formulation(self) -> Formulation:
        # Term by term and not by sums of polynomials: dense graphs have millions of edges.
        alone = {node: frozenset((node,)) for node in self.graph}
        cost: dict[frozenset[Label], Exact] = {}
        for (u, v), weight in self._weights.items():
            number = exact(weight)
            cost[alone[u]] = cost.get(alone[u], 0) - number
            cost[alone[v]] = cost.get(alone[v], 0) - number
            cost[frozenset((u, v))] = 2 * number
        return Formulation(Polynomial.of_exact(cost))

    def to_hamiltonian(
        self, encoding: Encoding, variables: Sequence[Label], penalty: Exact | None = None
    ) -> IsingHamiltonian:
        """Σ w (Z_u Z_v - 1) / 2, which is what `formulation` comes to; no detour over it."""
        position = {node: i for i, node in enumerate(variables)}
        often = Counter(self._weights.values())
        halves = {w: exact(Fraction(exact(w)) / 2) for w in often}
        floats = {w: float(half) for w, half in halves.items()}
        terms: dict[tuple[int, ...], float] = {}
        exact_terms: dict[tuple[int, ...], Exact] = {}
        for (u, v), w in self._weights.items():
            if w:
                i, j = position[u], position[v]
                pair = (i, j) if i < j else (j, i)
                terms[pair], exact_terms[pair] = floats[w], halves[w]
        constant = float(-total(halves[w] * count for w, count in often.items()))
        return IsingHamiltonian(len(variables), terms, constant, exact_terms=exact_terms)

    def is_feasible(self, solution: Solution) -> bool:
        return values.is_subset(solution, graphs.nodes(self.graph))

    def objective(self, solution: Solution) -> float:
        side = set(values.recognised(solution, graphs.nodes(self.graph)))
        cut = (w for (u, v), w in self._weights.items() if (u in side) != (v in side))
        return float(total(map(exact, cut)))

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        chosen = set(graphs.from_json_list(solution))
        cut = {(u, v) for u, v in self.graph.edges if (u in chosen) != (v in chosen)}
        labels = edge_numbers(self.graph, "weight")
        title = f"Cut of {len(cut)} of {counted(self.graph.number_of_edges(), 'edge')}"
        if labels:
            title += f", weight {self.objective(solution):g}"
        return SolutionOverlay(
            self.graph,
            title,
            groups=sides(self.graph.nodes, chosen),
            strong=cut,
            edge_labels=labels,
            legend=[LegendEntry("one side", 0), LegendEntry("other side", 1), LegendEntry("cut")],
        )

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 2)
        graph = sampling.random_graph(rng, 2, min(16, max_qubits))
        if rng.random() < 0.75:
            sampling.set_numbers(rng, graph, "weight", sampling.choice(rng, [-3, 1, 1]), 10)
        return cls(graph)
