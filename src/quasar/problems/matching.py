"""Matching: edges without common nodes; as many as possible, then as light as possible.

Variables: edges, as sorted pairs; weights default to 1.
`agent-q`: (|V|+1) Σ_{v, deg>0} (1 - Σ_{e∋v} x_e)² + Σ_e w_e x_e, exact while weights stay below
|V|+1.
`exact`, for all finite weights: with w' = w - w_min and K = ⌊(nodes with edges) / 2⌋,
Σ_e (w'_e - R) x_e + Σ_{e,f adjacent} A_ef x_e x_f. A matching that is not the largest can be
augmented along a path, which adds at most K edges and so at most K max w' of weight: R outweighs
that. Of two chosen edges that touch, dropping the heavier loses R - max(w'_e, w'_f): A_ef outweighs
that. Taking off w_min shifts all matchings of one size alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, Self

import networkx as nx
import numpy as np

from quasar.core.errors import InputError, ProblemError
from quasar.core.exact import FloatVector
from quasar.core.labels import Label
from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, sampling
from quasar.problems.base import Solution
from quasar.problems.bases import EDGE_WEIGHT, EdgeSubset
from quasar.problems.formulation import Constraint, Formulation, Penalties
from quasar.problems.keys import Reads
from quasar.problems.native import NativeModel, at_most, exactly, impossible, linear
from quasar.problems.overlay import SolutionOverlay
from quasar.problems.penalties import above
from quasar.problems.structure import GraphStructure
from quasar.problems.words import Names, stated

KINDS = ("maximum", "perfect", "near_perfect", "maximum_bipartite", "perfect_bipartite")
"""Perfect ones must cover every node, near-perfect ones all but one; the lightest is best."""
_BARE = {"perfect": 0, "perfect_bipartite": 0, "near_perfect": 1}


class Matching(EdgeSubset):
    """Solution: list of the edges chosen. Objective: their total weight.

    Feasible: no two edges share a node, and the kind's nodes are covered. Solutions rank by number
    of edges (most first), then by weight (lightest first).

    Args:
        kind: one of `KINDS`.
        extra: further attributes that the file carries, kept as they came.
    """

    problem_type = "matching"
    title = "Find the largest set of edges without common nodes, and of those the lightest"
    sense = "min"
    qubits = "one per edge"
    answer = "list of the edges chosen, each [node, node]"
    goal = "their total weight; most edges first"
    encodings = ("exact", "agent-q")
    counts = GraphStructure(("weight", 1.0), scalars=("matching",))
    reads = Reads(
        attributes={
            "matching": f"kind: {', '.join(KINDS)}; default maximum",
            "extra": "anything, kept as it is and not used",
        },
        edges=EDGE_WEIGHT,
    )

    def __init__(self, graph: nx.Graph, kind: str = "maximum", extra: Any = None) -> None:
        if kind not in KINDS:
            raise ProblemError(f"unknown 'matching' {kind!r}: use {', '.join(KINDS)}.")
        if kind.endswith("bipartite") and not nx.is_bipartite(graph):
            raise ProblemError(
                f"the graph is not bipartite: use 'matching': {kind.removesuffix('_bipartite')!r}."
            )
        super().__init__(graph)
        self.kind = kind
        self.extra = extra

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        attributes = graphs.attributes_of(data)
        kind = attributes.get("matching")
        return cls(
            graphs.read_graph(data), "maximum" if kind is None else kind, attributes.get("extra")
        )

    def attributes(self) -> dict[str, Any]:
        extra = {} if self.extra is None else {"extra": self.extra}
        return {"matching": self.kind, **extra}

    def published(self) -> Polynomial:
        cost = Polynomial.linear(self._weights)
        for v in self.graph.nodes:
            if self.graph.degree[v]:
                uncovered = Polynomial.linear(dict.fromkeys(graphs.edges_at(self.graph, v), -1), 1)
                cost.accumulate(uncovered.square(), self.graph.number_of_nodes() + 1)
        return cost

    def formulation(self) -> Formulation:
        lightest = min(self._weights.values(), default=0)
        excess = {edge: weight - lightest for edge, weight in self._weights.items()}
        covered = sum(1 for v in self.graph.nodes if self.graph.degree[v])
        reward = above(covered // 2 * max(excess.values(), default=0))
        cost = Polynomial.linear({edge: e - reward for edge, e in excess.items()})
        touching, penalty = Polynomial(), Polynomial()
        for v in self.graph.nodes:
            for e, f in combinations(graphs.edges_at(self.graph, v), 2):
                both = Polynomial({frozenset((e, f)): 1})
                touching.accumulate(both)
                penalty.accumulate(both, above(reward - max(excess[e], excess[f])))
        why = "a tenth more than dropping one of two edges that touch loses"
        constraints = [Constraint(touching), *self._coverage()]
        return Formulation(cost, constraints, Penalties(penalty, above(reward), why))

    def native(self) -> NativeModel:
        """The lightest of the matchings of the greatest size, which is known beforehand."""
        n = self.graph.number_of_nodes()
        twice = 2 * len(nx.max_weight_matching(self.graph, maxcardinality=True, weight="\0"))
        bare = _BARE.get(self.kind)
        rows = [at_most(graphs.edges_at(self.graph, v), 1) for v in self.graph.nodes]
        if bare is None:
            rows.append(exactly(self._weights, twice // 2))
        elif (n - bare) % 2 or twice < n - bare:
            rows.append(impossible())
        else:
            rows.append(exactly(self._weights, (n - bare) // 2))
        return NativeModel(list(self._weights), linear(self._weights), rows)

    def _coverage(self) -> list[Constraint]:
        """How many nodes may stay bare, for the kinds that say so."""
        if self.kind not in _BARE:
            return []
        bare = Polynomial.linear(dict.fromkeys(self._weights, -2), self.graph.number_of_nodes())
        return [Constraint((bare - _BARE[self.kind]).square())]

    def objectives(self, costs: FloatVector, variables: Sequence[Label]) -> FloatVector:
        return Polynomial.linear(self._weights).values(variables).floats()

    def is_feasible(self, solution: Solution) -> bool:
        chosen = graphs.edges_from_json(solution)
        bare = self.graph.number_of_nodes() - 2 * len(chosen)
        return self._are_disjoint(chosen) and bool(bare == _BARE.get(self.kind, bare))

    def rank(self, solution: Solution) -> tuple[float, ...]:
        return (-float(len(solution)), self.objective(solution))

    def prompt_details(self) -> str:
        kind = "minimal maximum" if self.kind == "maximum" else self.kind
        return f"using {kind} matching to solve the problem"

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        return self._matching_overlay(solution)

    @classmethod
    def read_details(cls, words: str, names: Names) -> dict[str, Any]:
        """The kind; none where the words say only "matching": the file's default then holds."""
        kinds = sorted(KINDS, key=len, reverse=True)
        spelt = "|".join(kind.replace("_", r"[-_\s]+") for kind in kinds)
        found = {
            re.sub(r"[-\s]+", "_", kind.lower())
            for kind in re.findall(rf"\b({spelt})[-\s]+matching\b", words, re.IGNORECASE)
        }
        if len(found) > 1:
            raise InputError(
                f"the prompt names several kinds of matching ({', '.join(sorted(found))}): "
                "keep one."
            )
        stranger = re.search(r"\busing\s+(?:a\s+|the\s+)?(\S+)\s+matching\b", words, re.IGNORECASE)
        if stranger and not found:
            raise InputError(
                f"the prompt asks for {stranger[1]!r} matching; known kinds: {', '.join(KINDS)}."
            )
        return stated(matching=found.pop() if found else None)

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 2)
        kind = sampling.choice(rng, [k for k in KINDS if k != "near_perfect"])
        pairs = sampling.size(rng, 2, min(6, max_qubits))
        unmatched = sampling.integer(rng, 0, 1 if kind == "maximum" else 6)
        if kind.startswith("perfect"):
            unmatched = 0
        n = 2 * pairs + unmatched
        if kind.endswith("bipartite"):
            left, right = range(pairs), range(pairs, n)
            matched = {(u, u + pairs) for u in left}
            possible = [(u, v) for u in left for v in right]
            extra = json.dumps({"left_nodes": list(left), "right_nodes": list(right)})
        else:
            order = sampling.permutation(rng, range(n))
            couples = zip(order[::2], order[1::2], strict=False)
            matched = {(min(two), max(two)) for two in list(couples)[:pairs]}
            possible = list(combinations(range(n), 2))
            extra = json.dumps({"n": n})
        rest = [edge for edge in possible if edge not in matched]
        most = min(5, max_qubits - pairs, len(rest))
        added = sampling.subset(rng, rest, sampling.integer(rng, min(3, most), most))
        graph = sampling.graph_from(n, matched | set(added))
        if kind.endswith("bipartite"):
            nx.set_node_attributes(graph, {v: int(v >= pairs) for v in graph}, "bipartite")
        return cls(sampling.favour(rng, graph, matched, 10, 20), kind, extra)
