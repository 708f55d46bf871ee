"""Graphs in JSON that are no problem file: networkx's node-link and adjacency data.

Grammar: networkx.readwrite.json_graph (`node_link_data`, `adjacency_data`); also `{"h": .., "J":
..}` of an Ising model. A problem file, with `problem_type` or a free form in it, is the matter of
`problems/load.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import networkx as nx

from quasar.core.errors import ProblemError
from quasar.problems.formats.by_networkx import content_of_graph, reading
from quasar.problems.formats.content import Content

_NODE_LINK = {"nodes", "edges", "links", "directed", "multigraph", "graph"}


def content_of_json(data: Mapping[str, Any]) -> Content | None:
    """The graph that a JSON object is; None if it is none, and so perhaps a problem file."""
    if "problem_type" in data:
        return None
    if "adjacency" in data and isinstance(data.get("nodes"), list):
        if data.get("multigraph"):
            raise ProblemError("the graph is a multigraph: merge parallel edges (nx.Graph(graph)).")
        with reading("networkx's adjacency JSON"):
            graph = nx.adjacency_graph(dict(data))
        return content_of_graph(graph, typed=True)
    edges = data.get("edges", data.get("links"))
    if (
        isinstance(data.get("nodes"), list)
        and isinstance(edges, list)
        and data.keys() <= _NODE_LINK
    ):
        return Content({"graph": dict(data)})
    return None
