"""Travelling salesperson: the shortest closed tour through all nodes of a weighted graph.

The graph is undirected, or directed where ways there and back differ.

Variables: (v, j), node v is visited at position j = 1..n-1; the first node in natural order sits at
position 0, so it takes (n - 1)² qubits, 2n - 1 fewer than without. With weights reduced by the
smallest one (every tour has n edges, so that moves all tours alike) and U the length of some tour
in reduced weights:

    A Σ_v (1 - Σ_j x_vj)² + A Σ_j (1 - Σ_v x_vj)² + Σ_j Σ_{u≠v} d_uv x_uj x_v,j+1 + both ends at 0

with A above U/2 and d_uv the reduced weight, or more than U where u and v are not joined. Exact:
the reduced optimum is at most U, whereas a broken one-hot breaks at least two squares (rows and
columns hold the same number of ones) and so costs at least 2A > U, and a missing edge more than U.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations, pairwise, permutations
from typing import Any, Self

import networkx as nx
import numpy as np

from quasar.core.errors import ProblemError
from quasar.core.exact import Exact, exact, total
from quasar.core.labels import Label, natural_key, sorted_pair, to_json
from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, penalties, sampling, values
from quasar.problems.base import Assignment, Encoding, Solution
from quasar.problems.bases import GraphProblem
from quasar.problems.formulation import Constraint, Formulation, Penalties
from quasar.problems.keys import Reads
from quasar.problems.native import NativeModel, Tour, Values
from quasar.problems.overlay import LegendEntry, SolutionOverlay, edge_numbers, walk
from quasar.problems.structure import GraphStructure


class TravelingSalesperson(GraphProblem):
    """Solution: list of all nodes in the order of the tour, from the first node in natural order
    and, in an undirected graph, in the direction whose second node comes before the last.
    Objective: length of the tour.

    A position that does not hold exactly one node is null, which makes the solution infeasible.
    Edges carry `weight` (default 1); node pairs without an edge cannot follow each other.
    """

    problem_type = "tsp"
    title = "Find the shortest closed tour that visits every node once"
    sense = "min"
    qubits = "(n - 1) squared for n nodes"
    answer = "list of the nodes in the order of the tour"
    goal = "length of the tour"
    counts = GraphStructure(("weight", 1.0))
    reads = Reads(
        edges={"weight": "length of the edge, any number; default 1"},
    )
    spelling = "(?:tsp|travell?ing_sales(?:person|man))"

    def __init__(self, graph: nx.Graph) -> None:
        super().__init__(graph)
        self._nodes = graphs.nodes(graph)
        if len(self._nodes) < 3:
            raise ProblemError(
                f"a tour needs at least 3 nodes, not {len(self._nodes)}: add nodes to the graph."
            )
        self._weights: dict[tuple[Label, Label], Exact] = {
            edge: exact(weight)
            for edge, weight in graphs.edge_numbers(graph, "weight", default=1).items()
        }

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        return cls(graphs.read_graph(data, directed=graphs.is_directed(data)))

    def _pair(self, u: Label, v: Label) -> tuple[Label, Label]:
        """The edge from one node to another as `_weights` has it."""
        return (u, v) if self.graph.is_directed() else sorted_pair(u, v)

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        return [(v, j) for v in self._nodes[1:] for j in self._positions()]

    def least_qubits(self) -> int:
        return (len(self._nodes) - 1) ** 2

    def formulation(self) -> Formulation:
        others, positions = self._nodes[1:], self._positions()
        lightest = min(self._weights.values(), default=0)
        reduced = {pair: w - lightest for pair, w in self._weights.items()}
        arcs = {arc: w - lightest for arc, w in self._arcs().items()}
        bound = _some_tour(self._nodes, arcs, directed=self.graph.is_directed())
        one_hot = penalties.above(Fraction(bound) / 2)
        missing = penalties.above(bound)

        rows = [[(v, j) for j in positions] for v in others]
        columns = [[(v, j) for v in others] for j in positions]
        ones = penalties.one_in_each([*rows, *columns])
        cost = Polynomial.constant(len(self._nodes) * lightest)
        absent = Polynomial()
        for pair, leg in self._all_legs():
            if pair in reduced:
                cost.accumulate(leg, reduced[pair])
            else:
                absent.accumulate(leg)
        why = "a tenth more than half the length of some tour, the shortest edge taken off each leg"
        terms = Polynomial.total(ones) * one_hot + absent * missing
        broken = Constraint.of_parts([*ones, absent])
        return Formulation(cost, [broken], Penalties(terms, one_hot, why))

    def native(self) -> NativeModel:
        """A closed tour along arcs; an edge is an arc each way."""
        lengths = self._arcs()
        tour = Tour(self._nodes, [(u, v, (u, v)) for u, v in lengths])
        cost = Polynomial({frozenset([arc]): length for arc, length in lengths.items()})
        return NativeModel(list(lengths), cost, tours=[tour])

    def native_size(self) -> int:
        return len(self._weights)

    def from_native(self, values: Values) -> Solution:
        following = {u: v for u, v in self._arcs() if values[u, v]}
        tour = self._nodes[:1]
        while following.get(tour[-1], tour[0]) not in tour:
            tour.append(following[tour[-1]])
        if not self.graph.is_directed() and natural_key(tour[1]) > natural_key(tour[-1]):
            tour[1:] = tour[:0:-1]
        return [to_json(v) for v in tour]

    def _arcs(self) -> dict[tuple[Label, Label], Exact]:
        """The length of every step between two nodes."""
        lengths = {(u, v): w for (u, v), w in self._weights.items() if u != v}
        if not self.graph.is_directed():
            lengths.update({(v, u): w for (u, v), w in lengths.items()})
        return lengths

    def _all_legs(self) -> Iterator[tuple[tuple[Label, Label], Polynomial]]:
        """Every pair of nodes that may follow each other somewhere, and when they do."""
        first, *others = self._nodes
        for v in others:
            yield self._pair(first, v), Polynomial.variable((v, 1))
            yield self._pair(v, first), Polynomial.variable((v, len(others)))
        for j, following in pairwise(self._positions()):
            for u, v in permutations(others, 2):
                both = frozenset([(u, j), (v, following)])
                yield self._pair(u, v), Polynomial({both: 1})

    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        tour: list[Any] = [self._nodes[0]]
        for j in self._positions():
            visitors = [v for v in self._nodes[1:] if assignment[(v, j)]]
            tour.append(visitors[0] if len(visitors) == 1 else None)
        turns = None not in tour and not self.graph.is_directed()
        if turns and natural_key(tour[1]) > natural_key(tour[-1]):
            tour[1:] = tour[:0:-1]
        return [to_json(v) for v in tour]

    def is_feasible(self, solution: Solution) -> bool:
        return (
            values.is_subset(solution, self._nodes)
            and len(solution) == len(self._nodes)
            and all(leg in self._weights for leg in self._legs(solution))
        )

    def objective(self, solution: Solution) -> float:
        return float(total(self._weights.get(leg, 0) for leg in self._legs(solution)))

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        tour = graphs.from_json_list(solution)
        steps = pairwise([*tour, *tour[:1]])
        title = f"Tour of length {self.objective(solution):g}"
        if None in tour:
            title = "Broken tour"
        out = walk(self.graph, steps, title)
        out.edge_labels = edge_numbers(self.graph, "weight")
        out.legend = [LegendEntry("on the tour", 0), LegendEntry("step")]
        return out

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 4)
        largest = 1 + int(np.sqrt(max_qubits))
        n = sampling.integer(rng, 3, min(5, largest))
        tour = sampling.permutation(rng, range(n))
        legs = set(pairwise([*tour, tour[0]]))
        density = sampling.choice(rng, [1.0, 0.5])
        others = {pair for pair in combinations(range(n), 2) if rng.random() < density}
        graph = sampling.graph_from(n, legs | others)
        return cls(sampling.set_numbers(rng, graph, "weight", 1, 20))

    def _positions(self) -> range:
        return range(1, len(self._nodes))

    def _legs(self, solution: Solution) -> list[tuple[Label, Label]]:
        """The steps of a tour, closing one included, as edges between known nodes."""
        known = values.recognised(solution, self._nodes)
        return [self._pair(u, v) for u, v in pairwise([*known, *known[:1]])]


def _some_tour(
    nodes: Sequence[Label], lengths: Mapping[tuple[Label, Label], Exact], *, directed: bool
) -> Exact:
    """An upper bound on the shortest tour: the best nearest-neighbour tour.

    Where that finds none in an incomplete graph, the longest arc out of every node, or half the sum
    of the two longest edges at every node, which no tour exceeds.

    Args:
        lengths: of the arcs, none negative; an edge is an arc each way.
        directed: whether an arc may be without its way back, or of another length.
    """
    tours: list[Exact] = []
    for start in nodes:
        here, left = start, set(nodes) - {start}
        length_so_far: Exact = 0
        while left:
            steps = [(lengths[here, v], natural_key(v), v) for v in left if (here, v) in lengths]
            if not steps:
                break
            length, _, here = min(steps)
            length_so_far += length
            left.remove(here)
        closing = lengths.get((here, start))
        if not left and closing is not None:
            tours.append(length_so_far + closing)
    if tours:
        return min(tours)
    at_node = {v: sorted(w for (u, _), w in lengths.items() if u == v) for v in nodes}
    if directed:
        return total(total(out[-1:]) for out in at_node.values())
    return Fraction(total(total(incident[-2:]) for incident in at_node.values())) / 2
