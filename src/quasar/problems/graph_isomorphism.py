"""Graph isomorphism: match the nodes of two graphs so that edges fall on edges.

Variables: (i, u) for node i of the first graph and u of the second. Both encodings hold the one-hot
squares of all rows and columns, and unit costs x_iu x_jv for pairs that do not fit:
`agent-q`: Σ_{ij∉E₁} Σ_{uv∈E₂} + Σ_{uv∉E₂} Σ_{ij∈E₁}, each edge in the one orientation in which its
graph lists it and non-edges in ascending order. Not exact: the other orientation is missing.
`exact`: the same in both orientations (Lucas, arXiv 1302.5843, section 9). It is 0 for an
isomorphism and at least 1 otherwise, so exact where the graphs are isomorphic.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import Any, Self

import networkx as nx
import numpy as np

from quasar.core.errors import ProblemError
from quasar.core.exact import Exact, FloatVector
from quasar.core.labels import Label, to_json
from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, sampling
from quasar.problems.base import Assignment, Encoding, Solution, selected
from quasar.problems.bases import GraphProblem
from quasar.problems.formulation import Constraint, Formulation, Penalties
from quasar.problems.keys import Reads
from quasar.problems.native import LinearRow, NativeModel, exactly
from quasar.problems.overlay import LegendEntry, SolutionOverlay, counted, label_text
from quasar.problems.penalties import one_in_each, products
from quasar.problems.structure import GraphStructure

_KEY = "autoisomorphic_graph"


class GraphIsomorphism(GraphProblem):
    """Solution: list of [node of the first graph, node of the second].

    Objective: how many pairs of nodes are joined in one graph and not in the other. Feasible: a
    bijection whose objective is 0.
    """

    problem_type = "graph_isomorphism"
    title = "Match the nodes of two graphs so that edges fall on edges"
    sense = "min"
    qubits = "nodes squared"
    answer = "list of [node of the first graph, node of the second]"
    goal = "pairs that are joined in one graph only; 0 where feasible"
    encodings = ("exact", "agent-q")
    counts = GraphStructure(second="autoisomorphic_graph")
    reads = Reads(
        attributes={_KEY: "the second graph, in node-link form"},
        wording={_KEY: "with the second graph being {…}"},
    )

    def __init__(self, graph: nx.Graph, other: nx.Graph) -> None:
        if graph.number_of_nodes() != other.number_of_nodes():
            raise ProblemError(
                f"the graphs have {graph.number_of_nodes()} and {other.number_of_nodes()} nodes: "
                "only graphs of the same size can be isomorphic."
            )
        super().__init__(graph)
        self.other = other

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        attributes = graphs.attributes_of(data)
        other = graphs.read_graph(attributes, key=_KEY, what="second graph")
        return cls(graphs.read_graph(data), other)

    def attributes(self) -> dict[str, Any]:
        return {_KEY: graphs.graph_data(self.other)}

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        return list(product(graphs.nodes(self.graph), graphs.nodes(self.other)))

    def least_qubits(self) -> int:
        return len(self.graph) ** 2

    def formulation(self) -> Formulation:
        misfits = products(((i, u), (j, v)) for (i, j), (u, v) in self._misfits())
        misfits += products(((i, v), (j, u)) for (i, j), (u, v) in self._misfits())
        broken = Constraint.of_parts([*self._not_one_to_one(), misfits])
        why = "nothing but the constraints costs anything"
        return Formulation(Polynomial(), [broken], Penalties(broken.polynomial, 1, why))

    def native(self) -> NativeModel:
        """A mapping X of the nodes with A X = X B, for the two graphs' adjacency A and B."""
        first, second = graphs.nodes(self.graph), graphs.nodes(self.other)
        rows = [exactly([(i, u) for u in second], 1) for i in first]
        rows += [exactly([(i, u) for i in first], 1) for u in second]
        for i, u in product(first, second):
            there: dict[Label, Exact] = {(j, u): 1 for j in self.graph[i]}
            rows.append(LinearRow(there | {(i, v): -1 for v in self.other[u]}, 0, 0))
        return NativeModel(self.variables("exact"), Polynomial(), rows)

    def published(self) -> Polynomial:
        misfits = products(((i, u), (j, v)) for (i, j), (u, v) in self._misfits())
        return Polynomial.total([*self._not_one_to_one(), misfits])

    def objectives(self, costs: FloatVector, variables: Sequence[Label]) -> FloatVector:
        return np.zeros_like(costs)

    def _not_one_to_one(self) -> list[Polynomial]:
        first, second = graphs.nodes(self.graph), graphs.nodes(self.other)
        rows = [[(i, u) for u in second] for i in first]
        columns = [[(i, u) for i in first] for u in second]
        return one_in_each([*rows, *columns])

    def _misfits(self) -> Iterator[tuple[tuple[Label, Label], tuple[Label, Label]]]:
        """Every edge of one graph with every non-edge of the other, as (first, second)."""
        yield from product(_non_edges(self.graph), self.other.edges)
        yield from product(self.graph.edges, _non_edges(self.other))

    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        return [to_json(label) for label in selected(assignment, self.variables(encoding))]

    def is_feasible(self, solution: Solution) -> bool:
        pairs = graphs.rows_from_json(solution)
        return (
            len(pairs) == self.graph.number_of_nodes()
            and {i for i, _ in pairs} == set(self.graph.nodes)
            and {u for _, u in pairs} == set(self.other.nodes)
            and self.objective(solution) == 0
        )

    def objective(self, solution: Solution) -> float:
        return float(
            sum(
                self.graph.has_edge(i, j) != self.other.has_edge(u, v)
                for (i, u), (j, v) in combinations(graphs.rows_from_json(solution), 2)
            )
        )

    def prompt_details(self) -> str:
        return f"with the second graph being {graphs.graph_data(self.other)}"

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        """Both graphs side by side; node i of the first and its image have one colour."""
        pairs = graphs.rows_from_json(solution)
        graph = nx.Graph()
        for side, part in ((0, self.graph), (1, self.other)):
            graph.add_nodes_from((side, node) for node in part.nodes)
            graph.add_edges_from(((side, u), (side, v)) for u, v in part.edges)
        out = SolutionOverlay(graph, f"{counted(len(pairs), 'node')} mapped")
        out.names = {(side, node): label_text(node) for side, node in graph.nodes}
        firsts = [i for i, _ in pairs]
        seconds = [u for _, u in pairs]
        clear = [(i, u) for i, u in pairs if firsts.count(i) == seconds.count(u) == 1]
        for number, (i, u) in enumerate(clear):
            out.groups |= {(0, i): number, (1, u): number}
            out.images[1, u] = (0, i)
        for (i, u), (j, v) in combinations(clear, 2):
            here, there = self.graph.has_edge(i, j), self.other.has_edge(u, v)
            if here and there:
                out.strong |= {((0, i), (0, j)), ((1, u), (1, v))}
            elif here:
                out.wrong_edges.add(((0, i), (0, j)))
            elif there:
                out.wrong_edges.add(((1, u), (1, v)))
        out.wrong_nodes = set(graph.nodes) - set(out.groups)
        out.legend = [LegendEntry("edge kept by the mapping")]
        return out

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 9)
        n = sampling.choice(rng, [n for n in (3, 4, 4, 4, 5) if n * n <= max_qubits])
        pairs = list(combinations(range(n), 2))
        chosen = sampling.subset(rng, pairs, sampling.integer(rng, 1, len(pairs)))
        graph = sampling.graph_from(n, set(chosen))
        names = sampling.permutation(rng, range(n))
        return cls(graph, nx.relabel_nodes(graph, dict(enumerate(names))))


def _non_edges(graph: nx.Graph) -> list[tuple[Label, Label]]:
    return [(u, v) for u, v in combinations(graphs.nodes(graph), 2) if not graph.has_edge(u, v)]
