"""Where nodes and names stand."""

import networkx as nx
import numpy as np
import pytest

from quasar.report.layout import MAX_WIDTH, SPACE, Box, name_boxes, positions, with_junctions

GRAPHS = {
    "one": nx.empty_graph(1),
    "two": nx.path_graph(2),
    "path": nx.path_graph(9),
    "petersen": nx.petersen_graph(),
    "families": nx.florentine_families_graph(),
    "parts": nx.disjoint_union_all([nx.cycle_graph(5), nx.star_graph(4), nx.empty_graph(3)]),
    "complete": nx.complete_graph(10),
    "arcs": nx.DiGraph([(0, 1), (1, 0), (1, 2)]),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_nodes_are_apart(name):
    places = positions(GRAPHS[name])
    assert set(places) == set(GRAPHS[name])
    points = np.array(list(places.values()))
    assert points.min(axis=0) == pytest.approx([0, 0], abs=1e-9)
    assert points[:, 0].max() <= MAX_WIDTH + 1e-9
    distances = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    np.fill_diagonal(distances, np.inf)
    assert distances.min() >= 0.95 * SPACE


def test_deterministic():
    first, second = (positions(nx.florentine_families_graph()) for _ in range(2))
    assert all(np.array_equal(first[node], second[node]) for node in first)


def test_planar_drawing_where_the_springs_allow():
    places = positions(nx.florentine_families_graph())
    segments = [(places[u], places[v]) for u, v in nx.florentine_families_graph().edges]

    def side(a, b, c):
        return np.sign((b - a)[0] * (c - a)[1] - (b - a)[1] * (c - a)[0])

    crossings = sum(
        side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
        for i, (a, b) in enumerate(segments)
        for c, d in segments[:i]
        if not any(np.array_equal(p, q) for p in (a, b) for q in (c, d))
    )
    assert crossings == 0


def test_source_left_of_sink():
    graph = nx.path_graph(5)
    for first, last in ((0, 4), (4, 0)):
        places = positions(graph, (first, last))
        assert places[first][0] < places[last][0]
        assert places[first][1] == pytest.approx(places[last][1], abs=1e-6)


def test_junctions_do_not_coincide():
    places = positions(nx.complete_graph(4))
    found = with_junctions(places, {"a": [0, 1, 2, 3], "b": [0, 1, 2, 3], "c": [0, 1, 2]})
    assert set(found) == {*places, "a", "b", "c"}
    assert all(np.array_equal(found[node], places[node]) for node in places)
    points = [found[name] for name in "abc"]
    assert min(np.hypot(*(p - q)) for i, p in enumerate(points) for q in points[:i]) > 0.15


def test_names_keep_off_nodes_and_each_other():
    graph = nx.florentine_families_graph()
    places = positions(graph)
    sizes = {node: (0.07 * len(node), 0.13) for node in graph}
    segments = [(places[u], places[v]) for u, v in graph.edges]
    boxes = name_boxes(places, segments, sizes, 0.12)
    assert set(boxes) == set(graph)
    listed = list(boxes.values())
    assert all(a.overlap(b) == 0 for i, a in enumerate(listed) for b in listed[:i])
    for box in listed:
        for x, y in places.values():
            assert box.overlap(Box(x - 0.12, y - 0.12, 0.24, 0.24)) == 0
