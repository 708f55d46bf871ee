"""Graph partitioning: two halves of the nodes with edges between them as light as possible.

Variables: nodes but the first in natural order, x_v = 1 on the side of the first; n - 1 qubits.
The halves are equal, or differ by one node where the number n of nodes is odd. With t nodes on the
first side, and weights of any sign:

    Σ_{uv∈E} w_uv (x_u + x_v - 2 x_u x_v) + A (t - n/2)²                        for even n,
                                          + A/2 (t - (n-1)/2) (t - (n+1)/2)     for odd n

(Lucas, Frontiers in Physics 2, 5 (2014), section 2.2, with one node fixed). Exact: from a side that
is too large, ⌊n/2⌋ nodes or more other than the first may move. One of them joins edges of no more
weight |w| than the ⌊n/2⌋-th most of all nodes, so moving it costs no more than that and saves at
least A, which is above it.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Self

import networkx as nx
import numpy as np

from quasar.core.exact import Exact, exact, total
from quasar.core.labels import Label, to_json
from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, penalties, sampling, values
from quasar.problems.base import Assignment, Encoding, Solution
from quasar.problems.bases import EDGE_WEIGHT, GraphProblem
from quasar.problems.formulation import Constraint, Formulation, Penalties
from quasar.problems.keys import Reads
from quasar.problems.native import LinearRow, NativeModel
from quasar.problems.overlay import LegendEntry, SolutionOverlay, edge_numbers, sides
from quasar.problems.structure import GraphStructure


class GraphPartitioning(GraphProblem):
    """Solution: list of the nodes on the side of the first node. Objective: weight of the edges
    between the sides.
    """

    problem_type = "graph_partitioning"
    title = "Split the nodes into equal halves so that the edges between them weigh the least"
    sense = "min"
    qubits = "one per node, less one"
    answer = "list of the nodes of one half"
    goal = "weight of the edges between the halves"
    counts = GraphStructure(("weight", 1.0), ones=False)
    reads = Reads(edges=EDGE_WEIGHT)
    spelling = "(?:graph_partitioning|graph_bisection)"

    def __init__(self, graph: nx.Graph) -> None:
        super().__init__(graph)
        numbers = graphs.edge_numbers(graph, "weight", default=1)
        self._weights: dict[tuple[Label, Label], Exact] = {e: exact(w) for e, w in numbers.items()}

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        return graphs.nodes(self.graph)[1:]

    def formulation(self) -> Formulation:
        others = graphs.nodes(self.graph)[1:]
        n = len(others) + 1
        size = Polynomial.linear(dict.fromkeys(others, 1), 1)
        uneven = (size - n // 2) * (size - (n + 1) // 2) * Fraction(1, 1 + n % 2)
        sizes = {edge: max(weight, -weight) for edge, weight in self._weights.items()}
        at_node = [graphs.edges_at(self.graph, v) for v in others]
        joining = sorted(total(sizes[edge] for edge in edges) for edges in at_node)
        penalty = penalties.above(joining[-(n // 2)] if joining else 0)
        why = "a tenth more than moving some node of a side that is too large can cost"
        own = Penalties(uneven * penalty, penalty, why)
        return Formulation(self._cut(), [Constraint(uneven)], own)

    def native(self) -> NativeModel:
        others = graphs.nodes(self.graph)[1:]
        n = len(others) + 1
        halves = LinearRow(dict.fromkeys(others, 1), n // 2 - 1, (n + 1) // 2 - 1)
        return NativeModel(others, self._cut(), [halves], differences=True)

    def _cut(self) -> Polynomial:
        """The weight of the edges between the sides."""
        first, *others = graphs.nodes(self.graph)
        side = {first: Polynomial.constant(1), **{v: Polynomial.variable(v) for v in others}}
        cost = Polynomial()
        for (u, v), weight in self._weights.items():
            cost.accumulate(side[u] + side[v] - side[u] * side[v] * 2, weight)
        return cost

    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        first, *others = graphs.nodes(self.graph)
        return [to_json(v) for v in (first, *others) if v == first or assignment[v]]

    def is_feasible(self, solution: Solution) -> bool:
        n = len(self.graph)
        fits = values.is_subset(solution, graphs.nodes(self.graph))
        return fits and abs(2 * len(solution) - n) <= 1

    def objective(self, solution: Solution) -> float:
        chosen = set(values.recognised(solution, graphs.nodes(self.graph)))
        cut = (w for (u, v), w in self._weights.items() if (u in chosen) != (v in chosen))
        return float(total(cut))

    def prompt_details(self) -> str:
        return graphs.weight_details(self.sense, "edge", self._weights.values())

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        chosen = set(graphs.from_json_list(solution))
        return SolutionOverlay(
            self.graph,
            f"Halves of {len(chosen)} and {len(self.graph) - len(chosen)} nodes, "
            f"cut of weight {self.objective(solution):g}",
            groups=sides(self.graph, chosen),
            strong={(u, v) for u, v in self.graph.edges if (u in chosen) != (v in chosen)},
            edge_labels=edge_numbers(self.graph, "weight"),
            legend=[LegendEntry("one half", 0), LegendEntry("other half", 1), LegendEntry("cut")],
        )

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 2)
        graph = sampling.random_graph(rng, 3, min(16, max_qubits + 1))
        if rng.random() < 0.5:
            sampling.set_numbers(rng, graph, "weight", 1, 9)
        return cls(graph)
