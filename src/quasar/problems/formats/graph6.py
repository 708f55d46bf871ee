"""graph6 and sparse6, by networkx's readers and writers: one undirected graph without weights.

Grammar: B. McKay, https://users.cecs.anu.edu.au/~bdm/data/formats.txt. Nodes are 0 to n-1. digraph6
is not read, and a file of several graphs has to be split.
"""

from __future__ import annotations

import re

import networkx as nx

from quasar.core.errors import ProblemError
from quasar.problems.formats.by_networkx import content_of_graph, reading
from quasar.problems.formats.content import Content
from quasar.problems.formats.written import Export, edge_weights, numbering

_HEADER = re.compile(r">>(graph6|sparse6|digraph6)<<")


def sniff(text: str) -> bool:
    """Whether the file says so."""
    return _HEADER.match(text) is not None


def read(text: str) -> Content:
    """The only graph of the file."""
    lines = [line.strip() for line in _HEADER.sub("", text).splitlines() if line.strip()]
    if len(lines) != 1:
        raise ProblemError(
            f"the file holds {len(lines)} graphs, one a line: keep one line for one problem."
        )
    line = lines[0]
    if line.startswith("&") or text.startswith(">>digraph6"):
        raise ProblemError("digraph6 is not read: write the directed graph as GraphML.")
    with reading("graph6 or sparse6"):
        data = line.encode("ascii")
        graph = nx.from_sparse6_bytes(data) if line[0] == ":" else nx.from_graph6_bytes(data)
    return content_of_graph(graph)


def write(written: Export) -> str:
    """The graph on nodes 0 to n-1."""
    graph = written.graph()
    if graph.is_directed():
        raise ProblemError("graph6 holds undirected graphs: write GraphML.")
    if edge_weights(graph, "graph6"):
        raise ProblemError("graph6 has no place for weights: write GraphML, or --drop weight.")
    order = list(numbering(graph, "graph6", 0))
    return str(nx.to_graph6_bytes(graph, nodes=order, header=True).decode("ascii"))
