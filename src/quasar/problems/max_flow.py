"""Maximum s-t flow in integer units.

Variables: (arc, bit i). With capacity c and M = ⌊log₂ c⌋ the flow of an arc is
f = Σ_{i<M} 2^i b_i + (c+1-2^M) b_M, which takes every value 0..c and no other; an arc of capacity 0
has no variables.
`agent-q`: Σ_{inner v} (Σ_in f - Σ_out f)² - (1/C) Σ_{e out of s} f_e² with C the capacity out of
the source. Not exact: squares of flow, and the penalty can lose.
`exact`: 2 Σ_{inner v} (Σ_in f - Σ_out f)² - F with F the net flow out of the source. Repairing a
node that gains or loses d units costs at most d units of F, so any factor above 1 is sufficient; 2
keeps the worst violation as far away as a missing unit of flow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Self

import networkx as nx
import numpy as np

from quasar.core.errors import ProblemError
from quasar.core.exact import Exact
from quasar.core.labels import Label, to_json
from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, sampling
from quasar.problems.base import Assignment, Encoding, Solution
from quasar.problems.bases import TERMINALS, Arc, FlowNetwork
from quasar.problems.formulation import Constraint, Formulation, Penalties
from quasar.problems.keys import Reads
from quasar.problems.native import LinearRow, NativeModel, Values, linear
from quasar.problems.overlay import LegendEntry, SolutionOverlay


class MaxFlow(FlowNetwork):
    """Solution: list of [u, v, flow], one for each arc. Objective: net flow out of the source.

    Feasible: flows are integers within the capacities, and every node other than source and
    sink passes on what it gets. Flow in circles is allowed, as it changes nothing.
    """

    problem_type = "max_flow"
    title = "Send as much flow as possible from the source to the sink"
    sense = "max"
    qubits = "for each arc as many as its capacity has binary digits"
    answer = "list of [node, node, flow], one for each arc"
    goal = "net flow out of the source"
    encodings = ("exact", "agent-q")
    reads = Reads(
        attributes={"source": "where the flow begins", "sink": "where it ends"},
        edges={"capacity": "capacity of the arc, an integer of 0 or more"},
        wording=TERMINALS,
    )

    def __init__(self, graph: nx.DiGraph, source: Label, sink: Label) -> None:
        super().__init__(graph, source, sink)
        self._units: dict[Arc, int] = {}
        for (u, v), capacity in self._capacity.items():
            if not isinstance(capacity, int):
                raise ProblemError(
                    f"arc {u!r} - {v!r} has the capacity {float(capacity)}: flow runs in whole "
                    "units, so scale all capacities to integers."
                )
            self._units[u, v] = capacity

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        return [(arc, bit) for arc, c in self._units.items() for bit in range(len(_bit_values(c)))]

    def formulation(self) -> Formulation:
        flow = self._flows()
        surplus, unbalanced = self._balance(flow)
        why = "2: repairing a node that gains or loses a unit costs at most 1"
        return Formulation(
            surplus[self.source], [Constraint(unbalanced)], Penalties(unbalanced * 2, 2, why)
        )

    def native(self) -> NativeModel:
        """An integer for each arc: its flow."""
        out: dict[Label, Exact] = {}
        kept: dict[Label, dict[Label, Exact]] = {v: {} for v in self.graph.nodes}
        for u, v in self._units:
            if u != v:
                kept[u][u, v], kept[v][u, v] = -1, 1
                out[u, v] = (u == self.source) - (v == self.source)
        rows = [
            LinearRow(flows, 0, 0)
            for node, flows in kept.items()
            if node not in (self.source, self.sink) and flows
        ]
        limits: dict[Label, tuple[int, int]] = {arc: (0, c) for arc, c in self._units.items()}
        return NativeModel([], linear(out, -1), rows, limits)

    def native_size(self) -> int:
        return len(self._units)

    def from_native(self, values: Values) -> Solution:
        return [[*to_json(arc), values[arc]] for arc in self._units]

    def published(self) -> Polynomial:
        flow = self._flows()
        _, unbalanced = self._balance(flow)
        out = [arc for arc, c in self._units.items() if arc[0] == self.source and c]
        total = sum(self._units[arc] for arc in out)
        for arc in out:
            unbalanced.accumulate(flow[arc].square(), Fraction(-1, total))
        return unbalanced

    def _flows(self) -> dict[Arc, Polynomial]:
        return {
            arc: Polynomial.linear({(arc, bit): w for bit, w in enumerate(_bit_values(c))})
            for arc, c in self._units.items()
        }

    def _balance(
        self, flow: Mapping[Arc, Polynomial]
    ) -> tuple[dict[Label, Polynomial], Polynomial]:
        """What each node keeps, and the squares of what inner nodes keep."""
        surplus = {v: Polynomial() for v in self.graph.nodes}
        for (u, v), f in flow.items():
            surplus[u].accumulate(f, -1)
            surplus[v].accumulate(f)
        unbalanced = Polynomial.total(
            surplus[v].square() for v in self.graph.nodes if v not in (self.source, self.sink)
        )
        return surplus, unbalanced

    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        return [
            [*to_json(arc), sum(w for i, w in enumerate(_bit_values(c)) if assignment[arc, i])]
            for arc, c in self._units.items()
        ]

    def is_feasible(self, solution: Solution) -> bool:
        rows = graphs.rows_from_json(solution)
        if len({(u, v) for u, v, _ in rows}) != len(rows):
            return False
        surplus = dict.fromkeys(self.graph.nodes, 0)
        for u, v, flow in rows:
            if not 0 <= flow <= self._units.get((u, v), -1) or flow != int(flow):
                return False
            surplus[u] -= flow
            surplus[v] += flow
        return not any(d for v, d in surplus.items() if v not in (self.source, self.sink))

    def objective(self, solution: Solution) -> float:
        rows = graphs.rows_from_json(solution)
        return float(sum(((u == self.source) - (v == self.source)) * f for u, v, f in rows))

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        flows = {(u, v): flow for u, v, flow in graphs.rows_from_json(solution)}
        balance: dict[Label, float] = dict.fromkeys(self.graph.nodes, 0)
        for (u, v), flow in flows.items():
            balance[u] -= flow
            balance[v] += flow
        ends = {self.source, self.sink}
        return SolutionOverlay(
            self.graph,
            f"Flow of {self.objective(solution):g}",
            groups={self.source: 0, self.sink: 1},
            strong={arc for arc, flow in flows.items() if flow},
            wrong_nodes={node for node, net in balance.items() if net and node not in ends},
            arrows=set(self.graph.edges),
            edge_labels={
                (u, v): f"{flows.get((u, v), 0):g}/{data['capacity']:g}"
                for u, v, data in self.graph.edges(data=True)
            },
            notes={self.source: "source", self.sink: "sink"},
            legend=[LegendEntry("flow / capacity")],
        )

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 2)
        n = sampling.integer(rng, min(4, max_qubits + 1), min(7, max_qubits + 1))
        graph = sampling.random_network(rng, n, sampling.integer(rng, 0, 4))
        extra = list(graph.edges)
        while graph.number_of_edges() > max_qubits:
            arc = extra.pop()
            graph.remove_edge(*arc)
            if not nx.has_path(graph, 0, n - 1):
                graph.add_edge(*arc)
        most = sampling.integer(rng, 2, 4)
        free = max_qubits - graph.number_of_edges()
        for _, _, attributes in graph.edges(data=True):
            c = sampling.integer(rng, 1, most)
            while len(_bit_values(c)) - 1 > free:
                c = c // 2
            free -= len(_bit_values(c)) - 1
            attributes["capacity"] = c
        return cls(graph, 0, n - 1)


def _bit_values(capacity: int) -> list[int]:
    """Weights of the bits of a number 0..capacity; all sums are at most the capacity."""
    if capacity == 0:
        return []
    top = capacity.bit_length() - 1
    return [2**i for i in range(top)] + [capacity + 1 - 2**top]
