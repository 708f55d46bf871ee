"""Exactness where the samplers do not go: odd weights, odd graphs, odd names, no solution."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import networkx as nx
import numpy as np
import pytest

from problems.solvers import SOLVERS, canonical
from quasar.core.errors import ProblemError
from quasar.core.seeds import generator
from quasar.problems import sampling
from quasar.problems.base import Problem, encode
from quasar.problems.community_detection import CommunityDetection
from quasar.problems.connected_components import ConnectedComponents
from quasar.problems.edge_cover import EdgeCover
from quasar.problems.graph_coloring import GraphColoring
from quasar.problems.graph_isomorphism import GraphIsomorphism
from quasar.problems.graphs import Hypergraph
from quasar.problems.hamiltonian_path import HamiltonianPath
from quasar.problems.hypermaxcut import HyperMaxCut
from quasar.problems.kclique import KClique
from quasar.problems.matching import Matching
from quasar.problems.max_flow import MaxFlow
from quasar.problems.min_cut import MinCut
from quasar.problems.registry import PROBLEMS
from quasar.problems.vertex_cover import VertexCover


def ground_solutions(problem: Problem) -> set[Hashable]:
    encoded = encode(problem, "exact")
    states = [encoded.decode(int(k)) for k in encoded.hamiltonian.spectrum.ground_states]
    assert all(problem.is_feasible(state.solution) for state in states)
    return {canonical(state.solution) for state in states}


def is_exact(problem: Problem) -> bool:
    return ground_solutions(problem) == SOLVERS[problem.problem_type](problem)


def any_graph(rng: np.random.Generator, n: int, edges: int) -> nx.Graph:
    """Connected or not, isolated nodes included."""
    pairs = [(u, v) for v in range(n) for u in range(v)]
    return sampling.graph_from(n, set(sampling.subset(rng, pairs, min(edges, len(pairs)))))


def any_network(rng: np.random.Generator, n: int, arcs: int, high: int) -> nx.DiGraph:
    """Arcs anywhere, into the source and out of the sink too; capacities from 0."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(n))
    pairs = [(u, v) for u in range(n) for v in range(n) if u != v]
    graph.add_edges_from(sampling.subset(rng, pairs, arcs))
    return sampling.set_numbers(rng, graph, "capacity", 0, high)


def _matching(rng: np.random.Generator) -> Problem:
    graph = any_graph(rng, 7, sampling.integer(rng, 1, 10))
    low, high = sampling.choice(rng, [(-20, 20), (-3, 0), (0, 0), (0, 100), (7, 9)])
    return Matching(sampling.set_numbers(rng, graph, "weight", low, high))


def _hamiltonian_path(rng: np.random.Generator) -> Problem:
    graph = sampling.graph_from(5, {(i, i + 1) for i in range(4)})
    graph.add_edges_from(any_graph(rng, 5, sampling.integer(rng, 0, 10)).edges)
    low, high = sampling.choice(rng, [(-20, 20), (-3, -3), (0, 1), (50, 60)])
    return HamiltonianPath(sampling.set_numbers(rng, graph, "weight", low, high), 0, 4)


def _community_detection(rng: np.random.Generator) -> Problem:
    graph = any_graph(rng, 6, sampling.integer(rng, 1, 10))
    weighted = sampling.set_numbers(rng, graph, "weight", 0, 30)
    graph.edges[next(iter(graph.edges))]["weight"] = 30
    return CommunityDetection(weighted, sampling.integer(rng, 1, 2))


def _max_flow(rng: np.random.Generator) -> Problem:
    while True:
        problem = MaxFlow(any_network(rng, 4, sampling.integer(rng, 2, 7), 3), 0, 3)
        if 0 < len(problem.variables("exact")) <= 11:
            return problem


def _min_cut(rng: np.random.Generator) -> Problem:
    return MinCut(any_network(rng, 6, sampling.integer(rng, 0, 20), 9), 0, 5)


