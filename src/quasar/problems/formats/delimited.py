"""CSV with named columns: tables of edges, tables of items, and matrices of numbers.

Grammar: RFC 4180 with a comma, semicolon or tab. A table of edges has the columns source and target
(or from/to, node1/node2) and any others, which become attributes of the edges; columns that say
nothing of an edge (Gephi's Id, Label, Type) only describe. Without source and target it is a table
of things, one a row: `items` of a knapsack, or `numbers` to be partitioned. Without names of
columns it is a matrix. Two tables for one problem (edges and nodes) are the matter of GraphML.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from quasar.core.errors import ProblemError
from quasar.problems.formats.content import (
    Content,
    decimal_text,
    edge,
    graph_of,
    is_number,
    name_of,
    number_of,
    text_of,
)
from quasar.problems.formats.matrices import matrix_content
from quasar.problems.formats.written import Export, edge_weights

_SOURCES = ("source", "from", "u", "node1", "head", "src", "start")
_TARGETS = ("target", "to", "v", "node2", "tail", "dst", "end")
_NAMES = ("name", "id", "item", "node")


def sniff(text: str) -> bool:
    """Whether there are several lines with separators, and all have as many columns."""
    rows = _rows("\n".join(text.splitlines()[:20]))
    return len(rows) > 1 and len(rows[0]) > 1 and all(len(row) == len(rows[0]) for row in rows)


def read(text: str) -> Content:
    """A table or a matrix."""
    rows = _rows(text)
    if not rows:
        raise ProblemError("the table is empty: write a line of column names, then the rows.")
    for position, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]):
            raise ProblemError(
                f"row {position} has {len(row)} columns, but the first has {len(rows[0])}: give "
                "every row as many."
            )
    if all(map(is_number, rows[0])):
        return matrix_content([[number_of(cell, "an entry") for cell in row] for row in rows])
    header = rows[0]
    if not header[0] and [row[0] for row in rows[1:]] == header[1:]:  # a matrix with names
        body = [[number_of(c or "0", "an entry") for c in row[1:]] for row in rows[1:]]
        return matrix_content(body, list(map(name_of, header[1:])))
    named = {column for column in header if column.lower() in _SOURCES + _TARGETS + _NAMES}
    table = [
        {
            key: name_of(cell) if key in named else _cell(cell)
            for key, cell in zip(header, row, strict=True)
            if cell
        }
        for row in rows[1:]
    ]
    return table_content(header, table)


def table_content(columns: Sequence[Any], rows: Sequence[Mapping[Any, Any]]) -> Content:
    """What a table with named columns states; each row has what it has by its column."""
    plain = {str(column).strip().lower(): column for column in columns}
    if len(plain) < len(columns):
        raise ProblemError("two columns of the table have one name: rename one of them.")
    source = next((plain[name] for name in _SOURCES if name in plain), None)
    target = next((plain[name] for name in _TARGETS if name in plain), None)
    if source is None or target is None:
        return _things(plain, rows)
    kinds = {str(row.get(plain["type"], "")).lower() for row in rows} if "type" in plain else set()
    directed = {"directed": True, "undirected": False}.get(kinds.pop()) if len(kinds) == 1 else None
    edges = []
    for number, row in enumerate(rows, start=1):
        if source not in row or target not in row:
            raise ProblemError(f"row {number} of the table names no {source!r} or no {target!r}.")
        attributes = {
            name: row[column]
            for name, column in plain.items()
            if column in row and column not in (source, target) and name not in ("type", "id")
        }
        edges.append({**attributes, **edge(row[source], row[target])})
    positional = "weight" in plain
    return Content({"graph": graph_of([], edges, directed)}, positional=positional)


def _things(plain: Mapping[str, Any], rows: Sequence[Mapping[Any, Any]]) -> Content:
    """Items with weight and value, or numbers with names."""
    name = next((plain[name] for name in _NAMES if name in plain), None)
    if {"weight", "value"} <= plain.keys():
        known = {"name": name, "weight": plain["weight"], "value": plain["value"]}
        rest = [column for column in plain.values() if column not in known.values()]
        items = [
            {key: row[column] for key, column in known.items() if column in row}
            | {column: row[column] for column in rest if column in row}
            for row in rows
        ]
        return Content({"problem_specific_attributes": {"items": items}}, "knapsack", fixed=True)
    numbers = [column for column in plain.values() if column != name]
    given = [row.get(numbers[0]) for row in rows] if len(numbers) == 1 else [None]
    if name is not None and not any(isinstance(number, str | None) for number in given):
        pairs = {str(row[name]): row.get(numbers[0]) for row in rows if name in row}
        if len(pairs) < len(rows):
            raise ProblemError("a name in the table is missing or occurs twice: give each its own.")
        return Content(
            {"problem_specific_attributes": {"numbers": pairs}}, "number_partitioning", fixed=True
        )
    listed = ", ".join(map(repr, plain.values()))
    raise ProblemError(
        f"the table has the columns {listed}: name two of them source and target for a table of "
        "edges, or name, weight and value for the items of a knapsack."
    )


def _rows(text: str) -> list[list[str]]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(",;\t", key=first.count)
    try:
        found = list(csv.reader(io.StringIO(text), delimiter=separator, skipinitialspace=True))
    except csv.Error as error:
        raise ProblemError(f"the table is not CSV: {error}.") from None
    return [[cell.strip() for cell in row] for row in found if any(cell.strip() for cell in row)]


def _cell(text: str) -> Any:
    """A number where it is one, else text."""
    named = name_of(text)
    if named != text:
        return named
    return number_of(text, "a cell") if is_number(text) and text[0] != "+" else text


def write(written: Export) -> str:
    """A table of edges."""
    graph = written.graph()
    where = "a table of edges"
    alone = next((v for v in graph if not graph.degree(v)), None)
    if alone is not None:
        raise ProblemError(
            f"{where} cannot hold node {alone!r}, which has no edges: write GraphML."
        )
    weights = edge_weights(graph, where)
    key = "capacity" if any("capacity" in has for _, _, has in graph.edges(data=True)) else "weight"
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["source", "target", *([key] if weights else [])])
    for u, v in graph.edges:
        number = [decimal_text(weights[(u, v)], where)] if weights else []
        table.writerow([text_of(u, where), text_of(v, where), *number])
    return out.getvalue()
