"""Maximum cut of a hypergraph: two sides so that the hyperedges that span both weigh the most.

Variables: nodes; x_v = 1 on the side that is listed.
`agent-q`, which knows no weights: a hyperedge of two nodes costs 2 x_i x_j - x_i - x_j, one of
k > 2 nodes (2 / (k choose 2)) Σ_{pairs} x_i x_j - (1/k) Σ_i x_i. Not exact for k > 2.
`exact`: Σ_e w_e (Π_{i∈e} x_i + Π_{i∈e} (1-x_i)), the weight of the hyperedges that lie on one side
(1 each where no weights are given); exact for any weights, since it is the total less the cut's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from typing import Any, Self

import networkx as nx
import numpy as np

from quasar.core.exact import Exact, FloatVector, exact, total
from quasar.core.labels import Label, sort_labels, to_json
from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, sampling
from quasar.problems.base import Assignment, Encoding, Problem, Solution, selected
from quasar.problems.formulation import Formulation
from quasar.problems.graphs import Hypergraph
from quasar.problems.keys import Reads
from quasar.problems.native import LinearRow, NativeModel, linear
from quasar.problems.overlay import LegendEntry, SolutionOverlay, counted, sides
from quasar.problems.penalties import none_of
from quasar.problems.structure import Structure


class HyperMaxCut(Problem):
    """Solution: list of the nodes on one side. Objective: weight of the hyperedges with nodes on
    both sides.

    A hyperedge is a list of nodes, or `{"nodes": [...], "weight": 2}` (any number, on all of them
    or none).
    """

    problem_type = "hypermaxcut"
    title = "Split the nodes in two so that most hyperedges have nodes on both sides"
    sense = "max"
    qubits = "one per node"
    answer = "list of the nodes on one side"
    goal = "weight of the hyperedges with nodes on both sides"
    encodings = ("exact", "agent-q")
    reads = Reads(
        hypergraph=True,
        edges={"weight": "weight of the hyperedge, any number; default 1"},
        hints={"weights": "write each weight with its hyperedge, as {'nodes': [...], 'weight': 2}"},
    )
    spelling = "hyper(?:graph)?_max_cut"

    def __init__(self, graph: Hypergraph) -> None:
        self.graph = graph

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        return cls(graphs.read_hypergraph(data))

    def to_data(self) -> dict[str, Any]:
        return {
            "problem_type": self.problem_type,
            "graph": graphs.hypergraph_data(self.graph),
        }

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        return sort_labels(self.graph.nodes)

    def formulation(self) -> Formulation:
        cost = Polynomial()
        for edge, weight in self.graph.weighted:
            cost.accumulate(_uncut(edge), weight)
        return Formulation(cost)

    def native(self) -> NativeModel:
        """A variable for each hyperedge: whether it is cut."""
        cut: dict[Label, Exact] = {}
        rows: list[LinearRow] = []
        for number, (edge, weight) in enumerate(self.graph.weighted):
            label = ("\0cut", number)
            cut[label] = exact(weight)
            if weight > 0:
                rows.append(LinearRow({label: 1, **dict.fromkeys(edge, -1)}, high=0))
                rows.append(LinearRow({label: 1, **dict.fromkeys(edge, 1)}, high=len(edge)))
            elif weight < 0:
                pairs = zip(edge, [*edge[1:], edge[0]], strict=True)
                rows += [LinearRow({label: 1, u: -1, v: 1}, low=0) for u, v in pairs if u != v]
        nodes = sort_labels(self.graph.nodes)
        return NativeModel([*nodes, *cut], linear(cut, -1), rows)

    def published(self) -> Polynomial:
        """The cost of the `agent-q` encoding.

        Raises:
            ProblemError: the instance is weighted.
        """
        graphs.refuse_weights(self.graph.weights, "hyperedges", self.problem_type)
        return Polynomial.total(map(_published, self.graph.hyperedges))

    def objectives(self, costs: FloatVector, variables: Sequence[Label]) -> FloatVector:
        return float(total(exact(weight) for _, weight in self.graph.weighted)) - costs

    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        return [to_json(v) for v in selected(assignment, sort_labels(self.graph.nodes))]

    def is_feasible(self, solution: Solution) -> bool:
        return set(graphs.from_json_list(solution)) <= set(self.graph.nodes)

    def objective(self, solution: Solution) -> float:
        side = set(graphs.from_json_list(solution))
        both = (w for edge, w in self.graph.weighted if 0 < len(side & set(edge)) < len(edge))
        return float(total(map(exact, both)))

    def prompt_details(self) -> str:
        return graphs.weight_details(self.sense, "hyperedge", self.graph.weights)

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        chosen = set(graphs.from_json_list(solution))
        graph = nx.Graph()
        graph.add_nodes_from(self.graph.nodes)
        out = SolutionOverlay(graph, "", groups=sides(self.graph.nodes, chosen))
        cut = 0
        for number, hyperedge in enumerate(self.graph.hyperedges):
            if len(hyperedge) == 2:
                spokes = [(hyperedge[0], hyperedge[1])]
            else:
                junction = ("\0hyperedge", number)  # no user's name
                out.junctions.add(junction)
                spokes = [(junction, node) for node in hyperedge]
            graph.add_edges_from(spokes)
            if 0 < len(chosen.intersection(hyperedge)) < len(hyperedge):
                cut += 1
                out.strong.update(spokes)
        of = counted(len(self.graph.hyperedges), "hyperedge")
        out.title = f"Cut of {cut} of {of}{self._weight_text(solution)}"
        out.legend = [LegendEntry("one side", 0), LegendEntry("other side", 1), LegendEntry("cut")]
        if out.junctions:
            out.legend.append(LegendEntry("hyperedge", junction=True))
        return out

    def _structure(self, found: Structure) -> Mapping[str, Any]:
        for node in self.graph.nodes:
            found.element(("node", node), "node")
        for number, (edge, weight) in enumerate(self.graph.weighted):
            label = None if weight == 1 else weight
            found.group(("edge", number), label, ((("node", node), "end") for node in edge))
        return {}

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 3)
        n = sampling.size(rng, 3, min(12, max_qubits))
        largest = sampling.integer(rng, 2, min(6, n - 1))
        wanted = sampling.integer(rng, 2, 3 * n)
        hyperedges: dict[tuple[Label, ...], None] = {}
        for _ in range(wanted):
            size = sampling.integer(rng, 2, largest)
            hyperedges[tuple(sampling.subset(rng, range(n), size))] = None
        return cls(Hypergraph(tuple(range(n)), tuple(hyperedges)))


def _uncut(edge: Sequence[Label]) -> Polynomial:
    return Polynomial({frozenset(edge): 1}) + none_of(edge, f"hyperedge {list(edge)}")


def _published(edge: Sequence[Label]) -> Polynomial:
    k = len(edge)
    pair, single = (2, 1) if k == 2 else (Fraction(4, k * (k - 1)), Fraction(1, k))
    cost = Polynomial.linear(dict.fromkeys(edge, -single))
    for two in combinations(edge, 2):
        cost.accumulate(Polynomial({frozenset(two): pair}))
    return cost
