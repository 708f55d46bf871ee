"""How large a graph may be, asked before it is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import networkx as nx

from quasar.core.errors import ProblemError

MAX_NODES = 100_000
"""Most nodes of a graph that is read: as many as a solver takes variables."""


def check_size(raw: Any) -> None:
    """Refuse a graph of too many nodes before it is read, as far as it can be counted.

    Raises:
        ProblemError: more than `MAX_NODES`.
    """
    listed = raw.get("nodes") if isinstance(raw, Mapping) else raw
    if isinstance(listed, list | tuple | nx.Graph):
        check_nodes(len(listed))


def check_lines(text: str) -> None:
    """Refuse a list of edges, one a line, whose first words alone are too many.

    Raises:
        ProblemError: more than `MAX_NODES` of them.
    """
    if text.count("\n") > MAX_NODES:
        lines = text.replace(",", " ").replace(";", " ").splitlines()
        check_nodes(len({line.split(None, 1)[0] for line in lines if line[:1].isalnum()}))


def check_nodes(count: int) -> None:
    """Refuse too many nodes.

    Raises:
        ProblemError: more than `MAX_NODES`.
    """
    if count > MAX_NODES:
        raise ProblemError(
            f"the graph has {count:,} nodes or more; at most {MAX_NODES:,} are read: use a part "
            "of it."
        )
