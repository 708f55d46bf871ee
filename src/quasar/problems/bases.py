"""What problem types on graphs have in common: reading, writing, variables, decoding.

`GraphProblem` is any problem stated by one graph; `NodeSubset` and `EdgeSubset` choose some of its
nodes or edges, one variable each; `FlowNetwork` has arcs with capacities, a source and a sink.
Costs, constraints and samples are each type's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import networkx as nx

from quasar.core.errors import ProblemError
from quasar.core.exact import Exact, exact, total
from quasar.core.labels import Label, to_json
from quasar.problems import graphs, values
from quasar.problems.base import Assignment, Encoding, Problem, Solution, selected
from quasar.problems.keys import Reads
from quasar.problems.overlay import (
    Edge,
    LegendEntry,
    SolutionOverlay,
    counted,
    edge_numbers,
    node_weights,
)
from quasar.problems.structure import GraphStructure, Structure
from quasar.problems.words import Names, node_after, stated

NODE_WEIGHT = {"weight": "weight of the node, any number; default 1"}
EDGE_WEIGHT = {"weight": "weight of the edge, any number; default 1"}
TERMINALS = dict.fromkeys(("source", "sink"), "from source node 0 to sink node 5")
"""How a prompt states them."""

Arc = tuple[Label, Label]


class GraphProblem(Problem):
    """A problem on one graph, with attributes of its own or without.

    Class attributes:
        counts: what of graph and attributes makes an instance; None: see `Problem._structure`.
    """

    counts: ClassVar[GraphStructure | None] = None

    def __init__(self, graph: nx.Graph) -> None:
        self.graph = graph

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        return cls(graphs.read_graph(data))

    def attributes(self) -> dict[str, Any]:
        """The `problem_specific_attributes` of its file."""
        return {}

    def to_data(self) -> dict[str, Any]:
        data = {"problem_type": self.problem_type, "graph": graphs.graph_data(self.graph)}
        attributes = self.attributes()
        return {**data, "problem_specific_attributes": attributes} if attributes else data

    def names(self) -> Any:
        """Those of nodes and attributes: millions of edges are not written out."""
        if type(self).to_data is not GraphProblem.to_data:
            return super().names()
        return [self.attributes(), graphs.names(self.graph)]

    def _structure(self, found: Structure) -> Mapping[str, Any]:
        if self.counts is None:
            return super()._structure(found)
        attributes = self.attributes()
        found.nodes_and_edges(self.to_data(), "graph", self.counts, attributes)
        if self.counts.second is not None:
            found.nodes_and_edges(attributes, self.counts.second, self.counts, {})
        return {name: attributes.get(name) for name in self.counts.scalars}


class NodeSubset(GraphProblem):
    """Solution: list of the nodes chosen. Variables: the nodes."""

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        return graphs.nodes(self.graph)

    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        return [to_json(v) for v in selected(assignment, graphs.nodes(self.graph))]


class WeightedNodeSubset(NodeSubset):
    """Solution: list of the nodes chosen. Objective: their total weight.

    Nodes carry `weight` (default 1, any number): without it the objective is how many there are.
    """

    reads = Reads(nodes=NODE_WEIGHT)

    def __init__(self, graph: nx.Graph) -> None:
        super().__init__(graph)
        numbers = graphs.node_numbers(graph, "weight", default=1)
        self._weights: dict[Label, Exact] = {v: exact(number) for v, number in numbers.items()}

    def objective(self, solution: Solution) -> float:
        chosen = values.recognised(solution, graphs.nodes(self.graph))
        return float(total(self._weights[v] for v in chosen))

    def prompt_details(self) -> str:
        return graphs.weight_details(self.sense, "node", self._weights.values())

    def _edges_with(self, solution: Solution, ends: int) -> set[tuple[Label, Label]]:
        """The edges of which so many ends are chosen."""
        chosen = set(graphs.from_json_list(solution))
        return {edge for edge in self.graph.edges if len(chosen.intersection(edge)) == ends}

    def _chosen_overlay(
        self, solution: Solution, title: str, *legend: LegendEntry, **marks: Any
    ) -> SolutionOverlay:
        """The chosen nodes in colour.

        Args:
            title: what they make, such as `Vertex cover`.
            legend: further entries.
            marks: further fields of the overlay.
        """
        chosen = set(graphs.from_json_list(solution))
        kind = title.lower().split()[-1]
        return SolutionOverlay(
            self.graph,
            f"{title} of {counted(len(chosen), 'node')}{self._weight_text(solution)}",
            groups=dict.fromkeys(chosen, 0),
            notes=node_weights(self.graph),
            legend=[LegendEntry(f"in the {kind}", 0), *legend],
            **marks,
        )


class EdgeSubset(GraphProblem):
    """Solution: list of the edges chosen. Objective: their total weight. Variables: the edges, as
    sorted pairs.

    Edges carry `weight` (default 1, any number): without it the objective is how many there are.
    """

    reads = Reads(edges=EDGE_WEIGHT)

    def __init__(self, graph: nx.Graph) -> None:
        super().__init__(graph)
        numbers = graphs.edge_numbers(graph, "weight", default=1)
        self._weights: dict[Label, Exact] = {
            edge: exact(number) for edge, number in numbers.items()
        }

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        return list(self._weights)

    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        return [to_json(edge) for edge in selected(assignment, self._weights)]

    def objective(self, solution: Solution) -> float:
        chosen = graphs.edges_from_json(solution)
        return float(total(self._weights.get(edge, 0) for edge in chosen))

    def prompt_details(self) -> str:
        return graphs.weight_details(self.sense, "edge", self._weights.values())

    def _are_disjoint(self, edges: Sequence[Edge]) -> bool:
        """Whether these are edges of the graph without common nodes."""
        ends = [node for edge in edges for node in edge]
        return len(set(ends)) == len(ends) and all(edge in self._weights for edge in edges)

    def _matching_overlay(self, solution: Solution) -> SolutionOverlay:
        """The chosen edges and the nodes that they join."""
        chosen = set(graphs.rows_from_json(solution))
        ends = [node for edge in chosen for node in edge]
        labels = edge_numbers(self.graph, "weight")
        weight = f", weight {self.objective(solution):g}" if labels else ""
        return SolutionOverlay(
            self.graph,
            f"Matching of {counted(len(chosen), 'edge')}{weight}",
            groups=dict.fromkeys(ends, 0),
            strong=chosen,
            wrong_nodes={node for node in ends if ends.count(node) > 1},
            edge_labels=labels,
            legend=[LegendEntry("matched", 0), LegendEntry("in the matching")],
        )


class FlowNetwork(GraphProblem):
    """A directed graph with a source, a sink and a `capacity` of 0 or more on every arc."""

    counts = GraphStructure(("capacity", None), marks=("source", "sink"))

    def __init__(self, graph: nx.DiGraph, source: Label, sink: Label) -> None:
        if source == sink:
            raise ProblemError(
                f"'source' and 'sink' are both {source!r}: name two different nodes."
            )
        super().__init__(graph)
        self.source = source
        self.sink = sink
        self._capacity: dict[Arc, Exact] = {}
        for (u, v), capacity in graphs.edge_numbers(graph, "capacity").items():
            if capacity < 0:
                raise ProblemError(
                    f"arc {u!r} - {v!r} has the capacity {capacity}: capacities must be 0 or more."
                )
            self._capacity[u, v] = exact(capacity)

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        graph = graphs.read_graph(data, directed=True)
        return cls(graph, *graphs.node_attributes(data, ("source", "sink"), graph))

    def attributes(self) -> dict[str, Any]:
        return {"source": to_json(self.source), "sink": to_json(self.sink)}

    def prompt_details(self) -> str:
        return f"from source node {self.source} to sink node {self.sink}"

    @classmethod
    def read_details(cls, words: str, names: Names) -> dict[str, Any]:
        return stated(
            source=node_after(words, names, ["source", r"from(?=\s+node)"], "the source"),
            sink=node_after(words, names, ["sink", "target", r"to(?=\s+node)"], "the sink"),
        )
