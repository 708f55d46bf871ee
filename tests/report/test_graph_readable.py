"""Graph pictures that can be read, however many nodes and whatever their names."""

from __future__ import annotations

import html
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import networkx as nx
import pytest

from quasar.problems.maxcut import MaxCut
from quasar.report import style
from quasar.report.graph_picture import GraphPicture
from quasar.report.layout import nearest

KARATE = nx.Graph(nx.karate_club_graph().edges())
CUBIC = nx.random_regular_graph(3, 100, seed=1)


def drawn(graph: nx.Graph) -> GraphPicture:
    return GraphPicture(MaxCut(graph).overlay(list(graph)[::2]))


@pytest.mark.parametrize("graph", [KARATE, CUBIC, nx.gnp_random_graph(24, 0.6, seed=1)])
def test_nodes_do_not_touch(graph: nx.Graph) -> None:
    picture = drawn(graph)
    assert nearest(picture.places.values()) > 2 * picture.radius
    assert picture.font >= 6.0
    assert max(picture.figure.get_size_inches()) < 12


def test_two_hundred_names_are_left_out_and_the_title_says_so() -> None:
    graph = nx.relabel_nodes(nx.cycle_graph(200), {i: f"station {i}" for i in range(200)})
    picture = drawn(graph)
    assert picture.texts == {}
    assert "200 nodes, without their names" in picture.figure.texts[0].get_text()
    assert nearest(picture.places.values()) > 2 * picture.radius


def test_numbers_beside_edges_cover_no_node_and_no_other_number() -> None:
    graph = nx.gnp_random_graph(9, 0.5, seed=2)
    for i, edge in enumerate(graph.edges):
        graph.edges[edge]["weight"] = 1.5 + i * 7.25
    picture = drawn(graph)
    style.finished(picture.figure).canvas.draw()
    numbers = [t for t in picture.axes.texts if "." in t.get_text() or len(t.get_text()) > 1]
    boxes = [text.get_window_extent() for text in numbers]
    assert len(boxes) == graph.number_of_edges()
    overlaps = [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a.overlaps(b)]
    assert overlaps == []


NAMES = ("a<b", "R&D", "$x_1$", "snake_case", "<b>&amp;</b>", '"quoted"')


def test_every_letter_of_a_name_is_drawn_in_svg(tmp_path: Path) -> None:
    graph = nx.relabel_nodes(nx.cycle_graph(len(NAMES)), dict(enumerate(NAMES)))
    picture = drawn(graph)
    style.save(picture.figure, tmp_path / "g.svg", tight=False)
    builder = ET.TreeBuilder(insert_comments=True)
    page = ET.parse(tmp_path / "g.svg", ET.XMLParser(target=builder)).getroot()
    # Letters are shapes; the text that they spell stands in a comment beside them.
    spelled: dict[str, int] = {}
    for group in page.iter():
        if group.tag is ET.Comment:
            continue
        children = list(group)
        for comment, shapes in pairwise(children):
            if comment.tag is ET.Comment and shapes.tag is not ET.Comment:
                uses = [e for e in shapes.iter() if str(e.tag).endswith("}use")]
                spelled[html.unescape(comment.text or "").strip()] = len(uses)
    for name in NAMES:
        assert spelled.get(name) == len(name.replace(" ", "")), (name, spelled)
