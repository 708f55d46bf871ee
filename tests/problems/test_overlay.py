"""What solutions look like on graphs, by hand."""

import networkx as nx
import pytest

from quasar.core.seeds import generator
from quasar.problems.base import encode
from quasar.problems.load import build_problem
from quasar.problems.overlay import label_text
from quasar.problems.registry import PROBLEMS


def edges(*pairs, **attributes):
    return [
        {"source": u, "target": v, **{k: values[i] for k, values in attributes.items()}}
        for i, (u, v) in enumerate(pairs)
    ]


def make(problem_type, nodes, edge_list, attributes=None, directed=False):
    graph = {"directed": directed, "nodes": [{"id": v} for v in nodes], "edges": edge_list}
    return build_problem(
        {
            "problem_type": problem_type,
            "graph": graph,
            "problem_specific_attributes": attributes or {},
        }
    )


SQUARE = edges((0, 1), (1, 2), (2, 3), (0, 3))


def undirected(pairs):
    return {frozenset(pair) for pair in pairs}


def test_vertex_cover():
    problem = make("vertex_cover", range(4), SQUARE)
    found = problem.overlay([0, 2])
    assert found.groups == {0: 0, 2: 0}
    assert not found.wrong_edges
    assert found.title == "Vertex cover of 2 nodes"
    broken = problem.overlay([0])
    assert undirected(broken.wrong_edges) == undirected([(1, 2), (2, 3)])
    assert broken.title == "Vertex cover of 1 node (infeasible)"
    assert broken.legend[-1].wrong


def test_independent_set():
    problem = make("max_independent_set", range(4), SQUARE)
    found = problem.overlay([1, 3])
    assert not found.wrong_edges
    assert found.groups == {1: 0, 3: 0}
    assert undirected(problem.overlay([1, 2]).wrong_edges) == undirected([(1, 2)])


def test_weights_are_shown():
    nodes = [{"id": v, "weight": 3 + v} for v in range(4)]
    graph = {"nodes": nodes, "edges": SQUARE}
    cover = build_problem({"problem_type": "vertex_cover", "graph": graph})
    found = cover.overlay([0, 2])
    assert found.title == "Vertex cover of 2 nodes, weight 8"
    assert found.notes[1] == "weight 4"
    edge_cover = make("edge_cover", range(4), edges((0, 1), (2, 3), (1, 2), weight=[1, 2.5, 9]))
    found = edge_cover.overlay([[0, 1], [2, 3]])
    assert found.title == "Edge cover of 2 edges, weight 3.5"
    assert sorted(found.edge_labels.values()) == ["1", "2.5", "9"]
    hyperedges = [{"nodes": [0, 1, 2], "weight": 2}, {"nodes": [1, 2], "weight": 5}]
    graph = {"nodes": [0, 1, 2], "hyperedges": hyperedges}
    found = build_problem({"problem_type": "hypermaxcut", "graph": graph}).overlay([0])
    assert found.title == "Cut of 1 of 2 hyperedges, weight 2"


def test_clique():
    problem = make("kclique", range(4), [*SQUARE, *edges((0, 2))], {"k": 3})
    found = problem.overlay([0, 1, 2])
    assert undirected(found.strong) == undirected([(0, 1), (1, 2), (0, 2)])
    assert undirected(problem.overlay([1, 2, 3]).wrong_edges) == undirected([(1, 3)])


def test_component():
    problem = make("connected_components", range(5), edges((0, 1), (1, 2), (3, 4)), {"node": 1})
    found = problem.overlay([0, 1, 2])
    assert found.groups == {0: 0, 1: 0, 2: 0}
    assert undirected(found.strong) == undirected([(0, 1), (1, 2)])
    assert found.notes == {1: "asked for"}
    assert undirected(problem.overlay([1, 2]).wrong_edges) == undirected([(0, 1)])


