"""GML, by networkx's reader and writer.

Grammar: M. Himsolt, "GML: A portable graph file format" (1997). Nodes go by their label where all
have one, else by their id.
"""

from __future__ import annotations

import re

import networkx as nx

from quasar.problems.formats.by_networkx import content_of_graph, plain_graph, reading
from quasar.problems.formats.content import Content
from quasar.problems.formats.written import Export


def sniff(text: str) -> bool:
    """Whether a graph opens after remarks and entries such as `Creator "..."`."""
    return re.search(r"^\s*graph\s*\[", text[:4000], re.MULTILINE) is not None


def read(text: str) -> Content:
    """The graph of a GML file."""
    with reading("GML"):
        try:
            graph = nx.parse_gml(text)
        except nx.NetworkXError as error:
            if "label" not in str(error):
                raise
            graph = nx.parse_gml(text, label="id")
    return content_of_graph(graph)


def write(written: Export) -> str:
    """The graph with all that its nodes and edges carry."""
    return "\n".join(nx.generate_gml(plain_graph(written, "GML"))) + "\n"
