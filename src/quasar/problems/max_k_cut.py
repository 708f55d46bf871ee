"""Maximum k-cut: k parts so that the edges between different parts weigh the most.

Variables: (v, c) for c = 1..k-1, node v is in part c or a later one; the first node in natural
order is in part 0. This domain wall takes (n - 1)(k - 1) qubits, one-hot n k; k = 2 is the maximum
cut with one node fixed. With y_vc = x_vc - x_v,c+1, where x_v0 = 1 and x_vk = 0:

    Σ_{uv∈E} w_uv Σ_c y_uc y_vc + Σ_v A_v Σ_{c<k-1} x_v,c+1 (1 - x_vc)

Exact, for weights of any sign: where the chain of v is broken at b places, y_v is 1 at b + 1 places
and -1 at b, and the cost is linear in y_v, with coefficients g_c = Σ_u w_uv y_uc. Moving v to its
best part raises the cost by at most b (max g - min g) <= b Σ_u m_u |w_uv|, where m_u is 1 for the
first node and 2 for others, whose y lie between -1 and 1; A_v is above that. Unbroken, the cost is
the total weight less the cut's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import networkx as nx
import numpy as np

from quasar.core.errors import ProblemError
from quasar.core.exact import Exact, FloatVector, exact, total
from quasar.core.labels import Label, to_json
from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, penalties, sampling
from quasar.problems.base import Assignment, Encoding, Solution
from quasar.problems.bases import EDGE_WEIGHT, GraphProblem
from quasar.problems.formulation import Constraint, Formulation, Penalties
from quasar.problems.keys import Reads
from quasar.problems.native import NativeModel, Values, exactly, fixed
from quasar.problems.overlay import SolutionOverlay, edge_numbers, inside_groups, partition
from quasar.problems.structure import GraphStructure
from quasar.problems.words import COUNT, Names, only, stated


class MaxKCut(GraphProblem):
    """Solution: list of [node, part], parts from 0, that of the first node. Objective: weight of
    the edges between different parts. Parts may stay empty.
    """

    problem_type = "max_k_cut"
    title = "Split the nodes into k parts so that the edges between different parts weigh the most"
    sense = "max"
    qubits = "(n - 1)(k - 1) for n nodes"
    answer = "list of [node, part], parts from 0"
    goal = "weight of the edges between different parts"
    counts = GraphStructure(("weight", 1.0), scalars=("k",), ones=False)
    reads = Reads(
        attributes={"k": "how many parts, at least 2"},
        edges=EDGE_WEIGHT,
        wording={"k": "into 3 parts"},
    )

    def __init__(self, graph: nx.Graph, k: int) -> None:
        if k < 2:
            raise ProblemError(f"'k' is {k}: allow at least 2 parts.")
        super().__init__(graph)
        self.k = k
        numbers = graphs.edge_numbers(graph, "weight", default=1)
        self._weights: dict[tuple[Label, Label], Exact] = {e: exact(w) for e, w in numbers.items()}

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        k = graphs.attribute(graphs.attributes_of(data), "k", int, 3)
        return cls(graphs.read_graph(data), k)

    def attributes(self) -> dict[str, Any]:
        return {"k": self.k}

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        return [(v, c) for v in graphs.nodes(self.graph)[1:] for c in range(1, self.k)]

    def least_qubits(self) -> int:
        return (len(self.graph) - 1) * (self.k - 1)

    def formulation(self) -> Formulation:
        first, *others = graphs.nodes(self.graph)
        cost = Polynomial()
        for (u, v), weight in self._weights.items():
            for ours, theirs in zip(self._parts(u, first), self._parts(v, first), strict=True):
                cost.accumulate(ours * theirs, weight)
        if self.k == 2:
            return Formulation(cost)
        broken, terms = Polynomial(), Polynomial()
        sizes: list[Exact] = []
        for v in others:
            moving: Exact = 0
            for edge in graphs.edges_at(self.graph, v):
                size = max(self._weights[edge], -self._weights[edge])
                moving += size if first in edge else 2 * size
            sizes.append(penalties.above(moving))
            for c in range(1, self.k - 1):
                gap = Polynomial({frozenset([(v, c + 1)]): 1, frozenset([(v, c), (v, c + 1)]): -1})
                broken.accumulate(gap)
                terms.accumulate(gap, sizes[-1])
        why = "at each node a tenth more than moving it to its best part can cost for each break"
        return Formulation(cost, [Constraint(broken)], Penalties(terms, max(sizes, default=1), why))

    def native(self) -> NativeModel:
        """Whether each node is in each part; of two parts, whether it is in the second."""
        nodes = graphs.nodes(self.graph)
        every = total(self._weights.values())
        if self.k == 2:
            cost = self.formulation().cost - every
            return NativeModel(self.variables("exact"), cost, differences=True)
        rows = [exactly([(v, c) for c in range(self.k)], 1) for v in nodes]
        rows.append(fixed((nodes[0], 0), 1))
        together: dict[frozenset[Label], Exact] = {
            frozenset([(u, c), (v, c)]): w
            for (u, v), w in self._weights.items()
            for c in range(self.k)
        }
        variables = [(v, c) for v in nodes for c in range(self.k)]
        return NativeModel(variables, Polynomial(together) - every, rows)

    def from_native(self, values: Values) -> Solution:
        if self.k == 2:
            return super().from_native(values)
        nodes = graphs.nodes(self.graph)
        return [[to_json(v), c] for v in nodes for c in range(self.k) if values[v, c]]

    def _parts(self, node: Label, first: Label) -> list[Polynomial]:
        """Whether the node is in each part: x_c - x_{c+1}."""
        if node == first:
            return [Polynomial.constant(int(c == 0)) for c in range(self.k)]
        chain = [Polynomial.variable((node, c)) for c in range(1, self.k)]
        chain = [Polynomial.constant(1), *chain, Polynomial()]
        return [chain[c] - chain[c + 1] for c in range(self.k)]

    def objectives(self, costs: FloatVector, variables: Sequence[Label]) -> FloatVector:
        return float(total(self._weights.values())) - costs

    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        first, *others = graphs.nodes(self.graph)
        rows = [[to_json(first), 0]]
        for v in others:
            chain = [assignment[v, c] for c in range(1, self.k)]
            if chain == sorted(chain, reverse=True):
                rows.append([to_json(v), sum(chain)])
        return rows

    def is_feasible(self, solution: Solution) -> bool:
        return graphs.is_labelling(solution, self.graph, self.k)

    def objective(self, solution: Solution) -> float:
        part = dict(graphs.rows_from_json(solution))
        cut = (w for (u, v), w in self._weights.items() if part.get(u, -1) != part.get(v, -1))
        return float(total(cut))

    def prompt_details(self) -> str:
        weights = graphs.weight_details(self.sense, "edge", self._weights.values())
        return f"into {self.k} parts {weights}".rstrip()

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        out = partition(self.graph, solution, "part")
        out.title = f"Cut of weight {self.objective(solution):g} into {self.k} parts"
        out.strong = set(self.graph.edges) - inside_groups(out)
        out.edge_labels = edge_numbers(self.graph, "weight")
        return out

    @classmethod
    def read_details(cls, words: str, names: Names) -> dict[str, Any]:
        parts = only(words, rf"{COUNT}[-\s]*parts?\b|\bk\s*=\s*(\d{{1,9}})\b", "numbers of parts")
        return stated(k=parts)

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 2)
        k = sampling.choice(rng, [k for k in (2, 3, 3, 3, 4) if 2 * (k - 1) <= max_qubits] or [2])
        graph = sampling.random_graph(rng, 3, min(10, max_qubits // (k - 1) + 1))
        if rng.random() < 0.5:
            sampling.set_numbers(rng, graph, "weight", sampling.choice(rng, [1, -5]), 9)
        return cls(graph, k)