def _connected_components(rng: np.random.Generator) -> Problem:
    return ConnectedComponents(any_graph(rng, 8, sampling.integer(rng, 0, 12)), 3)


def _vertex_cover(rng: np.random.Generator) -> Problem:
    return VertexCover(any_graph(rng, 8, sampling.integer(rng, 0, 20)))


def _graph_coloring(rng: np.random.Generator) -> Problem:
    return GraphColoring(any_graph(rng, 4, 3), 3)


def _hypermaxcut(rng: np.random.Generator) -> Problem:
    sizes = [sampling.integer(rng, 2, 8) for _ in range(sampling.integer(rng, 1, 12))]
    edges = [tuple(sampling.permutation(rng, range(8))[:size]) for size in sizes]
    return HyperMaxCut(Hypergraph(tuple(range(8)), tuple(edges)))


@pytest.mark.parametrize(
    "make",
    [
        _matching,
        _hamiltonian_path,
        _community_detection,
        _max_flow,
        _min_cut,
        _connected_components,
        _vertex_cover,
        _graph_coloring,
        _hypermaxcut,
    ],
)
def test_exact_on_odd_instances(make: Callable[[np.random.Generator], Problem]) -> None:
    for seed in range(60):
        problem = make(generator(seed, "odd"))
        assert is_exact(problem), problem.to_data()


def test_perfect_matching_prefers_covering_all_to_a_lighter_pair() -> None:
    graph = nx.Graph([(0, 1), (1, 2), (2, 3)])
    nx.set_edge_attributes(graph, {(0, 1): 500, (1, 2): -500, (2, 3): 500}, "weight")
    for kind in ("perfect", "maximum", "perfect_bipartite", "maximum_bipartite"):
        assert ground_solutions(Matching(graph, kind)) == {((0, 1), (2, 3))}


def test_near_perfect_matching_leaves_one_node() -> None:
    graph = nx.Graph([(0, 1), (1, 2)])
    problem = Matching(graph, "near_perfect")
    assert ground_solutions(problem) == {((0, 1),), ((1, 2),)}
    assert not Matching(nx.path_graph(5), "near_perfect").is_feasible([[0, 1]])


def test_weights_that_are_not_whole_numbers() -> None:
    weights = {(0, 1): 0.25, (1, 2): 0.5, (2, 3): 0.125, (3, 0): 1e-3, (0, 2): 2.5}
    graph = nx.Graph(weights.keys())
    nx.set_edge_attributes(graph, weights, "weight")
    assert ground_solutions(Matching(graph)) == {((0, 1), (2, 3))}
    assert ground_solutions(HamiltonianPath(graph, 0, 3)) == {(0, 1, 2, 3)}
    network = nx.DiGraph(weights.keys())
    nx.set_edge_attributes(network, weights, "capacity")
    # Cut behind node 2, since 2 -> 3 is the narrowest arc.
    assert ground_solutions(MinCut(network, 0, 3)) == {(0, 1, 2)}


def test_a_path_without_weights_is_any_path() -> None:
    graph = nx.complete_graph(5)
    paths = ground_solutions(HamiltonianPath(graph, 0, 4))
    assert len(paths) == 6
    nx.set_edge_attributes(graph, 1, "weight")
    graph.edges[1, 2]["weight"] = 3
    assert len(ground_solutions(HamiltonianPath(graph, 0, 4))) == 2


def test_component_of_an_isolated_node_is_itself() -> None:
    graph = nx.Graph([(0, 1), (1, 2)])
    graph.add_node("alone")
    assert ground_solutions(ConnectedComponents(graph, "alone")) == {("alone",)}
    assert ConnectedComponents(graph, "alone").is_feasible(["alone"])


