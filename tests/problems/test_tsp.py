"""Tours: the bound on their length that penalties rest on, and how they are written."""

from __future__ import annotations

from itertools import pairwise, permutations
from typing import Any

import networkx as nx
import pytest

from problems.brute_force import best, ground_solutions, has_no_solution, total
from quasar.core.seeds import generator
from quasar.data.identity import instance_id
from quasar.problems.base import encode
from quasar.problems.load import load_problem
from quasar.problems.tsp import TravelingSalesperson, _some_tour
from quasar.prompts.published import published_prompt
from quasar.prompts.read_back import read_prompt


def lengths(*rows: tuple[int, int, int]) -> dict[tuple[int, int], int]:
    """Arcs both ways."""
    return {arc: w for u, v, w in rows for arc in ((u, v), (v, u))}


def test_the_bound_is_the_best_tour_of_nearest_neighbours() -> None:
    square = lengths((0, 1, 1), (1, 2, 2), (2, 3, 3), (0, 3, 4), (0, 2, 1), (1, 3, 9))
    # from 0: 0-1-2-3-0 costs 10; from 2: 2-0-1-3-2 costs 14; from 1: 1-0-2-3-1 costs 14
    assert _some_tour([0, 1, 2, 3], square, directed=False) == 10


def test_without_one_the_bound_is_half_the_two_longest_edges_at_every_node() -> None:
    # Nodes 0 and 1 joined to 2, 3 and 4 and to each other: no tour at all, so every walk is stuck.
    star = lengths(*((hub, leaf, 10 * hub + leaf) for hub in (0, 1) for leaf in (2, 3, 4)))
    at_node = {0: 3 + 4, 1: 13 + 14, 2: 2 + 12, 3: 3 + 13, 4: 4 + 14}
    assert _some_tour([0, 1, 2, 3, 4], star, directed=False) == sum(at_node.values()) / 2
    assert _some_tour([0, 1, 2, 3, 4], star, directed=True) == 4 + 14 + 12 + 13 + 14


def test_a_tour_is_turned_round_only_where_it_is_complete() -> None:
    problem = TravelingSalesperson(nx.complete_graph(4))
    zeros = dict.fromkeys(problem.variables("exact"), 0)
    whole = {**zeros, (3, 1): 1, (1, 2): 1, (2, 3): 1}
    broken = {**zeros, (3, 1): 1, (2, 3): 1}
    assert problem.decode(whole, "exact") == [0, 2, 1, 3]
    assert problem.decode(broken, "exact") == [0, 3, None, 2]
    forward = {**zeros, (2, 1): 1, (1, 2): 1, (3, 3): 1}
    assert problem.decode(forward, "exact") == [0, 2, 1, 3]


def test_the_cost_of_a_tour_is_its_length() -> None:
    graph = nx.complete_graph(4)
    for u, v in graph.edges:
        graph.edges[u, v]["weight"] = 3 * u + v
    encoded = encode(TravelingSalesperson(graph))
    for index in map(int, encoded.hamiltonian.spectrum.ground_states):
        decoded = encoded.decode(index)
        assert decoded is not None
        energy = encoded.hamiltonian.energy(index) + encoded.hamiltonian.constant
        assert decoded.objective == pytest.approx(energy)


def random_digraph(seed: int) -> nx.DiGraph:
    rng = generator(seed, "directed tour")
    n = int(rng.integers(3, 5))
    graph = nx.DiGraph()
    graph.add_nodes_from(range(n))
    density = float(rng.choice([1.0, 0.7]))
    for arc in permutations(range(n), 2):
        if rng.random() < density:
            graph.add_edge(*arc, weight=int(rng.integers(-5, 20)) / 10)
    return graph


def test_directed_tours_against_all_orders_of_the_nodes() -> None:
    solved = 0
    for seed in range(60):
        graph = random_digraph(seed)
        tours = [[0, *rest] for rest in permutations(range(1, len(graph)))]

        def legs(tour: Any) -> Any:
            return list(pairwise([*tour, tour[0]]))

        def length(tour: Any, graph: nx.DiGraph = graph) -> Any:
            return total(graph.edges[leg]["weight"] for leg in legs(tour))

        valid = [tour for tour in tours if all(graph.has_edge(*leg) for leg in legs(tour))]
        problem = TravelingSalesperson(graph)
        if not valid:
            assert has_no_solution(problem)
            continue
        solved += 1
        assert ground_solutions(problem) == best(valid, length, "min")
    assert solved > 40


def test_directed_files_prompts_and_pictures_keep_the_direction() -> None:
    graph = nx.DiGraph([(0, 1), (1, 2), (2, 0)])
    problem = TravelingSalesperson(graph)
    encoded = load_problem(problem.to_data())
    assert encoded.problem == problem
    assert read_prompt(published_prompt(encoded))[0].problem == problem
    assert ground_solutions(problem) == {(0, 1, 2)}
    assert not problem.is_feasible([0, 2, 1])
    found = problem.overlay([0, 1, 2])
    assert found is not None
    assert found.strong == {(0, 1), (1, 2), (2, 0)}
    assert instance_id(problem) != instance_id(TravelingSalesperson(nx.Graph(graph)))
