"""Bad problem files: every one either works or is refused with one sentence that says why."""

from __future__ import annotations

from typing import Any

import pytest

from quasar.core.errors import ProblemError
from quasar.problems.base import encode
from quasar.problems.registry import problem_class


def graph(n: int, edges: list[tuple[Any, ...]], *, directed: bool = False, **more: Any) -> Any:
    """Node-link data; a third entry of an edge is its attributes."""
    return {
        "directed": directed,
        "nodes": [{"id": i} for i in range(n)],
        "edges": [
            {"source": edge[0], "target": edge[1], **(edge[2] if len(edge) > 2 else {})}
            for edge in edges
        ],
        **more,
    }


PATH = graph(4, [(0, 1), (1, 2), (2, 3)])
EMPTY = graph(0, [])
LOOP = graph(2, [(0, 1), (1, 1)])
PIPE = graph(3, [(0, 1, {"capacity": 2}), (1, 2, {"capacity": 1})], directed=True)
ENDS = {"source": 0, "sink": 2}
PLAIN = {
    "vertex_cover": {},
    "edge_cover": {},
    "matching": {"matching": "maximum"},
    "kclique": {"k": 2},
    "connected_components": {"node": 0},
    "graph_coloring": {"number_of_colors": 2},
    "community_detection": {"number_of_communities": 2},
    "graph_isomorphism": {"autoisomorphic_graph": PATH},
    "hamiltonian_path": {"start_node": 0, "end_node": 3},
}


def refused(problem_type: str, graph: Any, attributes: Any, match: str) -> None:
    data = {"problem_type": problem_type, "graph": graph, "problem_specific_attributes": attributes}
    with pytest.raises(ProblemError, match=match) as caught:
        problem_class(problem_type).from_data(data)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


def accepted(problem_type: str, graph: Any, attributes: Any = None) -> None:
    data = {"problem_type": problem_type, "graph": graph, "problem_specific_attributes": attributes}
    problem = problem_class(problem_type).from_data(data)
    for encoding in problem.encodings:
        encoded = encode(problem, encoding)
        encoded.decode(0)


@pytest.mark.parametrize("problem_type", sorted(PLAIN))
def test_bad_graphs(problem_type: str) -> None:
    attributes = PLAIN[problem_type]
    refused(problem_type, EMPTY, attributes, "is empty: add at least one node")
    refused(problem_type, LOOP, attributes, "edge to itself")
    refused(problem_type, None, attributes, "has no 'graph'")
    refused(problem_type, [1, 2], attributes, "node-link object")
    refused(problem_type, {"nodes": [0]}, attributes, "'nodes' and 'edges'")
    refused(problem_type, {**PATH, "directed": True}, attributes, "needs an undirected")
    refused(problem_type, graph(2, [(0, 1), (1, 0)]), attributes, "listed twice")
    refused(problem_type, graph(2, [(0, 5)]), attributes, "not in the list of nodes")
    refused(problem_type, {"nodes": [0, 1], "hyperedges": [[0, 1]]}, attributes, "hypergraph")
    nameless = {"nodes": [{"id": None}], "edges": []}
    refused(problem_type, nameless, attributes, "must be a number or a string")


@pytest.mark.parametrize("problem_type", sorted(PLAIN))
def test_plain_graphs_and_unknown_attributes_work(problem_type: str) -> None:
    accepted(problem_type, PATH, {**PLAIN[problem_type], "note": "unknown"})
    links = {"nodes": PATH["nodes"], "links": PATH["edges"]}
    accepted(problem_type, links, PLAIN[problem_type])


@pytest.mark.parametrize("problem_type", ["vertex_cover", "edge_cover", "matching"])
def test_no_attributes_work_where_none_are_needed(problem_type: str) -> None:
    for attributes in (None, {}):
        accepted(problem_type, PATH, attributes)


@pytest.mark.parametrize(
    ("problem_type", "missing"),
    [
        ("kclique", "k"),
        ("connected_components", "node"),
        ("graph_coloring", "number_of_colors"),
        ("community_detection", "number_of_communities"),
        ("graph_isomorphism", "autoisomorphic_graph"),
        ("hamiltonian_path", "start_node"),
        ("min_cut", "source"),
        ("max_flow", "source"),
    ],
)
def test_missing_attributes(problem_type: str, missing: str) -> None:
    given = PIPE if problem_type in ("min_cut", "max_flow") else PATH
    for attributes in (None, {}, {missing: None}):
        refused(problem_type, given, attributes, missing)
    refused(problem_type, given, "k=3", "must be an object")
    refused(problem_type, given, [3], "must be an object")


