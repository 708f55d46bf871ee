"""Edge lists: a line `u v`, `u v weight`, or networkx's `u v {'weight': 2}` for each edge.

Grammar: networkx.readwrite.edgelist (`parse_edgelist`, `write_weighted_edgelist`) and the lists of
SNAP and KONECT: words separated by white space or commas; lines that begin with `#` or `%` are
remarks. The format has no direction, no isolated nodes, and no spaces in names; `a` alone on a line
is an isolated node, as networkx's adjacency lists have it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from quasar.core.errors import ProblemError
from quasar.core.labels import Label
from quasar.problems.formats.content import (
    Content,
    FileLine,
    decimal_text,
    edge,
    graph_of,
    is_number,
    lines_of,
    name_of,
    number_of,
    text_of,
)
from quasar.problems.formats.written import Export, edge_weights
from quasar.problems.graph_size import check_lines


def sniff(text: str) -> bool:
    """Whether the first lines have two or three words each, the third a number."""
    first = [line.words for _, line in zip(range(20), _lines(text), strict=False)]
    return any(len(words) > 1 for words in first) and all(
        len(w) in (1, 2) or (len(w) == 3 and is_number(w[2])) or (len(w) > 2 and w[2][0] == "{")
        for w in first
    )


def read(text: str) -> Content:
    """The graph of an edge list."""
    nodes: list[Label] = []
    edges: list[dict[str, Any]] = []
    check_lines(text)
    lines = list(_lines(text))
    _check_head(lines)
    for line in lines:
        words = line.words
        if len(words) == 1:
            nodes.append(name_of(words[0]))
            continue
        ends = (name_of(words[0]), name_of(words[1]))
        if len(words) > 2 and words[2].startswith("{"):
            edges.append({**_attributes(" ".join(words[2:])), **edge(*ends)})
        elif len(words) == 3:
            weight = number_of(words[2], f"the weight in line {line.number}")
            edges.append(edge(*ends, weight))
        elif len(words) == 2:
            edges.append(edge(*ends))
        else:
            raise line.fault("'u v' or 'u v weight'")
        nodes += ends
    return Content({"graph": graph_of(nodes, edges)}, positional=True)


def _lines(text: str) -> Iterator[FileLine]:
    """The lines in words, which white space separates, or commas or semicolons."""
    for line in lines_of(text, "#%"):
        words = line.words
        if not any("{" in word for word in words) and any(re.search("[,;]", w) for w in words):
            words = [word for word in re.split(r"[\s,;]+", " ".join(words)) if word]
        yield FileLine(line.number, words)


def _check_head(lines: list[FileLine]) -> None:
    """Refuse a first line of sizes, as other formats have it, before weighted edges.

    Raises:
        ProblemError: there is one.
    """
    sizes = lines[0].words if lines else []
    weighted = len(lines) > 1 and all(len(line.words) == 3 for line in lines[1:])
    if len(sizes) == 2 and all(word.isdigit() for word in sizes) and weighted:
        raise ProblemError(
            f"line {lines[0].number} looks like numbers of nodes and edges, {' and '.join(sizes)}, "
            f"but there are {len(lines) - 1} edges: is the file cut off? Name it .rud if it is a "
            "Gset file, or remove the line."
        )


def _attributes(text: str) -> dict[str, Any]:
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        found = None
    if not isinstance(found, dict):
        raise ProblemError(f"{text[:40]!r} must be a dict of attributes such as {{'weight': 2}}.")
    return found


def write(written: Export) -> str:
    """An edge list, weighted where the graph is."""
    graph = written.graph()
    weights = edge_weights(graph, "an edge list")
    where = "an edge list"
    names = {v: text_of(v, where, r"[\s,;{]|^[#%]") for v in graph}
    lines = []
    for v in graph:
        if not graph.degree(v):
            lines.append(names[v])
    for u, v in graph.edges:
        weight = weights.get((u, v))
        number = "" if weight is None else f" {decimal_text(weight, where)}"
        lines.append(f"{names[u]} {names[v]}{number}")
    return "\n".join(lines) + "\n"
