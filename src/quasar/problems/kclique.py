"""Clique of a given size: k nodes that are all joined to each other.

Variables: nodes. Both encodings are the same polynomial, (k+1) (k - Σ_v x_v)² - Σ_{uv∈E} x_u x_v.
It is exact where a k-clique exists: one node more gains at most k edges and costs k+1.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any, Self

import networkx as nx
import numpy as np

from quasar.core.errors import ProblemError
from quasar.core.labels import sorted_pair
from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, sampling
from quasar.problems.base import Solution
from quasar.problems.bases import NodeSubset
from quasar.problems.formulation import Constraint, Formulation, Penalties
from quasar.problems.keys import Reads
from quasar.problems.native import NativeModel, at_most, exactly
from quasar.problems.overlay import LegendEntry, SolutionOverlay, counted
from quasar.problems.penalties import products
from quasar.problems.structure import GraphStructure
from quasar.problems.words import COUNT, Names, only, stated


class KClique(NodeSubset):
    """Solution: list of the nodes chosen. Objective: how many edges join them."""

    problem_type = "kclique"
    title = "Find k nodes that are all joined to each other"
    sense = "max"
    qubits = "one per node"
    answer = "list of the nodes chosen"
    goal = "how many edges join them"
    encodings = ("exact", "agent-q")
    counts = GraphStructure(scalars=("k",))
    reads = Reads(
        attributes={"k": "size of the clique"},
        wording={"k": "with 3 sized clique"},
    )
    spelling = "k_clique"

    def __init__(self, graph: nx.Graph, k: int) -> None:
        if not 1 <= k <= graph.number_of_nodes():
            raise ProblemError(
                f"'k' is {k}: choose a clique size from 1 to the graph's "
                f"{graph.number_of_nodes()} nodes."
            )
        super().__init__(graph)
        self.k = k

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        attributes = graphs.attributes_of(data)
        return cls(graphs.read_graph(data), graphs.attribute(attributes, "k", int, 3))

    def attributes(self) -> dict[str, Any]:
        return {"k": self.k}

    def formulation(self) -> Formulation:
        joined = products(self.graph.edges)
        apart = products(nx.non_edges(self.graph))
        size = Polynomial.linear(dict.fromkeys(self.graph.nodes, -1), self.k).square()
        why = "a node more adds at most k edges, and its penalty is k + 1"
        penalties = Penalties(size * (self.k + 1), self.k + 1, why)
        return Formulation(-joined, [Constraint(size), Constraint(apart)], penalties)

    def native(self) -> NativeModel:
        rows = [at_most(pair, 1) for pair in nx.non_edges(self.graph)]
        rows.append(exactly(self.graph.nodes, self.k))
        cost = Polynomial.constant(-(self.k * (self.k - 1) // 2))
        return NativeModel(graphs.nodes(self.graph), cost, rows)

    def published(self) -> Polynomial:
        return self.formulation().polynomial()

    def is_feasible(self, solution: Solution) -> bool:
        chosen = set(graphs.from_json_list(solution))
        return len(chosen) == len(solution) == self.k and (
            self.objective(solution) == self.k * (self.k - 1) / 2
            and all(v in self.graph for v in chosen)
        )

    def objective(self, solution: Solution) -> float:
        chosen = graphs.from_json_list(solution)
        return float(sum(self.graph.has_edge(u, v) for u, v in combinations(chosen, 2)))

    def prompt_details(self) -> str:
        return f"with {self.k} sized clique"

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        chosen = graphs.from_json_list(solution)
        pairs = {sorted_pair(u, v) for u, v in combinations(chosen, 2)}
        present = {pair for pair in pairs if self.graph.has_edge(*pair)}
        return SolutionOverlay(
            self.graph,
            f"Clique of {counted(len(chosen), 'node')}, {self.k} asked for",
            groups=dict.fromkeys(chosen, 0),
            strong=present,
            wrong_edges=pairs - present,
            legend=[LegendEntry("in the clique", 0)],
        )

    @classmethod
    def read_details(cls, words: str, names: Names) -> dict[str, Any]:
        pattern = (
            rf"{COUNT}[-\s]*sized\s+clique|cliques?\s+of\s+size\s+(\d{{1,9}})\b"
            rf"|\bk\s*=\s*(\d{{1,9}})\b|{COUNT}[-\s]cliques?\b"
        )
        return stated(k=only(words, pattern, "sizes of the clique"))

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 4)
        k = sampling.integer(rng, 3, min(5, max_qubits - 1))
        n = sampling.integer(rng, k + 1, min(k + 3, max_qubits))
        pairs = set(combinations(range(k), 2))
        for node in range(k, n):
            neighbours = sampling.subset(rng, range(node), sampling.integer(rng, 1, 2))
            pairs.update((other, node) for other in neighbours)
        return cls(sampling.shuffled_graph(rng, n, pairs), k)
