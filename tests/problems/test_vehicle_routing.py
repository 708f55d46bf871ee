"""Routes from a depot, against every order of the customers cut into routes everywhere."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import pairwise, permutations, product
from typing import Any

import networkx as nx
import pytest

from problems.brute_force import best, ground_solutions, has_no_solution, total
from quasar.core.errors import ProblemError
from quasar.core.seeds import generator
from quasar.problems.base import encode
from quasar.problems.load import build_problem
from quasar.problems.vehicle_routing import VehicleRouting
from quasar.prompts.published import published_prompt
from quasar.prompts.read_back import read_prompt


def optimal_solutions(problem: Any) -> set[Hashable]:
    graph = problem.graph
    attributes = problem.to_data()["problem_specific_attributes"]
    depot, capacity = attributes["depot"], attributes.get("capacity")
    customers = sorted(set(graph) - {depot})

    def legs(routes: Any) -> Any:
        return [leg for route in routes for leg in pairwise([depot, *route, depot])]

    def is_valid(routes: Any) -> bool:
        loads = [total(graph.nodes[v].get("demand", 1) for v in route) for route in routes]
        return (
            len(routes) <= attributes["vehicles"]
            and (capacity is None or all(load <= capacity for load in loads))
            and all(graph.has_edge(*leg) for leg in legs(routes))
        )

    def length(routes: Any) -> Any:
        there = (graph.edges[leg] for leg in legs(routes) if graph.has_edge(*leg))
        return total(edge.get("weight", 1) for edge in there)

    candidates = set()
    for order in permutations(customers):
        for cuts in product((False, True), repeat=len(order) - 1):
            routes = [[order[0]]]
            for v, cut in zip(order[1:], cuts, strict=True):
                if cut:
                    routes.append([v])
                else:
                    routes[-1].append(v)
            if not graph.is_directed():
                routes = [min(route, route[::-1]) for route in routes]
            candidates.add(tuple(sorted(map(tuple, routes))))
    return best(sorted(candidates), length, "min", is_valid)


def routing(seed: int) -> VehicleRouting:
    rng = generator(seed, "routes")
    n, vehicles = [(2, 1), (2, 2), (3, 1), (3, 2)][seed % 4]
    graph = nx.DiGraph() if seed % 3 == 0 else nx.Graph()
    graph.add_nodes_from((v, {"demand": int(rng.integers(0, 8)) / 2}) for v in range(n + 1))
    for u, v in permutations(range(n + 1), 2):
        if rng.random() < 0.9:
            graph.add_edge(u, v, weight=int(rng.integers(0, 20)) / 10)
    return VehicleRouting(graph, int(rng.integers(n + 1)), vehicles, int(rng.integers(3, 9)))


def test_directed_and_undirected_with_demands_in_halves() -> None:
    solved = 0
    for seed in range(60):
        problem = routing(seed)
        expected = optimal_solutions(problem)
        if expected:
            solved += 1
            assert ground_solutions(problem) == expected
        else:
            assert has_no_solution(problem)
    assert solved > 25


def test_qubits_and_prompts() -> None:
    graph = nx.complete_graph(4)
    problem = encode(VehicleRouting(graph, 2, 2, 5))
    assert problem.n_qubits == 3 * (3 + 2 - 1)
    text = published_prompt(problem)
    assert "vehicle_routing from depot 2 with 2 vehicles of capacity 5 given the graph" in text
    assert read_prompt(text)[0].problem == problem.problem
    free = encode(VehicleRouting(graph, 0, 1))
    assert read_prompt(published_prompt(free))[0].problem == free.problem


def test_the_picture_has_a_colour_for_each_route() -> None:
    problem = VehicleRouting(nx.complete_graph(4), 0, 2, 2)
    found = problem.overlay([[1, 2], [3]])
    assert found is not None
    assert found.title == "2 routes of length 5"
    assert found.groups == {1: 0, 2: 0, 3: 1}
    wrong = problem.overlay([[1, 2, 3]])
    assert wrong is not None
    assert wrong.wrong_nodes == {1, 2, 3}
    assert wrong.title == "1 route of length 4 (infeasible)"


def test_two_customers_at_one_position_are_no_route() -> None:
    problem = VehicleRouting(nx.complete_graph(3), 0, 1)
    assert problem.decode({(1, 1): 1, (2, 1): 1, (1, 2): 0, (2, 2): 0}, "exact") == [[None]]
    assert problem.decode({(2, 1): 1, (1, 2): 1, (1, 1): 0, (2, 2): 0}, "exact") == [[1, 2]]


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"vehicles": 1}, "lacks 'depot'"),
        ({"depot": 9, "vehicles": 1}, "not a node"),
        ({"depot": 0}, "lacks 'vehicles'"),
        ({"depot": 0, "vehicles": 0}, "at least 1"),
        ({"depot": 0, "vehicles": 1, "capacity": 1.5}, "must be an integer"),
    ],
)
def test_bad_input(attributes: dict[str, Any], words: str) -> None:
    data = VehicleRouting(nx.complete_graph(3), 0, 1).to_data()
    data["problem_specific_attributes"] = attributes
    with pytest.raises(ProblemError, match=words):
        build_problem(data)


def test_negative_lengths_and_too_many_customers_are_refused() -> None:
    graph = nx.complete_graph(3)
    nx.set_edge_attributes(graph, -1, "weight")
    with pytest.raises(ProblemError, match="length below 0"):
        VehicleRouting(graph, 0, 1)
    with pytest.raises(ProblemError, match="at most 8"):
        VehicleRouting(nx.complete_graph(10), 0, 1).formulation()
