"""Minimum s-t cut: the cheapest set of arcs whose loss separates the source from the sink.

Variables: nodes; x_v = 1 on the source side. Both encodings are the same polynomial,
Σ_{uv∈E} c_uv x_u (1-x_v) - (C+1) x_s (1-x_t) with C the capacity out of the source; it is exact for
capacities of 0 or more: cutting all arcs out of the source costs C, so keeping source and sink
apart always pays.
"""

from __future__ import annotations

from typing import Self

import numpy as np

from quasar.core.exact import Exact, total
from quasar.core.labels import Label
from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, sampling
from quasar.problems.base import Solution
from quasar.problems.bases import TERMINALS, FlowNetwork, NodeSubset
from quasar.problems.formulation import Constraint, Formulation, Penalties
from quasar.problems.keys import Reads
from quasar.problems.native import LinearRow, NativeModel, fixed
from quasar.problems.overlay import LegendEntry, SolutionOverlay, edge_numbers, sides


class MinCut(FlowNetwork, NodeSubset):
    """Solution: list of the nodes on the source side. Objective: capacity from it to the rest.

    Feasible: holds the source and not the sink.
    """

    problem_type = "min_cut"
    title = "Find the cheapest cut that separates the source from the sink"
    sense = "min"
    qubits = "one per node"
    answer = "list of the nodes on the source's side"
    goal = "capacity of the arcs from it to the rest"
    encodings = ("exact", "agent-q")
    reads = Reads(
        attributes={"source": "node on the near side", "sink": "node on the far side"},
        edges={"capacity": "capacity of the arc, 0 or more"},
        wording=TERMINALS,
    )

    def formulation(self) -> Formulation:
        cost = Polynomial.total(
            _only_first(u, v) * capacity for (u, v), capacity in self._capacity.items()
        )
        out = total(c for (u, _), c in self._capacity.items() if u == self.source)
        apart = _only_first(self.source, self.sink)
        why = "1 more than the capacity of all arcs out of the source"
        return Formulation(
            cost, [Constraint(1 - apart)], Penalties(apart * -(out + 1), out + 1, why)
        )

    def native(self) -> NativeModel:
        rows = [fixed(self.source, 1), fixed(self.sink, 0)]
        cut: dict[Label, Exact] = {}
        for (u, v), capacity in self._capacity.items():
            if u != v:
                cut["\0cut", u, v] = capacity
                rows.append(LinearRow({("\0cut", u, v): 1, u: -1, v: 1}, low=0))
        return NativeModel([*graphs.nodes(self.graph), *cut], Polynomial.linear(cut), rows)

    def published(self) -> Polynomial:
        return self.formulation().polynomial()

    def is_feasible(self, solution: Solution) -> bool:
        side = set(graphs.from_json_list(solution))
        return self.source in side and self.sink not in side and side <= set(self.graph.nodes)

    def objective(self, solution: Solution) -> float:
        side = set(graphs.from_json_list(solution))
        cut = (c for (u, v), c in self._capacity.items() if u in side and v not in side)
        return float(total(cut))

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        chosen = set(graphs.from_json_list(solution))
        return SolutionOverlay(
            self.graph,
            f"Cut of capacity {self.objective(solution):g}",
            groups=sides(self.graph.nodes, chosen),
            strong={(u, v) for u, v in self.graph.edges if u in chosen and v not in chosen},
            arrows=set(self.graph.edges),
            edge_labels=edge_numbers(self.graph, "capacity"),
            notes={self.source: "source", self.sink: "sink"},
            legend=[
                LegendEntry("source's side", 0),
                LegendEntry("sink's side", 1),
                LegendEntry("cut"),
            ],
        )

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 3)
        n = sampling.size(rng, 3, min(11, max_qubits))
        graph = sampling.random_network(rng, n, sampling.integer(rng, 0, 2 * n))
        sampling.set_numbers(rng, graph, "capacity", 1, sampling.integer(rng, 2, 7))
        return cls(graph, 0, n - 1)


def _only_first(u: Label, v: Label) -> Polynomial:
    """The product x_u (1 - x_v)."""
    return Polynomial({frozenset((u,)): 1, frozenset((u, v)): -1})