@pytest.mark.parametrize(
    ("problem_type", "given", "attributes", "match"),
    [
        ("kclique", PATH, {"k": 5}, "from 1 to the graph's 4 nodes"),
        ("kclique", PATH, {"k": 0}, "from 1 to the graph's 4 nodes"),
        ("kclique", PATH, {"k": "3"}, "'k' must be of type int"),
        ("kclique", PATH, {"k": True}, "'k' must be of type int"),
        ("connected_components", PATH, {"node": 9}, "not a node of the graph"),
        ("connected_components", PATH, {"node": {"id": 0}}, "number or a string"),
        ("graph_coloring", PATH, {"number_of_colors": 0}, "at least one colour"),
        ("community_detection", PATH, {"number_of_communities": 0}, "at least one"),
        ("community_detection", graph(3, []), {"number_of_communities": 2}, "without edges"),
        (
            "community_detection",
            graph(2, [(0, 1, {"weight": -1})]),
            {"number_of_communities": 2},
            "weights of 0 or more",
        ),
        ("graph_isomorphism", PATH, {"autoisomorphic_graph": graph(3, [])}, "4 and 3 nodes"),
        ("graph_isomorphism", PATH, {"autoisomorphic_graph": EMPTY}, "second graph is empty"),
        ("graph_isomorphism", PATH, {"autoisomorphic_graph": "K4"}, "node-link object"),
        ("hamiltonian_path", PATH, {"start_node": 0, "end_node": 0}, "two different ends"),
        ("hamiltonian_path", PATH, {"start_node": 0, "end_node": "x"}, "not a node"),
        ("matching", PATH, {"matching": "best"}, "use maximum, perfect"),
        ("matching", PATH, {"matching": ["maximum"]}, "unknown 'matching'"),
        (
            "matching",
            graph(3, [(0, 1), (1, 2), (0, 2)]),
            {"matching": "maximum_bipartite"},
            "not bipartite",
        ),
        ("matching", graph(2, [(0, 1, {"weight": "heavy"})]), {}, "must be a finite number"),
        ("matching", graph(2, [(0, 1, {"weight": float("inf")})]), {}, "must be a finite number"),
        ("min_cut", PATH, ENDS, "needs a directed one"),
        ("max_flow", graph(3, [(0, 1)], directed=True), ENDS, "has no 'capacity'"),
        ("min_cut", graph(3, [(0, 1)], directed=True), ENDS, "has no 'capacity'"),
        ("min_cut", PIPE, {"source": 1, "sink": 1}, "two different nodes"),
        ("max_flow", PIPE, {"source": 1, "sink": 1}, "two different nodes"),
        ("max_flow", PIPE, {"source": 0, "sink": 7}, "not a node of the graph"),
        (
            "max_flow",
            graph(3, [(0, 1, {"capacity": 1.5})], directed=True),
            ENDS,
            "scale all capacities to integers",
        ),
        ("max_flow", graph(3, [(0, 1, {"capacity": -1})], directed=True), ENDS, "0 or more"),
        ("min_cut", graph(3, [(0, 1, {"capacity": -1})], directed=True), ENDS, "0 or more"),
        ("hypermaxcut", {"nodes": [], "hyperedges": []}, None, "is empty"),
        ("hypermaxcut", {"nodes": [0, 1], "hyperedges": []}, None, "no hyperedges"),
        ("hypermaxcut", {"nodes": [0, 1], "hyperedges": [[0]]}, None, "two different nodes"),
        ("hypermaxcut", {"nodes": [0, 1], "hyperedges": [[0, 2]]}, None, "is not a node"),
        ("hypermaxcut", {"nodes": [0, 0], "hyperedges": [[0, 1]]}, None, "listed twice"),
        ("hypermaxcut", {"nodes": [0, 1], "hyperedges": [3]}, None, "must be a list"),
        ("hypermaxcut", {"nodes": 3, "hyperedges": []}, None, "must be lists"),
        ("hypermaxcut", PATH, None, "needs a hypergraph"),
    ],
)
def test_bad_values(problem_type: str, given: Any, attributes: Any, match: str) -> None:
    refused(problem_type, given, attributes, match)


@pytest.mark.parametrize(
    ("problem_type", "given", "attributes"),
    [
        ("vertex_cover", graph(2, []), None),
        ("matching", graph(3, [(0, 1)]), {"matching": None, "extra": None}),
        ("kclique", graph(1, []), {"k": 1}),
        ("graph_coloring", graph(2, [(0, 1)]), {"number_of_colors": 1}),
        ("community_detection", graph(3, [(0, 1)]), {"number_of_communities": 5}),
        ("graph_isomorphism", graph(1, []), {"autoisomorphic_graph": graph(1, [])}),
        ("hamiltonian_path", graph(3, [(0, 2)]), {"start_node": 0, "end_node": 2}),
        ("min_cut", graph(3, [], directed=True), ENDS),
        ("min_cut", graph(3, [(0, 1, {"capacity": 0.5})], directed=True), ENDS),
        ("max_flow", graph(3, [(1, 2, {"capacity": 1})], directed=True), ENDS),
        ("max_flow", graph(3, [(0, 1, {"capacity": 2.0})], directed=True), ENDS),
    ],
)
def test_extreme_but_legal(problem_type: str, given: Any, attributes: Any) -> None:
    accepted(problem_type, given, attributes)


@pytest.mark.parametrize(
    ("problem_type", "given", "attributes"),
    [
        ("matching", graph(3, []), None),
        ("connected_components", graph(1, []), {"node": 0}),
        ("hamiltonian_path", graph(2, [(0, 1)]), {"start_node": 0, "end_node": 1}),
        ("max_flow", graph(3, [(0, 1, {"capacity": 0})], directed=True), ENDS),
    ],
)
def test_nothing_to_decide(problem_type: str, given: Any, attributes: Any) -> None:
    data = {"graph": given, "problem_specific_attributes": attributes}
    problem = problem_class(problem_type).from_data(data)
    with pytest.raises(ProblemError, match=r"nothing to decide.*quasar solve"):
        encode(problem)


def test_unknown_problem_type_lists_the_known_ones() -> None:
    with pytest.raises(ProblemError, match="vertex_cover"):
        problem_class("travelling_circus")
