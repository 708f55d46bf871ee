"""Hamiltonian path from a start to an end node that visits every node once.

Variables: (u, j), "inner node u stands at position j", for the nodes other than start s and end t
and j = 1..|V|-2 (s stands at 0, t at |V|-1).
`agent-q`: one-hot squares over inner nodes and positions, and x_{u,j} x_{v,j+1} for j = 1..|V|-2
and all inner u ≠ v that no edge joins. It ignores weights. Not exact: the steps from s and to t are
free, and spare variables (v, |V|-1) appear where a product names them.
`exact`: the lightest path (weights default to 1, so any path if there are none):
A (one-hot squares + steps along no edge, those from s and to t included) + Σ (w - w_min) over the
steps. Every path has |V|-1 steps, so taking off w_min shifts all alike; then steps weigh at least 0
and no path more than the |V|-1 heaviest edges together, which A outweighs (Lucas, arXiv 1302.5843,
section 7).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise, permutations, product
from typing import Any, Self

import networkx as nx
import numpy as np

from quasar.core.errors import ProblemError
from quasar.core.exact import Exact, exact, total
from quasar.core.labels import Label, from_json, to_json
from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, sampling
from quasar.problems.base import Assignment, Encoding, Solution
from quasar.problems.bases import EDGE_WEIGHT, GraphProblem
from quasar.problems.formulation import Constraint, Formulation, Penalties
from quasar.problems.keys import Reads
from quasar.problems.native import NativeModel, Tour, Values, fixed
from quasar.problems.overlay import LegendEntry, SolutionOverlay, counted, walk
from quasar.problems.penalties import above, one_in_each, products
from quasar.problems.structure import GraphStructure
from quasar.problems.words import Names, node_after, stated


class HamiltonianPath(GraphProblem):
    """Solution: list of the nodes from start to end. Objective: total weight of its edges.

    A position that holds no node decodes to null and one that holds several lists them all, so
    such a solution is infeasible.
    """

    problem_type = "hamiltonian_path"
    title = "Find a path from the start to the end node that visits every node once"
    sense = "min"
    qubits = "(n - 2) squared for n nodes"
    answer = "list of the nodes from start to end"
    goal = "total weight of the path's edges"
    encodings = ("exact", "agent-q")
    counts = GraphStructure(("weight", 1.0), marks=("start_node", "end_node"))
    reads = Reads(
        attributes={"start_node": "first node", "end_node": "last node"},
        edges=EDGE_WEIGHT,
        wording=dict.fromkeys(
            ("start_node", "end_node"), "starting from node 0 and ending at node 5"
        ),
    )

    def __init__(self, graph: nx.Graph, start_node: Label, end_node: Label) -> None:
        if start_node == end_node:
            raise ProblemError(
                f"'start_node' and 'end_node' are both {start_node!r}: a path needs two different "
                "ends; for a round trip use the problem type tsp."
            )
        super().__init__(graph)
        self.start_node = start_node
        self.end_node = end_node
        self._inner = [v for v in graphs.nodes(graph) if v not in (start_node, end_node)]
        self._weight: dict[tuple[Label, Label], Exact] = {}
        for (u, v), number in graphs.edge_numbers(graph, "weight", default=1).items():
            weight = exact(number)
            self._weight[u, v] = self._weight[v, u] = weight

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        graph = graphs.read_graph(data)
        return cls(graph, *graphs.node_attributes(data, ("start_node", "end_node"), graph))

    def attributes(self) -> dict[str, Any]:
        return {"start_node": to_json(self.start_node), "end_node": to_json(self.end_node)}

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        """(inner node, position), and for `agent-q` the spare ones past the last position."""
        positions = range(1, len(self._inner) + 1)
        labels: list[Label] = list(product(self._inner, positions))
        if encoding == "agent-q":
            spare = {v for _, v in self._missing_steps()}
            labels += [(v, len(self._inner) + 1) for v in self._inner if v in spare]
        return labels

    def _missing_steps(self) -> list[tuple[Label, Label]]:
        """Ordered pairs of inner nodes that no edge joins."""
        return [step for step in permutations(self._inner, 2) if step not in self._weight]

    def least_qubits(self) -> int:
        return len(self._inner) ** 2

    def _broken(self, positions_left: Sequence[int]) -> list[Polynomial]:
        """One-hot squares, and last the steps along no edge from the positions given."""
        positions = range(1, len(self._inner) + 1)
        rows = [[(u, j) for j in positions] for u in self._inner]
        columns = [[(u, j) for u in self._inner] for j in positions]
        steps = product(self._missing_steps(), positions_left)
        missing = products(((u, j), (v, j + 1)) for (u, v), j in steps)
        return [*one_in_each([*rows, *columns]), missing]

    def published(self) -> Polynomial:
        return Polynomial.total(self._broken(range(1, len(self._inner) + 1)))

    def formulation(self) -> Formulation:
        s, t, last = self.start_node, self.end_node, len(self._inner)
        *ones, missing = self._broken(range(1, last))
        usable = {step: w for step, w in self._weight.items() if set(step) != {s, t}}
        lightest = min(usable.values(), default=0)
        excess = {step: weight - lightest for step, weight in usable.items()}
        steps = Polynomial()
        for u in self._inner:
            for end, j in ((s, 1), (t, last)):
                at_end = Polynomial.variable((u, j))
                if (end, u) in excess:
                    steps.accumulate(at_end, excess[end, u])
                else:
                    missing.accumulate(at_end)
        for (u, v), j in product(permutations(self._inner, 2), range(1, last)):
            if excess.get((u, v)):
                both = Polynomial.variable((u, j)) * Polynomial.variable((v, j + 1))
                steps.accumulate(both, excess[u, v])
        heaviest = sorted(excess.values(), reverse=True)[::2]  # both directions are listed
        penalty = above(sum(heaviest[: last + 1]))
        cost = steps + lightest * (last + 1)
        why = "a tenth more than the heaviest edges of a path together, the lightest taken off each"
        broken = Constraint.of_parts([*ones, missing])
        own = Penalties(broken.polynomial * penalty, penalty, why)
        return Formulation(cost, [broken], own)

    def native(self) -> NativeModel:
        """A tour along arcs that goes from the end node straight back to the start."""
        start, end = self.start_node, self.end_node
        arcs = [(u, v) for u, v in self._weight if u != v and u != end and v != start]
        back: Label = ("back",)
        steps = [*((u, v, (u, v)) for u, v in arcs), (end, start, back)]
        tour = Tour(graphs.nodes(self.graph), steps)
        cost = Polynomial.linear({arc: self._weight[arc] for arc in arcs})
        return NativeModel([*arcs, back], cost, [fixed(back, 1)], tours=[tour])

    def native_size(self) -> int:
        return len(self._weight)

    def from_native(self, values: Values) -> Solution:
        following = {arc[0]: arc[1] for arc in self._weight if values.get(arc)}
        path = [self.start_node]
        while path[-1] in following and len(path) < len(self.graph):
            path.append(following[path[-1]])
        return [to_json(v) for v in path]

    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        path: list[Any] = [to_json(self.start_node)]
        for j in range(1, len(self._inner) + 1):
            here = [to_json(u) for u in self._inner if assignment[u, j]]
            path += here or [None]
        return [*path, to_json(self.end_node)]

    def is_feasible(self, solution: Solution) -> bool:
        path = [from_json(node) for node in solution]
        return (
            len(path) == self.graph.number_of_nodes()
            and set(path) == set(self.graph.nodes)
            and (path[0], path[-1]) == (self.start_node, self.end_node)
            and all(step in self._weight for step in pairwise(path))
        )

    def objective(self, solution: Solution) -> float:
        path = [from_json(node) for node in solution]
        return float(total(self._weight.get(step, 0) for step in pairwise(path)))

    def prompt_details(self) -> str:
        # The published wording ends in a full stop, in the middle of the sentence.
        return f"starting from node {self.start_node} and ending at node {self.end_node}."

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        path = graphs.from_json_list(solution)
        visited = len({node for node in path if node is not None})
        out = walk(self.graph, pairwise(path), f"Path through {counted(visited, 'node')}")
        out.notes = {self.start_node: "start", self.end_node: "end"}
        out.legend = [LegendEntry("on the path", 0), LegendEntry("step")]
        return out

    @classmethod
    def read_details(cls, words: str, names: Names) -> dict[str, Any]:
        starts = [r"start(?:s|ing)?(?:\s+(?:from|at|in|on|with))?", "from"]
        ends = [r"end(?:s|ing)?(?:\s+(?:at|in|on|with))?", r"to(?=\s+node)"]
        return stated(
            start_node=node_after(words, names, starts, "the start"),
            end_node=node_after(words, names, ends, "the end"),
        )

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 4)
        n = sampling.choice(rng, [n for n in (4, 5, 5, 6, 6, 6) if (n - 2) ** 2 <= max_qubits])
        path = [0, *sampling.permutation(rng, range(1, n - 1)), n - 1]
        on_path = {(min(step), max(step)) for step in pairwise(path)}
        others = [(u, v) for v in range(n) for u in range(v) if (u, v) not in on_path]
        others.remove((0, n - 1))
        extra = sampling.subset(rng, others, sampling.integer(rng, 0, len(others)))
        problem = cls(sampling.graph_from(n, on_path | set(extra)), 0, n - 1)
        while len(problem.variables("agent-q")) > max_qubits:
            problem.graph.add_edge(*sampling.choice(rng, problem._missing_steps()))
            problem = cls(problem.graph, 0, n - 1)
        graph = sampling.graph_from(n, set(problem.graph.edges))
        return cls(sampling.favour(rng, graph, on_path, 10, 50), 0, n - 1)