def test_max_cut():
    problem = make("maxcut", "abc", edges("ab", "bc", "ac", weight=[2, 3, 4]))
    found = problem.overlay(["a"])
    assert found.groups == {"a": 0, "b": 1, "c": 1}
    assert undirected(found.strong) == undirected(["ab", "ac"])
    assert found.title == "Cut of 2 of 3 edges, weight 6"
    assert sorted(found.edge_labels.values()) == ["2", "3", "4"]


def test_cut_without_weights_has_no_labels():
    assert not make("maxcut", range(4), SQUARE).overlay([0]).edge_labels


def test_min_cut():
    problem = make(
        "min_cut",
        "sabt",
        edges("sa", "sb", "at", "bt", "ba", capacity=[3, 1, 2, 2, 1]),
        {"source": "s", "sink": "t"},
        directed=True,
    )
    found = problem.overlay(["s", "a"])
    # Arcs from the source's side only; b to a runs the other way.
    assert found.strong == {("s", "b"), ("a", "t")}
    assert found.arrows == {("s", "a"), ("s", "b"), ("a", "t"), ("b", "t"), ("b", "a")}
    assert found.title == "Cut of capacity 3"
    assert found.notes == {"s": "source", "t": "sink"}


def test_hypergraph():
    problem = build_problem(
        {
            "problem_type": "hypermaxcut",
            "graph": {"nodes": [0, 1, 2, 3], "hyperedges": [[0, 1], [1, 2, 3], [0, 3]]},
        }
    )
    found = problem.overlay([0])
    assert found.groups == {0: 0, 1: 1, 2: 1, 3: 1}
    assert len(found.junctions) == 1
    assert undirected(found.strong) == undirected([(0, 1), (0, 3)])
    assert found.title == "Cut of 2 of 3 hyperedges"
    (junction,) = found.junctions
    spokes = problem.overlay([1]).strong
    assert {v for u, v in spokes if u == junction} == {1, 2, 3}


def test_edge_cover():
    problem = make("edge_cover", range(4), SQUARE)
    found = problem.overlay([[0, 1], [2, 3]])
    assert undirected(found.strong) == undirected([(0, 1), (2, 3)])
    assert not found.wrong_nodes
    assert problem.overlay([[0, 1]]).wrong_nodes == {2, 3}


def test_matching():
    problem = make("matching", range(4), SQUARE)
    found = problem.overlay([[0, 1], [2, 3]])
    assert set(found.groups) == {0, 1, 2, 3}
    assert problem.overlay([[0, 1], [1, 2]]).wrong_nodes == {1}


def test_max_flow():
    problem = make(
        "max_flow",
        "sat",
        edges("sa", "at", "st", capacity=[2, 3, 1]),
        {"source": "s", "sink": "t"},
        directed=True,
    )
    found = problem.overlay([["s", "a", 2], ["a", "t", 2], ["s", "t", 0]])
    assert found.edge_labels == {("s", "a"): "2/2", ("a", "t"): "2/3", ("s", "t"): "0/1"}
    assert found.strong == {("s", "a"), ("a", "t")}
    assert not found.wrong_nodes
    assert problem.overlay([["s", "a", 2], ["a", "t", 1], ["s", "t", 0]]).wrong_nodes == {"a"}


def test_hamiltonian_path():
    attributes = {"start_node": 0, "end_node": 3}
    problem = make("hamiltonian_path", range(4), SQUARE, attributes)
    found = problem.overlay([0, 1, 2, 3])
    assert found.strong == found.arrows == {(0, 1), (1, 2), (2, 3)}
    assert found.notes == {0: "start", 3: "end"}
    broken = problem.overlay([0, 2, None, 3])
    assert broken.wrong_edges == {(0, 2)}
    assert not broken.strong


def test_tour():
    problem = make("tsp", range(4), [{**e, "weight": 2} for e in [*SQUARE, *edges((0, 2), (1, 3))]])
    found = problem.overlay([0, 1, 2, 3])
    assert found.strong == {(0, 1), (1, 2), (2, 3), (3, 0)}
    assert found.title == "Tour of length 8"
    assert "infeasible" in problem.overlay([0, 1, None, 3]).title


