"""Tours: the bound on their length that penalties rest on, and how they are written."""

from __future__ import annotations

import networkx as nx
import pytest

from quasar.core.labels import sorted_pair
from quasar.problems.base import encode
from quasar.problems.tsp import TravelingSalesperson, _some_tour


def lengths(*rows: tuple[int, int, int]) -> dict[tuple[int, int], int]:
    return {sorted_pair(u, v): w for u, v, w in rows}


def test_the_bound_is_the_best_tour_of_nearest_neighbours() -> None:
    square = lengths((0, 1, 1), (1, 2, 2), (2, 3, 3), (0, 3, 4), (0, 2, 1), (1, 3, 9))
    # from 0: 0-1-2-3-0 costs 10; from 2: 2-0-1-3-2 costs 14; from 1: 1-0-2-3-1 costs 14
    assert _some_tour([0, 1, 2, 3], square) == 10


def test_without_one_the_bound_is_half_the_two_longest_edges_at_every_node() -> None:
    # Nodes 0 and 1 joined to 2, 3 and 4 and to each other: no tour at all, so every walk is stuck.
    star = lengths(*((hub, leaf, 10 * hub + leaf) for hub in (0, 1) for leaf in (2, 3, 4)))
    at_node = {0: 3 + 4, 1: 13 + 14, 2: 2 + 12, 3: 3 + 13, 4: 4 + 14}
    assert _some_tour([0, 1, 2, 3, 4], star) == sum(at_node.values()) / 2


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
