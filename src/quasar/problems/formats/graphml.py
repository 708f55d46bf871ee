"""GraphML, by networkx's reader and writer.

Grammar: http://graphml.graphdrawing.org (primer, and the extension for attributes). Nodes go by
their id; attributes are those that the file declares; direction is the graph's `edgedefault`.
"""

from __future__ import annotations

import networkx as nx

from quasar.core.errors import ProblemError
from quasar.problems.formats.by_networkx import content_of_graph, plain_graph, reading
from quasar.problems.formats.content import Content
from quasar.problems.formats.written import Export


def sniff(text: str) -> bool:
    """Whether this is XML of this name."""
    return "<graphml" in text[:4000]


def read(text: str) -> Content:
    """The graph of a GraphML file."""
    if "<!ENTITY" in text:
        raise ProblemError("the file declares XML entities, which are not read: remove them.")
    with reading("GraphML"):
        graph = nx.parse_graphml(text)
    return content_of_graph(graph)


def write(written: Export) -> str:
    """The graph with all that its nodes and edges carry."""
    return "\n".join(nx.generate_graphml(plain_graph(written, "GraphML"))) + "\n"
