"""Community detection: split the nodes into at most C communities of greatest modularity.

Variables: (node, community). With edge weights A (default 1, none negative), weighted degrees g,
total weight m and B_uv = A_uv - g_u g_v / 2m, the modularity of a split is
Q = (1/2m) Σ_{u,v} B_uv [same community] (Newman, cond-mat/0308217).
`agent-q`: 10 Σ_v (1 - Σ_c x_vc)² - (1/2m) Σ_{u≠v} Σ_c B_uv x_uc x_vc, then divided by its largest
absolute linear or quadratic coefficient in x.
`exact`: the same sum with a penalty P instead of 10, kept in units of Q. Putting a node without
community into one loses at most Σ_u max(0, -B_uv)/m, taking a node out of one of several at most
Σ_u max(0, B_uv)/m; P outweighs both at every node.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import combinations, product
from typing import Any, Self

import networkx as nx
import numpy as np

from quasar.core.errors import ProblemError
from quasar.core.exact import Exact, exact, total
from quasar.core.labels import Label, to_json
from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, sampling
from quasar.problems.base import Assignment, Encoding, Solution, selected
from quasar.problems.bases import GraphProblem
from quasar.problems.formulation import Constraint, Formulation, Penalties
from quasar.problems.keys import Reads
from quasar.problems.native import NativeModel, Values, exactly
from quasar.problems.overlay import SolutionOverlay, counted, edge_numbers, inside_groups, partition
from quasar.problems.penalties import above, one_in_each
from quasar.problems.structure import GraphStructure
from quasar.problems.words import COUNT, Names, only, stated


class CommunityDetection(GraphProblem):
    """Solution: list of [node, community], communities from 0. Objective: modularity.

    Feasible: every node is in exactly one community; communities may stay empty.
    """

    problem_type = "community_detection"
    title = "Split the nodes into communities of greatest modularity"
    sense = "max"
    qubits = "nodes times communities"
    answer = "list of [node, community], communities from 0"
    goal = "modularity"
    encodings = ("exact", "agent-q")
    counts = GraphStructure(("weight", 1.0), scalars=("number_of_communities",))
    reads = Reads(
        attributes={
            "number_of_communities": "how many communities there may be",
            "communities_size": "a remark on how the graph was made; not used",
        },
        edges={"weight": "weight of the edge, 0 or more; default 1"},
        hints={"community": "communities cannot be fixed beforehand. Remove it"},
        wording={"number_of_communities": "with 2 communities"},
    )

    def __init__(
        self, graph: nx.Graph, number_of_communities: int, communities_size: int | None = None
    ) -> None:
        if number_of_communities < 1:
            raise ProblemError(
                f"'number_of_communities' is {number_of_communities}: allow at least one."
            )
        super().__init__(graph)
        self.number_of_communities = number_of_communities
        self.communities_size = communities_size
        weights = graphs.edge_numbers(graph, "weight", default=1)
        self._weight = {edge: exact(weight) for edge, weight in weights.items()}
        for (u, v), weight in weights.items():
            if weight < 0:
                raise ProblemError(
                    f"edge {u!r} - {v!r} has the weight {weight}: modularity needs weights of "
                    "0 or more."
                )
        self._total = total(self._weight.values())
        if self._total == 0:
            raise ProblemError(
                "modularity is not defined without edges: add at least one edge of positive weight."
            )
        self._degree: dict[Label, Exact] = dict.fromkeys(graph.nodes, 0)
        for edge, strength in self._weight.items():
            for node in edge:
                self._degree[node] += strength

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        attributes = graphs.attributes_of(data)
        size = attributes.get("communities_size")
        if size is not None:
            size = graphs.attribute(attributes, "communities_size", int, 3)
        communities = graphs.attribute(attributes, "number_of_communities", int, 2)
        return cls(graphs.read_graph(data), communities, size)

    def attributes(self) -> dict[str, Any]:
        size = {} if self.communities_size is None else {"communities_size": self.communities_size}
        return {**size, "number_of_communities": self.number_of_communities}

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        return list(product(graphs.nodes(self.graph), range(self.number_of_communities)))

    def formulation(self) -> Formulation:
        gains = self._gains()
        split = Constraint.of_parts(self._not_in_one())
        weight = self._penalty(gains)
        why = "a tenth more than moving one node can gain in modularity"
        alone = total(Fraction(g, 2 * self._total) ** 2 for g in self._degree.values())
        cost = self._joined(gains) * -1 + alone
        own = Penalties(split.polynomial * weight, weight, why)
        return Formulation(cost, [split], own)

    def native(self) -> NativeModel:
        """Whether each node is in each community; of two, whether it is in the second."""
        alone = total(Fraction(g, 2 * self._total) ** 2 for g in self._degree.values())
        gains = self._gains()
        if self.number_of_communities == 2:
            together = Polynomial.constant(alone)
            for (u, v), gain in gains.items():
                same = {frozenset[Label](): 1, frozenset([u]): -1, frozenset([v]): -1}
                together.accumulate(Polynomial({**same, frozenset([u, v]): 2}), -gain)
            return NativeModel(graphs.nodes(self.graph), together, differences=True)
        communities = range(self.number_of_communities)
        rows = [exactly([(v, c) for c in communities], 1) for v in self.graph.nodes]
        return NativeModel(self.variables("exact"), self._joined(gains) * -1 + alone, rows)

    def from_native(self, values: Values) -> Solution:
        if self.number_of_communities == 2:
            return [[to_json(v), values[v]] for v in graphs.nodes(self.graph)]
        return super().from_native(values)

    def published(self) -> Polynomial:
        cost = Polynomial.total(self._not_in_one()) * 10 - self._joined(self._gains())
        largest = max(abs(Fraction(c)) for term, c in cost.coefficients.items() if term)
        return cost * (1 / largest)

    def _not_in_one(self) -> list[Polynomial]:
        communities = range(self.number_of_communities)
        return one_in_each([(v, c) for c in communities] for v in self.graph.nodes)

    def _joined(self, gains: Mapping[tuple[Label, Label], Exact]) -> Polynomial:
        """What the modularity gains by the pairs that share a community."""
        joined = Polynomial()
        for c in range(self.number_of_communities):
            for (u, v), gain in gains.items():
                joined.accumulate(Polynomial({frozenset([(u, c), (v, c)]): gain}))
        return joined

    def _gains(self) -> dict[tuple[Label, Label], Exact]:
        """B_uv / m of every pair u < v: what joining them adds to the modularity."""
        m, g = self._total, self._degree
        return {
            (u, v): (self._weight.get((u, v), 0) - Fraction(g[u] * g[v], 2 * m)) * Fraction(1, m)
            for u, v in combinations(graphs.nodes(self.graph), 2)
        }

    def _penalty(self, gains: Mapping[tuple[Label, Label], Exact]) -> Exact:
        positive: dict[Label, Exact] = dict.fromkeys(self.graph.nodes, 0)
        negative: dict[Label, Exact] = dict.fromkeys(self.graph.nodes, 0)
        for pair, gain in gains.items():
            for node in pair:
                positive[node] += max(0, gain)
                negative[node] += max(0, -gain)
        return above(max(*positive.values(), *negative.values()))

    def least_qubits(self) -> int:
        return len(self.graph) * self.number_of_communities

    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        return [to_json(label) for label in selected(assignment, self.variables(encoding))]

    def is_feasible(self, solution: Solution) -> bool:
        return graphs.is_labelling(solution, self.graph, self.number_of_communities)

    def objective(self, solution: Solution) -> float:
        modularity: Exact = 0
        for same in graphs.classes(solution).values():
            inside = total(w for (u, v), w in self._weight.items() if u in same and v in same)
            degree = total(self._degree.get(v, 0) for v in same)
            modularity += Fraction(inside, self._total) - Fraction(degree, 2 * self._total) ** 2
        return float(modularity)

    def prompt_details(self) -> str:
        count = f"{self.number_of_communities} communities"
        if self.communities_size is None:
            return f"with {count}"
        return f"with {self.communities_size} sized communities and {count}"

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        out = partition(self.graph, solution, "community")
        out.title = (
            f"{counted(len(out.legend), 'community', 'communities')}, "
            f"modularity {self.objective(solution):.3g}"
        )
        out.strong = inside_groups(out)
        out.edge_labels = edge_numbers(self.graph, "weight")
        return out

    @classmethod
    def read_details(cls, words: str, names: Names) -> dict[str, Any]:
        size, count = COUNT + r"[-\s]*sized\s+communities\b", COUNT + r"[-\s]*communities\b"
        return stated(
            communities_size=only(words, size, "community sizes"),
            number_of_communities=only(words, count, "numbers of communities"),
        )

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 6)
        forms = [
            (form, communities, size)
            for communities in (2, 3, 4)
            for size in (2, 3, 4)
            for form in ("blocks", "windmill")
            if communities * _number_of_nodes(form, communities, size) <= max_qubits
        ]
        form, communities, size = sampling.choice(rng, forms)
        n = _number_of_nodes(form, communities, size)
        if form == "windmill":
            groups = [
                [0, *range(1 + c * (size - 1), 1 + (c + 1) * (size - 1))]
                for c in range(communities)
            ]
            pairs = {pair for group in groups for pair in combinations(group, 2)}
        else:
            groups = [list(range(c * size, (c + 1) * size)) for c in range(communities)]
            pairs = sampling.random_blocks(rng, groups)
        graph = sampling.shuffled_graph(rng, n, pairs)
        return cls(sampling.set_numbers(rng, graph, "weight", 1, 1), communities, size)


def _number_of_nodes(form: str, communities: int, size: int) -> int:
    return communities * (size - 1) + 1 if form == "windmill" else communities * size
