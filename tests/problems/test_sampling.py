"""Random graphs: shape promises, and that the samplers cover the benchmark's distribution."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import networkx as nx
import pytest

from quasar.core.errors import ProblemError
from quasar.core.seeds import generator
from quasar.problems import sampling
from quasar.problems.base import Problem
from quasar.problems.registry import problem_class
from support.agentq import load_records, problem_data


def test_random_graphs_are_connected_and_within_limits() -> None:
    for seed in range(100):
        graph = sampling.random_graph(generator(seed), 3, 9, max_edges=10)
        assert nx.is_connected(graph)
        assert 3 <= len(graph) <= 9
        assert graph.number_of_edges() <= 10
        assert list(graph) == list(range(len(graph)))
    with pytest.raises(ProblemError, match="at least 5"):
        sampling.random_graph(generator(0), 5, 9, max_edges=3)


def test_random_components_have_the_sizes_asked_for() -> None:
    for seed in range(50):
        graph = sampling.random_components(generator(seed), [2, 3, 5])
        assert sorted(map(len, nx.connected_components(graph))) == [2, 3, 5]


def test_random_networks_lead_from_source_to_sink() -> None:
    for seed in range(100):
        rng = generator(seed)
        n = sampling.integer(rng, 2, 9)
        graph = sampling.random_network(rng, n, sampling.integer(rng, 0, 9))
        assert nx.has_path(graph, 0, n - 1)
        assert graph.in_degree(0) == graph.out_degree(n - 1) == 0
        assert not list(nx.isolates(graph))


def test_sizes_reach_both_ends() -> None:
    rng = generator(0)
    assert {sampling.size(rng, 3, 6) for _ in range(200)} == {3, 4, 5, 6}


def test_planted_edges_are_the_lighter_ones_in_most_graphs() -> None:
    planted = {(0, 1), (1, 2), (2, 3)}
    clear = 0
    seen: set[tuple[bool, int]] = set()
    for seed in range(300):
        graph = sampling.favour(generator(seed), nx.complete_graph(6), planted, 3, 9)
        weights = {edge: graph.edges[edge]["weight"] for edge in graph.edges}
        assert set(weights.values()) <= set(range(1, 10))
        if max(w for edge, w in weights.items() if edge in planted) <= 3:
            others = {w for edge, w in weights.items() if edge not in planted}
            if min(others) > 3:
                clear += 1
                seen |= {(edge in planted, w) for edge, w in weights.items()}
    assert 200 < clear < 250
    assert seen == {(True, w) for w in (1, 2, 3)} | {(False, w) for w in range(4, 10)}


def test_weights_reach_both_ends_and_every_edge_has_one() -> None:
    graph = sampling.set_numbers(generator(0), nx.complete_graph(12), "capacity", 2, 5)
    assert {value for *_, value in graph.edges(data="capacity")} == {2, 3, 4, 5}


def test_nodes_weigh_something_in_half_of_the_graphs() -> None:
    drawn = [sampling.weigh_nodes(generator(seed), nx.path_graph(8)) for seed in range(200)]
    weights = [[w for _, w in graph.nodes(data="weight") if w is not None] for graph in drawn]
    assert {len(found) for found in weights} == {0, 8}
    assert 70 < sum(map(bool, weights)) < 130
    assert {w for found in weights for w in found} == set(range(1, 10))


def _measures(problem: Problem) -> dict[str, Any]:
    graph: Any = problem.graph  # type: ignore[attr-defined]
    out: dict[str, Any] = {
        name: getattr(problem, name)
        for name in ("k", "number_of_colors", "number_of_communities", "communities_size", "kind")
        if hasattr(problem, name)
    }
    out["qubits"] = len(problem.variables("agent-q"))
    out["nodes"] = len(graph.nodes)
    if hasattr(graph, "hyperedges"):
        out["edges"] = len(graph.hyperedges)
        out["largest"] = max(map(len, graph.hyperedges))
        return out
    out["edges"] = graph.number_of_edges()
    for key in ("weight", "capacity"):
        numbers = [value for *_, value in graph.edges(data=key) if value is not None]
        if numbers:
            out[key] = max(numbers)
    return out


def test_samplers_cover_the_records() -> None:
    recorded = defaultdict(list)
    for record in load_records():
        problem = problem_class(record["problem_type"]).from_data(problem_data(record))
        recorded[record["problem_type"]].append(_measures(problem))
    for problem_type, measures in recorded.items():
        cls = problem_class(problem_type)
        sampled = [_measures(cls.sample(generator(seed, "cover"))) for seed in range(600)]
        for name in measures[0]:
            values = [one[name] for one in sampled]
            seen = {one[name] for one in measures}
            if name in ("qubits", "nodes", "edges", "weight", "capacity"):
                covered = min(values) <= min(seen) and max(seen) <= max(values)
            else:
                covered = seen <= set(values)
            assert covered, (problem_type, name, seen, sorted(set(values)))
