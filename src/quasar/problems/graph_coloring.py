"""Graph colouring with a given number of colours: no edge joins two nodes of one colour.

Variables: (node, colour). Both encodings are the same polynomial,
Σ_v (1 - Σ_c x_vc)² + Σ_{uv∈E} Σ_c x_uc x_vc; it is 0 for a proper colouring and positive otherwise,
so exact where the graph can be coloured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import networkx as nx
import numpy as np

from quasar.core.errors import ProblemError
from quasar.core.exact import FloatVector
from quasar.core.labels import Label, to_json
from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, sampling
from quasar.problems.base import Assignment, Encoding, Solution, selected
from quasar.problems.bases import GraphProblem
from quasar.problems.formulation import Constraint, Formulation, Penalties
from quasar.problems.keys import Reads
from quasar.problems.native import NativeModel, at_most, exactly
from quasar.problems.overlay import SolutionOverlay, counted, inside_groups, partition
from quasar.problems.penalties import one_in_each, products
from quasar.problems.structure import GraphStructure
from quasar.problems.words import COUNT, Names, only, stated

_FIXED = "colours cannot be fixed beforehand. Remove it, or state the costs as problem type 'qubo'"


class GraphColoring(GraphProblem):
    """Solution: list of [node, colour], colours from 0. Objective: edges within one colour.

    Feasible: every node has exactly one colour and the objective is 0; colours may stay unused.
    """

    problem_type = "graph_coloring"
    title = "Colour the nodes so that no edge joins two nodes of one colour"
    sense = "min"
    qubits = "nodes times colours"
    answer = "list of [node, colour], colours from 0"
    goal = "edges whose ends have one colour; 0 where feasible"
    encodings = ("exact", "agent-q")
    counts = GraphStructure(scalars=("number_of_colors",))
    reads = Reads(
        attributes={"number_of_colors": "how many colours there are"},
        hints={
            **dict.fromkeys(("color", "colour", "fixed_colors", "precoloring"), _FIXED),
            **dict.fromkeys(("k", "colors", "colours"), "how many there are is 'number_of_colors'"),
        },
        wording={"number_of_colors": "with 3 colors"},
    )
    spelling = "graph_colou?ring"

    def __init__(self, graph: nx.Graph, number_of_colors: int) -> None:
        if number_of_colors < 1:
            raise ProblemError(
                f"'number_of_colors' is {number_of_colors}: allow at least one colour."
            )
        super().__init__(graph)
        self.number_of_colors = number_of_colors

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        colors = graphs.attribute(graphs.attributes_of(data), "number_of_colors", int, 3)
        return cls(graphs.read_graph(data), colors)

    def attributes(self) -> dict[str, Any]:
        return {"number_of_colors": self.number_of_colors}

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        return [(v, c) for v in graphs.nodes(self.graph) for c in range(self.number_of_colors)]

    def least_qubits(self) -> int:
        return len(self.graph) * self.number_of_colors

    def formulation(self) -> Formulation:
        colors = range(self.number_of_colors)
        one_colour = one_in_each([(v, c) for c in colors] for v in self.graph.nodes)
        clashes = products(((u, c), (v, c)) for u, v in self.graph.edges for c in colors)
        broken = Constraint.of_parts([*one_colour, clashes])
        why = "nothing but the constraints costs anything"
        return Formulation(Polynomial(), [broken], Penalties(broken.polynomial, 1, why))

    def native(self) -> NativeModel:
        colors = range(self.number_of_colors)
        rows = [exactly([(v, c) for c in colors], 1) for v in self.graph.nodes]
        rows += [at_most([(u, c), (v, c)], 1) for u, v in self.graph.edges for c in colors]
        return NativeModel(self.variables("exact"), Polynomial(), rows)

    def published(self) -> Polynomial:
        return self.formulation().polynomial()

    def objectives(self, costs: FloatVector, variables: Sequence[Label]) -> FloatVector:
        return np.zeros_like(costs)

    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        return [to_json(label) for label in selected(assignment, self.variables(encoding))]

    def is_feasible(self, solution: Solution) -> bool:
        return (
            graphs.is_labelling(solution, self.graph, self.number_of_colors)
            and self.objective(solution) == 0
        )

    def objective(self, solution: Solution) -> float:
        members = graphs.classes(solution)
        return float(
            sum(u in same and v in same for same in members.values() for u, v in self.graph.edges)
        )

    def prompt_details(self) -> str:
        return f"with {self.number_of_colors} colors"

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        out = partition(self.graph, solution, "colour")
        out.title = f"Colouring with {counted(len(out.legend), 'colour')}"
        out.wrong_edges = inside_groups(out)
        return out

    @classmethod
    def read_details(cls, words: str, names: Names) -> dict[str, Any]:
        colors = only(words, COUNT + r"[-\s]*colou?rs?\b", "numbers of colors")
        return stated(number_of_colors=colors)

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 6)
        sizes = [(n, c) for c in (2, 3, 3, 4) for n in range(3, 9) if c <= n <= max_qubits // c]
        n, colors = sampling.choice(rng, sizes)
        hidden = [v % colors for v in sampling.permutation(rng, range(n))]
        allowed = [(u, v) for v in range(n) for u in range(v) if hidden[u] != hidden[v]]
        extra = sampling.integer(rng, 0, n)
        pairs = sampling.random_connected_edges(rng, range(n), extra, allowed)
        return cls(sampling.graph_from(n, pairs), colors)
