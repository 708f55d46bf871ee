"""GEXF, by networkx's reader and writer.

Grammar: https://gexf.net (1.1 to 1.3). Nodes go by their id; labels and what only concerns pictures
(`viz`) describe.
"""

from __future__ import annotations

import io

import networkx as nx

from quasar.core.errors import ProblemError
from quasar.problems.formats.by_networkx import content_of_graph, plain_graph, reading
from quasar.problems.formats.content import Content
from quasar.problems.formats.written import Export


def sniff(text: str) -> bool:
    """Whether this is XML of this name."""
    return "<gexf" in text[:4000]


def read(text: str) -> Content:
    """The graph of a GEXF file."""
    if "<!ENTITY" in text:
        raise ProblemError("the file declares XML entities, which are not read: remove them.")
    with reading("GEXF"):
        graph = nx.read_gexf(io.BytesIO(text.encode()))
    for node, has in graph.nodes(data=True):
        has.pop("viz", None)
        if has.get("label") == str(node):  # networkx writes the name as the label, too
            del has["label"]
    for *_, has in graph.edges(data=True):
        has.pop("viz", None)
        has.pop("id", None)  # every edge of the format has one
    return content_of_graph(graph)


def write(written: Export) -> str:
    """The graph with all that its nodes and edges carry."""
    return "\n".join(nx.generate_gexf(plain_graph(written, "GEXF"))) + "\n"
