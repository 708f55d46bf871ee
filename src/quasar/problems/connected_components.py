"""The connected component of a node: everything that can be reached from it.

Variables: the nodes other than the given node s, whose x_s is fixed to 1.
`agent-q`: Σ_{v, deg>0} (d_v x_v - Σ_{u∈N(v)} x_u)² + Σ_v x_v, with degree d_v. Not exact: leaving
a far part out can cost less than taking it.
`exact`: P Σ_{uv∈E} (x_u - x_v)² + Σ_v x_v with P = |V|. A selection that an edge leaves saves at
most the |V|-1 other nodes, which P outweighs; of the others the component of s is the smallest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import networkx as nx
import numpy as np

from quasar.core.labels import Label, to_json
from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, sampling
from quasar.problems.base import Assignment, Encoding, Solution
from quasar.problems.bases import GraphProblem
from quasar.problems.formulation import Constraint, Formulation, Penalties
from quasar.problems.keys import Reads
from quasar.problems.native import LinearRow, NativeModel, fixed
from quasar.problems.overlay import LegendEntry, SolutionOverlay, counted, label_text
from quasar.problems.structure import GraphStructure
from quasar.problems.words import Names, node_after, stated


class ConnectedComponents(GraphProblem):
    """Solution: list of the nodes chosen. Objective: how many.

    Feasible: holds the given node, and no edge leaves the set.
    """

    problem_type = "connected_components"
    title = "Find the connected component that a given node belongs to"
    sense = "min"
    qubits = "one per node other than the given one"
    answer = "list of the nodes of the component"
    goal = "how many they are"
    encodings = ("exact", "agent-q")
    counts = GraphStructure(marks=("node",))
    reads = Reads(
        attributes={"node": "a node of the component"},
        wording={"node": "for node 3"},
    )
    spelling = "connected_component"

    def __init__(self, graph: nx.Graph, node: Label) -> None:
        super().__init__(graph)
        self.node = node

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        graph = graphs.read_graph(data)
        return cls(graph, graphs.node_attribute(graphs.attributes_of(data), "node", graph))

    def attributes(self) -> dict[str, Any]:
        return {"node": to_json(self.node)}

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        return [v for v in graphs.nodes(self.graph) if v != self.node]

    def formulation(self) -> Formulation:
        x = self._chosen()
        leaving = Polynomial.total((x[u] - x[v]).square() for u, v in self.graph.edges)
        weight = self.graph.number_of_nodes()
        why = "the number of nodes: more than leaving out all the other nodes saves"
        penalties = Penalties(leaving * weight, weight, why)
        return Formulation(Polynomial.total(x.values()), [Constraint(leaving)], penalties)

    def native(self) -> NativeModel:
        nodes = graphs.nodes(self.graph)
        rows = [LinearRow({u: 1, v: -1}, 0, 0) for u, v in self.graph.edges if u != v]
        rows.append(fixed(self.node, 1))
        return NativeModel(nodes, Polynomial.linear(dict.fromkeys(nodes, 1)), rows)

    def published(self) -> Polynomial:
        x = self._chosen()
        cost = Polynomial.total(x.values())
        for v, degree in self.graph.degree:
            difference = x[v] * degree
            for u in self.graph[v]:
                difference.accumulate(x[u], -1)
            cost.accumulate(difference.square())
        return cost

    def _chosen(self) -> dict[Label, Polynomial]:
        """Whether each node is chosen; the given one is."""
        x = {v: Polynomial.variable(v) for v in self.graph.nodes}
        x[self.node] = Polynomial.constant(1)
        return x

    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        return [to_json(v) for v in graphs.nodes(self.graph) if v == self.node or assignment[v]]

    def is_feasible(self, solution: Solution) -> bool:
        chosen = set(graphs.from_json_list(solution))
        closed = all((u in chosen) == (v in chosen) for u, v in self.graph.edges)
        return closed and self.node in chosen and chosen <= set(self.graph.nodes)

    def objective(self, solution: Solution) -> float:
        return float(len(solution))

    def prompt_details(self) -> str:
        return f"for node {self.node}"

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        chosen = set(graphs.from_json_list(solution))
        inside = {e for e in self.graph.edges if chosen.issuperset(e)}
        return SolutionOverlay(
            self.graph,
            f"Component of {label_text(self.node)}: {counted(len(chosen), 'node')}",
            groups=dict.fromkeys(chosen, 0),
            strong=inside,
            wrong_edges={e for e in self.graph.edges if not chosen.isdisjoint(e)} - inside,
            notes={self.node: "asked for"},
            legend=[LegendEntry("in the component", 0)],
        )

    @classmethod
    def read_details(cls, words: str, names: Names) -> dict[str, Any]:
        introduction = r"(?:for|of|from|containing)(?=\s+node)"
        return stated(node=node_after(words, names, [introduction], "the node"))

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 3)
        n = sampling.size(rng, 4, min(12, max_qubits + 1))
        first = sampling.integer(rng, 2, n - 2)
        sizes = [first, n - first]
        if sizes[1] >= 4 and rng.random() < 0.4:
            part = sampling.integer(rng, 2, sizes[1] - 2)
            sizes = [first, part, sizes[1] - part]
        return cls(sampling.random_components(rng, sizes), sampling.integer(rng, 0, n - 1))