def test_coloring():
    problem = make("graph_coloring", range(4), SQUARE, {"number_of_colors": 2})
    found = problem.overlay([[0, 0], [1, 1], [2, 0], [3, 1]])
    assert found.groups == {0: 0, 1: 1, 2: 0, 3: 1}
    assert [key.text for key in found.legend] == ["colour 0", "colour 1"]
    broken = problem.overlay([[0, 0], [1, 0], [2, 0], [2, 1]])
    assert broken.groups == {0: 0, 1: 0}
    assert broken.wrong_nodes == {2, 3}
    assert undirected(broken.wrong_edges) == undirected([(0, 1)])


def test_communities():
    problem = make(
        "community_detection",
        range(4),
        edges((0, 1), (1, 2), (2, 3), weight=[1, 1, 1]),
        {"number_of_communities": 2},
    )
    found = problem.overlay([[0, 0], [1, 0], [2, 1], [3, 1]])
    assert undirected(found.strong) == undirected([(0, 1), (2, 3)])
    assert found.title.startswith("2 communities, modularity 0.167")


def test_isomorphism():
    problem = PROBLEMS["graph_isomorphism"](nx.path_graph(3), nx.Graph([(0, 1), (0, 2)]))
    found = problem.overlay([[0, 1], [1, 0], [2, 2]])
    assert found.groups[0, 1] == found.groups[1, 0]
    assert found.images == {(1, 1): (0, 0), (1, 0): (0, 1), (1, 2): (0, 2)}
    assert not found.wrong_edges
    broken = problem.overlay([[0, 0], [1, 1], [2, 2]])
    assert undirected(broken.wrong_edges) == undirected([((0, 1), (0, 2)), ((1, 0), (1, 2))])


@pytest.mark.parametrize("problem_type", sorted(PROBLEMS))
def test_optimal_solutions_break_nothing(problem_type):
    limit = 16 if problem_type in {"hamiltonian_path", "graph_isomorphism"} else 12
    for seed in range(3):
        problem = PROBLEMS[problem_type].sample(generator(seed, problem_type), limit)
        encoded = encode(problem)
        best = encoded.decode(int(encoded.hamiltonian.spectrum.ground_states[0]))
        found = problem.overlay(best.solution)
        if found is None:
            assert not hasattr(problem, "graph")
            continue
        assert "infeasible" not in found.title
        assert not found.wrong_edges
        assert not found.wrong_nodes
        nodes = set(found.graph)
        assert set(found.groups) <= nodes
        assert {node for edge in found.strong for node in edge} <= nodes


@pytest.mark.parametrize("problem_type", sorted(PROBLEMS))
def test_the_legend_explains_every_colour(problem_type):
    for seed in range(4):
        problem = PROBLEMS[problem_type].sample(generator(seed, problem_type), 16)
        encoded = encode(problem)
        for index in generator(seed).integers(0, 1 << encoded.n_qubits, 20):
            found = problem.overlay(encoded.decode(int(index)).solution)
            explained = {entry.group for entry in found.legend} if found else set()
            if explained - {None}:
                assert set(found.groups.values()) <= explained


@pytest.mark.parametrize("problem_type", sorted(PROBLEMS))
def test_any_assignment_has_an_overlay(problem_type):
    problem = PROBLEMS[problem_type].sample(generator(1, problem_type), 16)
    encoded = encode(problem)
    for index in generator(0, problem_type).integers(0, 1 << encoded.n_qubits, 30):
        decoded = encoded.decode(int(index))
        found = problem.overlay(decoded.solution)
        if found is not None:
            assert ("infeasible" in found.title) != decoded.feasible


def test_names_as_written():
    assert label_text("Zürich") == "Zürich"
    assert label_text((1, ("a", 2))) == "(1, (a, 2))"
