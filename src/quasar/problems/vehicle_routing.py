"""Vehicle routing (small): the shortest routes of a few vehicles from a depot past all customers.

Variables: (v, j), customer v is at position j = 1..N+K-1 of one list of all routes, for N customers
and K vehicles; a position without a customer is the depot, where one route ends and the next
begins, and so are both ends of the list. That takes N (N + K - 1) qubits, and none for vehicles or
loads (Lucas, Frontiers in Physics 2, 5 (2014), section 7.2, has the single tour). With
z_j = Π_v (1 - x_vj) for the depot, everything counted is 0 or 1:

    Σ_legs d_ab [a at j] [b at j+1] + A (Σ_v (1 - Σ_j x_vj)² + Σ_j Σ_{u<v} x_uj x_vj
        + legs without an edge + Σ Π x over the shortest runs of customers that exceed the capacity)

where the last sum runs over ordered customers at consecutive positions. Lengths must not be
negative. Exact: anything wrong costs at least A, which is above the length of some solution, or of
what none exceeds: the longest leg out of each customer, and the K longest out of the depot.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations, pairwise, permutations
from typing import Any, Self

import networkx as nx
import numpy as np

from quasar.core.errors import ProblemError
from quasar.core.exact import Exact, exact, total
from quasar.core.labels import Label, from_json, natural_key, sorted_pair, to_json
from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, penalties, sampling, values
from quasar.problems.base import Assignment, Encoding, Solution
from quasar.problems.bases import GraphProblem
from quasar.problems.formulation import Constraint, Formulation, Penalties
from quasar.problems.keys import Reads
from quasar.problems.native import LinearRow, NativeModel, Tour, Values, at_most
from quasar.problems.overlay import LegendEntry, SolutionOverlay, counted, edge_numbers, walk
from quasar.problems.structure import GraphStructure
from quasar.problems.words import COUNT, Names, node_after, only, stated

MAX_CUSTOMERS = 8
"""Most customers encoded: runs of them in every order are listed."""


class VehicleRouting(GraphProblem):
    """Solution: list of routes, each the list of its customers in order; in an undirected graph in
    the direction whose first customer comes before the last. Objective: total length.

    A position with several customers is null, which makes the solution infeasible. Edges carry
    `weight` (default 1), nodes `demand` (default 1; the depot's is not counted); node pairs without
    an edge cannot follow each other. Vehicles may stay at the depot.
    """

    problem_type = "vehicle_routing"
    title = "Find the shortest routes of several vehicles from a depot past all other nodes"
    sense = "min"
    qubits = "N (N + K - 1) for N customers and K vehicles"
    answer = "list of routes, each the list of its nodes in order"
    goal = "total length of the routes"
    counts = GraphStructure(
        ("weight", 1.0), marks=("depot",), scalars=("vehicles", "capacity"), node_number="demand"
    )
    reads = Reads(
        attributes={
            "depot": "where all routes begin and end",
            "vehicles": "how many there are",
            "capacity": "the most that a route's nodes may demand together; default: no limit",
        },
        nodes={"demand": "demand of the node, 0 or more; default 1"},
        edges={"weight": "length of the edge, 0 or more; default 1"},
        wording=dict.fromkeys(("depot", "vehicles"), "from depot 0 with 2 vehicles"),
    )
    spelling = "(?:vehicle_routing|cvrp)"

    def __init__(
        self, graph: nx.Graph, depot: Label, vehicles: int, capacity: int | None = None
    ) -> None:
        super().__init__(graph)
        self.depot = depot
        self.vehicles = vehicles
        self.capacity = capacity
        self._customers = [v for v in graphs.nodes(graph) if v != depot]
        lengths = graphs.edge_numbers(graph, "weight", default=1)
        demands = graphs.node_numbers(graph, "demand", default=1)
        for what, numbers in (("length", lengths), ("demand", demands)):
            wrong = [name for name, number in numbers.items() if number < 0]
            if wrong:
                raise ProblemError(f"{wrong[0]!r} has a {what} below 0: it must be 0 or more.")
        self._demand = {v: exact(number) for v, number in demands.items()}
        self._lengths: dict[tuple[Label, Label], Exact] = {}
        for (u, v), number in lengths.items():
            self._lengths[u, v] = exact(number)
            if not graph.is_directed():
                self._lengths[v, u] = exact(number)

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        graph = graphs.read_graph(data, directed=graphs.is_directed(data))
        attributes = graphs.attributes_of(data)
        depot = graphs.node_attribute(attributes, "depot", graph)
        vehicles = values.whole(values.required(attributes, "vehicles", "2"), "'vehicles'", 1)
        capacity = attributes.get("capacity")
        limit = None if capacity is None else values.whole(capacity, "'capacity'")
        return cls(graph, depot, vehicles, limit)

    def attributes(self) -> dict[str, Any]:
        limit = {} if self.capacity is None else {"capacity": self.capacity}
        return {"depot": to_json(self.depot), "vehicles": self.vehicles, **limit}

    @property
    def _last(self) -> int:
        return len(self._customers) + self.vehicles - 1

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        return [(v, j) for v in self._customers for j in range(1, self._last + 1)]

    def least_qubits(self) -> int:
        return len(self._customers) * self._last

    def formulation(self) -> Formulation:
        """Cost, constraints and penalties.

        Raises:
            ProblemError: more than `MAX_CUSTOMERS` nodes beside the depot.
        """
        if len(self._customers) > MAX_CUSTOMERS:
            raise ProblemError(
                f"there are {len(self._customers)} nodes beside the depot: at most "
                f"{MAX_CUSTOMERS} can be encoded; `quasar solve` takes more."
            )
        positions = range(1, self._last + 1)
        once = penalties.one_in_each([(v, j) for j in positions] for v in self._customers)
        wrong = Polynomial()
        for j in positions:
            wrong.accumulate(penalties.products(combinations([(v, j) for v in self._customers], 2)))
        cost = Polynomial()
        for leg, happens in self._legs():
            if leg in self._lengths:
                cost.accumulate(happens, self._lengths[leg])
            else:
                wrong.accumulate(happens)
        for run in self._overfull_runs():
            for j in range(1, self._last - len(run) + 2):
                wrong.accumulate(Polynomial({frozenset((v, j + i) for i, v in enumerate(run)): 1}))
        penalty = penalties.above(self._bound())
        why = "a tenth more than the length of some solution, or than none exceeds"
        broken = Constraint.of_parts([*once, wrong])
        own = Penalties(broken.polynomial * penalty, penalty, why)
        return Formulation(cost, [broken], own)

    def native(self) -> NativeModel:
        """Tours along arcs that share the depot; integer loads along them."""
        arcs = [(u, v) for u, v in self._lengths if u != v]
        cost = Polynomial.linear({arc: self._lengths[arc] for arc in arcs})
        rows = [at_most([arc for arc in arcs if arc[0] == self.depot], self.vehicles)]
        loads: dict[Label, tuple[int, int]] = {}
        if self.capacity is not None:
            demand = {v: Fraction(self._demand[v]) for v in self._customers}
            scale = math.lcm(*(d.denominator for d in demand.values()))
            most = self.capacity * scale
            for v in self._customers:
                needs = int(demand[v] * scale)
                loads["\0load", v] = (needs, max(most, needs))
                rows.append(LinearRow({("\0load", v): 1}, high=most))
            for u, v in arcs:
                if self.depot not in (u, v):  # load_v >= load_u + demand_v where the arc is used
                    needs = int(demand[v] * scale)
                    step: dict[Label, Exact] = {("\0load", v): 1, ("\0load", u): -1}
                    rows.append(LinearRow({**step, (u, v): -(most + needs)}, low=-most))
        routes = Tour(graphs.nodes(self.graph), [(u, v, (u, v)) for u, v in arcs], self.depot)
        return NativeModel(arcs, cost, rows, loads, tours=[routes])

    def native_size(self) -> int:
        return len(self._lengths)

    def from_native(self, values: Values) -> Solution:
        following = {u: v for u, v in self._lengths if u != self.depot and values.get((u, v))}
        routes = []
        for start in (v for u, v in self._lengths if u == self.depot and values.get((u, v))):
            route = [start]
            while following.get(route[-1], self.depot) != self.depot:
                route.append(following[route[-1]])
            if not self.graph.is_directed() and natural_key(route[0]) > natural_key(route[-1]):
                route.reverse()
            routes.append(route)
        routes.sort(key=lambda route: natural_key(tuple(route)))
        return [[to_json(v) for v in route] for route in routes]

    def _legs(self) -> Iterator[tuple[tuple[Label, Label], Polynomial]]:
        """Every leg at every place of the list, and when it happens."""
        at_depot = [
            penalties.none_of([(v, j) for v in self._customers], "a position")
            for j in range(1, self._last + 1)
        ]
        at_depot = [Polynomial.constant(1), *at_depot, Polynomial.constant(1)]
        for v in self._customers:
            for j in range(1, self._last + 1):
                here = Polynomial.variable((v, j))
                yield (self.depot, v), at_depot[j - 1] * here
                yield (v, self.depot), here * at_depot[j + 1]
        for u, v in permutations(self._customers, 2):
            for j in range(1, self._last):
                yield (u, v), Polynomial({frozenset([(u, j), (v, j + 1)]): 1})

    def _overfull_runs(self) -> Iterator[tuple[Label, ...]]:
        """Customers in order that exceed the capacity, while none of their shorter runs does."""
        if self.capacity is None:
            return
        for count in range(1, len(self._customers) + 1):
            for run in permutations(self._customers, count):
                parts = (run, run[1:], run[:-1])
                load, *shorter = (total(self._demand[v] for v in part) for part in parts)
                if load > self.capacity >= max(shorter):
                    yield run

    def _bound(self) -> Exact:
        """The length of routes to the nearest customer that fits, or what no routes exceed."""
        out = {
            v: sorted((w for (u, _), w in self._lengths.items() if u == v), reverse=True)
            for v in self.graph
        }
        most = total(longest for v in self._customers for longest in out[v][:1])
        most = total([most, *out[self.depot][: self.vehicles]])
        left = set(self._customers)
        length: list[Exact] = []
        for _ in range(self.vehicles):
            here, load = self.depot, exact(0)
            while True:
                steps = [
                    (self._lengths[here, v], natural_key(v), v)
                    for v in left
                    if (here, v) in self._lengths
                    and (self.capacity is None or load + self._demand[v] <= self.capacity)
                ]
                if not steps:
                    break
                step, _, here = min(steps)
                length.append(step)
                load += self._demand[here]
                left.remove(here)
            if here != self.depot and (here, self.depot) not in self._lengths:
                return most
            length.append(self._lengths.get((here, self.depot), 0))
        return most if left else min(most, total(length))

    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        routes: list[list[Any]] = [[]]
        for j in range(1, self._last + 1):
            here = [v for v in self._customers if assignment[v, j]]
            if not here:
                routes.append([])
            else:
                routes[-1].append(here[0] if len(here) == 1 else None)
        routes = [route for route in routes if route]
        if not any(None in route for route in routes):
            if not self.graph.is_directed():
                routes = [
                    route[::-1] if natural_key(route[0]) > natural_key(route[-1]) else route
                    for route in routes
                ]
            routes.sort(key=lambda route: natural_key(tuple(route)))
        return [[to_json(v) for v in route] for route in routes]

    def is_feasible(self, solution: Solution) -> bool:
        visited = [v for route in solution for v in route]
        loads = (total(self._demand.get(from_json(v), 0) for v in route) for route in solution)
        return (
            values.is_subset(visited, self._customers)
            and len(visited) == len(self._customers)
            and len(solution) <= self.vehicles
            and (self.capacity is None or all(load <= self.capacity for load in loads))
            and all(leg in self._lengths for leg in self._steps(solution))
        )

    def objective(self, solution: Solution) -> float:
        return float(total(self._lengths.get(leg, 0) for leg in self._steps(solution)))

    def _steps(self, solution: Solution) -> list[tuple[Any, Any]]:
        """The legs of all routes, from the depot and back to it."""
        routes = ([self.depot, *graphs.from_json_list(route), self.depot] for route in solution)
        return [leg for route in routes for leg in pairwise(route)]

    def prompt_details(self) -> str:
        limit = "" if self.capacity is None else f" of capacity {self.capacity}"
        return f"from depot {self.depot} with {counted(self.vehicles, 'vehicle')}{limit}"

    @classmethod
    def read_details(cls, words: str, names: Names) -> dict[str, Any]:
        return stated(
            depot=node_after(words, names, ["depot"], "the depot"),
            vehicles=only(words, COUNT + r"[-\s]*vehicles?\b", "numbers of vehicles"),
            capacity=only(words, r"capacity\s+(?:of\s+)?(\d{1,9})\b", "capacities"),
        )

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        title = f"{counted(len(solution), 'route')} of length {self.objective(solution):g}"
        out = walk(self.graph, self._steps(solution), title)
        routes = [graphs.from_json_list(route) for route in solution]
        out.groups = {v: i for i, route in enumerate(routes) for v in route if v is not None}
        visited = [v for route in routes for v in route]
        loads = [total(self._demand.get(v, 0) for v in route) for route in routes]
        limit = max(loads, default=0) if self.capacity is None else self.capacity
        out.wrong_nodes = {v for v in self._customers if visited.count(v) != 1}
        for route, load in zip(routes, loads, strict=True):
            out.wrong_nodes |= {v for v in route if v is not None and load > limit}
        out.notes = {self.depot: "depot"}
        out.edge_labels = edge_numbers(self.graph, "weight")
        out.legend = [LegendEntry(f"route {i + 1}", i) for i in range(len(routes))]
        return out

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 4)
        sizes = [(n, k) for n in (2, 3, 4) for k in (1, 2, 2, 3) if n * (n + k - 1) <= max_qubits]
        n, vehicles = sampling.choice(rng, sizes)
        order = sampling.permutation(rng, range(1, n + 1))
        routes = [order[i::vehicles] for i in range(min(vehicles, n))]
        legs = {sorted_pair(u, v) for r in routes for u, v in pairwise([0, *r, 0])}
        density = sampling.choice(rng, [1.0, 0.5])
        others = {pair for pair in combinations(range(n + 1), 2) if rng.random() < density}
        graph = sampling.graph_from(n + 1, legs | others)  # type: ignore[arg-type]
        sampling.set_numbers(rng, graph, "weight", 1, 20)
        if rng.random() < 0.4:
            return cls(graph, 0, vehicles)
        for v in graph:
            graph.nodes[v]["demand"] = sampling.integer(rng, 1, 4) if v else 0
        loads = (sum(graph.nodes[v]["demand"] for v in route) for route in routes)
        return cls(graph, 0, vehicles, max(loads))