def test_flow_in_circles_and_back_into_the_source_is_counted_net() -> None:
    graph = nx.DiGraph([(0, 1), (1, 0), (1, 2)])
    nx.set_edge_attributes(graph, {(0, 1): 3, (1, 0): 1, (1, 2): 1}, "capacity")
    problem = MaxFlow(graph, 0, 2)
    assert is_exact(problem)
    assert problem.objective([[0, 1, 2], [1, 0, 1], [1, 2, 1]]) == 1
    assert problem.is_feasible([[0, 1, 1], [1, 2, 1]])
    assert not problem.is_feasible([[0, 1, 4], [1, 2, 1]])
    assert not problem.is_feasible([[0, 1, 0.5], [1, 2, 0.5]])


def test_large_products_are_expanded_up_to_a_limit() -> None:
    nodes = tuple(range(14))
    encoded = encode(HyperMaxCut(Hypergraph(nodes, (nodes,))))
    assert encoded.hamiltonian.spectrum.n_ground_states == 2**14 - 2
    nodes = tuple(range(17))
    with pytest.raises(ProblemError, match="product of 17 variables"):
        encode(HyperMaxCut(Hypergraph(nodes, (nodes,))))
    with pytest.raises(ProblemError, match="node 0 leads to a product of 17"):
        encode(EdgeCover(nx.star_graph(17)))


@pytest.mark.parametrize(
    "problem",
    [
        Matching(nx.path_graph(3), "perfect"),
        KClique(nx.path_graph(4), 3),
        GraphColoring(nx.complete_graph(3), 2),
        GraphIsomorphism(nx.path_graph(3), nx.complete_graph(3)),
        HamiltonianPath(nx.star_graph(3), 1, 2),
        HamiltonianPath(nx.Graph([(0, 1), (2, 3)]), 0, 3),
    ],
    ids=lambda problem: problem.problem_type,
)
def test_without_a_solution_no_state_is_feasible(problem: Problem) -> None:
    encoded = encode(problem, "exact")
    states = [encoded.decode(k) for k in range(1 << encoded.n_qubits)]
    assert not any(state.feasible for state in states)


def test_edge_cover_of_an_isolated_node_does_not_exist() -> None:
    graph = nx.path_graph(3)
    graph.add_node(7)
    for encoding in ("exact", "agent-q"):
        encoded = encode(EdgeCover(graph), encoding)
        assert encoded.n_qubits == 2
        assert encoded.optimality.status == "infeasible"
        assert not encoded.optimality.optimal.any()


def _renamed(value: Any, names: dict[int, str], key: str = "") -> Any:
    """A problem file with other node names."""
    if key in ("id", "source", "target", "sink", "node", "start_node", "end_node"):
        return names[value]
    if key in ("nodes", "hyperedges") and value and not isinstance(value[0], dict):
        return [names[v] if isinstance(v, int) else _renamed(v, names, key) for v in value]
    if isinstance(value, dict):
        return {k: _renamed(v, names, k) for k, v in value.items()}
    if isinstance(value, list):
        return [_renamed(v, names) for v in value]
    return value


def _renamed_solution(problem_type: str, solution: Any, names: dict[int, str]) -> Any:
    if problem_type in ("graph_coloring", "community_detection"):
        return tuple((names[v], label) for v, label in solution)
    if problem_type == "max_flow":
        return tuple((names[u], names[v], flow) for u, v, flow in solution)
    return tuple(
        names[part] if isinstance(part, int) else tuple(names[v] for v in part) for part in solution
    )


@pytest.mark.parametrize("problem_type", sorted(SOLVERS))
def test_node_names_may_be_any_text(problem_type: str) -> None:
    names = {i: f"Käse-Theke № {i}, links" for i in range(20)}
    cls = type(_sample(problem_type, 0))
    for seed in range(5):
        plain = _sample(problem_type, seed)
        other = cls.from_data(_renamed(plain.to_data(), names))
        expected = {_renamed_solution(problem_type, one, names) for one in ground_solutions(plain)}
        assert ground_solutions(other) == expected


def _sample(problem_type: str, seed: int) -> Problem:
    return PROBLEMS[problem_type].sample(generator(seed, "names"), 11)
