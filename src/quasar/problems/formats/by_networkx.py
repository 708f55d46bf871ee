"""What the formats that networkx reads have in common: its faults as sentences, and its graphs."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import networkx as nx

from quasar.core.errors import ProblemError
from quasar.core.labels import Label
from quasar.problems import values
from quasar.problems.formats.content import Content, edge, graph_of, name_of, text_of
from quasar.problems.formats.written import Export


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turn what a reader of networkx raises into a sentence.

    Raises:
        ProblemError: the text is not of this format.
    """
    try:
        yield
    except ProblemError:
        raise
    except ET.ParseError as error:
        raise ProblemError(f"this is not {what}: {error}.") from None
    except (nx.NetworkXException, ValueError, TypeError, LookupError, AttributeError) as error:
        said = str(error).strip().rstrip(".") or type(error).__name__
        raise ProblemError(f"this is not {what} that networkx can read: {said}.") from None


def content_of_graph(graph: nx.Graph, *, typed: bool = False) -> Content:
    """The content of a graph that a file states: names as they stand there.

    Args:
        typed: the format tells numbers from text in names.

    Raises:
        ProblemError: parallel edges.
    """
    if graph.is_multigraph():
        seen = set()
        for u, v in graph.edges():
            pair = (u, v) if graph.is_directed() else frozenset((u, v))
            if pair in seen:
                raise ProblemError(
                    f"the file has two edges {u!r} - {v!r}: merge parallel edges into one."
                )
            seen.add(pair)
    names = {v: name_of(v) if isinstance(v, str) and not typed else v for v in graph}
    edges = [{**has, **edge(names[u], names[v])} for u, v, has in graph.edges(data=True)]
    found = graph_of([], edges, graph.is_directed())
    found["nodes"] = [{**has, "id": names[v]} for v, has in graph.nodes(data=True)]
    return Content({"graph": found})


def plain_graph(written: Export, where: str) -> nx.Graph:
    """A graph that networkx's writers take: text for names, plain numbers and text as attributes.

    Raises:
        ProblemError: a name or an attribute that would come back as something else.
    """
    graph = written.graph()
    names = {v: text_of(v, where) for v in graph}
    out = graph.__class__()
    out.add_nodes_from((names[v], _attributes(has, v, where)) for v, has in graph.nodes(data=True))
    for u, v, has in graph.edges(data=True):
        out.add_edge(names[u], names[v], **_attributes(has, (u, v), where))
    return out


def _attributes(has: dict[str, Any], owner: Label, where: str) -> dict[str, Any]:
    for key, value in has.items():
        number = values.real(value)
        exact_float = type(number) in (int, float)
        if not isinstance(value, str | bool) and not exact_float:
            raise ProblemError(
                f"{where} cannot hold {key!r} of {owner!r}, {value!r}: write JSON, or leave it out "
                f"by --drop {key}."
            )
    return dict(has)
