"""Files and texts of any format to the content of a problem file: the one way in.

A format that says which problem it is needs nothing else; otherwise the problem type is asked for,
by `problem_type=` or `--type`. JSON stays as it is, except for graphs that are no problem file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from quasar.core.errors import ProblemError
from quasar.core.json_text import RepeatedKeyError, loads, terms_may_repeat
from quasar.problems.base import Problem
from quasar.problems.formats.catalogue import detect
from quasar.problems.formats.content import Content
from quasar.problems.formats.graph_json import content_of_json
from quasar.problems.formats.matrices import Rows, as_problem
from quasar.problems.formats.models import is_h_and_j, ising_content
from quasar.problems.formats.packing import LARGEST_FILE, own_name, own_suffix, unpacked
from quasar.problems.formats.qoblib import says_so, unread
from quasar.problems.registry import problem_class

_BY_SUFFIX = {
    ".col": "graph_coloring",
    ".clq": "max_clique",
    ".gph": "max_independent_set",
}
"""What DIMACS' collections, and QOBLIB (`.gph`), ask of the graphs in them."""
_EITHER_DIRECTION = ("tsp", "feedback_vertex_set")


def read_file(
    source: str | os.PathLike[str] | bytes, problem_type: str | None = None
) -> dict[str, Any]:
    """The content of a problem file that a path or a text is or stands for.

    Args:
        source: a path, or a text: one that begins with a brace, has several lines, or is bytes.
        problem_type: what a graph or matrix is to be solved as.

    Raises:
        ProblemError: no such file, of no known format, or one that does not say which problem it
            is; the message says what to do.
    """
    what, suffix, content = _opened(source)
    of_qoblib = unread(own_name(Path(what))) if suffix else None
    if of_qoblib is not None and says_so(content):
        raise ProblemError(f"{what} {of_qoblib}")
    if isinstance(content, str) and _is_json(content, suffix):
        data = parse_json(content, what)
        found = ising_content(data) if is_h_and_j(data) else content_of_json(data)
        return data if found is None else settled(found, problem_type, what)
    try:
        asked = None if problem_type is None else problem_class(problem_type).problem_type
        found = detect(content, suffix, asked).content(content)
        if found.guess in (None, "graph_coloring") and "graph" in found.data:
            found = replace(found, guess=_BY_SUFFIX.get(suffix.lower(), found.guess))
    except ProblemError as error:
        if of_qoblib is not None:
            raise ProblemError(f"{what} {of_qoblib}") from None
        join = " " if str(error).startswith("is ") else ": "
        raise ProblemError(f"{what}{join}{error}") from None
    return settled(found, problem_type, what)


def _opened(source: str | os.PathLike[str] | bytes) -> tuple[str, str, str | bytes]:
    """What to call it, its suffix, and what it holds."""
    if isinstance(source, str) and (source.lstrip().startswith("{") or "\n" in source):
        return "the problem", "", source
    if isinstance(source, bytes):
        return "the problem", "", _decoded(unpacked(source, "the problem"))
    path = Path(source)
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ProblemError(
                f"{path} is larger than {LARGEST_FILE >> 20} MiB: use a smaller problem."
            )
        content = path.read_bytes()
    except FileNotFoundError:
        raise ProblemError(f"no problem file at {path}: check the path.") from None
    except IsADirectoryError:
        raise ProblemError(f"{path} is a folder: name the problem file in it.") from None
    except OSError as error:
        raise ProblemError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError:
        raise ProblemError(f"{str(path)!r} is not a file name.") from None
    return str(path), own_suffix(path), _decoded(unpacked(content, str(path)))


def _decoded(content: bytes) -> str | bytes:
    """Text, where it is UTF-8; OR-Library's tools end files by a byte 26."""
    try:
        return content.removesuffix(b"\x1a").decode("utf-8-sig")
    except UnicodeDecodeError:
        return content


def _is_json(text: str, suffix: str) -> bool:
    start = text.lstrip()[:2]
    return suffix.lower() in (".json", ".jsonl") or start[:1] == "{" or start in ("[[", "[{")


def parse_json(text: str, what: str, *, allow_null: bool = False) -> Any:
    """A JSON object, in which no key is lost.

    Raises:
        ProblemError: not JSON, no object, or a key that stands twice.
    """
    try:
        value = loads(text, may_repeat=terms_may_repeat)
    except RepeatedKeyError as error:
        raise ProblemError(error.sentence(what)) from None
    except json.JSONDecodeError as error:
        hint = ""
        if error.msg == "Extra data" and error.lineno > 1:
            hint = " If it holds one record a line, use --records."
        raise ProblemError(
            f"{what} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.{hint}"
        ) from None
    except (RecursionError, ValueError):
        raise ProblemError(f"{what} is nested too deeply or holds a number too long.") from None
    if value is None and allow_null:
        return None
    if not isinstance(value, dict):
        hint = ""
        if isinstance(value, list) and value and isinstance(value[0], list):
            hint = ' Write a matrix as {"qubo": [[…], …]}, edges as CSV or an edge list.'
        raise ProblemError(f"{what} must hold a JSON object, not {type(value).__name__}.{hint}")
    return value


def settled(found: Content, problem_type: str | None, what: str) -> dict[str, Any]:
    """The content of a problem file, once its type is known.

    Args:
        problem_type: the user's; default: what the format implies.
        what: what the content is from, for messages.

    Raises:
        ProblemError: the type is not known or does not fit what the file holds.
    """
    if problem_type is None and found.guess is None:
        holds = "a matrix" if "matrix" in found.data else "a graph"
        raise ProblemError(
            f"{what} holds {holds}, which does not say what to find in it: add --type (in Python "
            f"problem_type=), e.g. {_candidates(found)}; `quasar problems` lists the types."
        )
    cls = problem_class(problem_type or found.guess or "")
    if found.fixed and cls.problem_type != found.guess:
        raise ProblemError(
            f"{what} states a {found.guess}, not a {cls.problem_type}: leave --type out, or write "
            f"the problem as JSON (`quasar problems {cls.problem_type}` shows an example)."
        )
    data = dict(found.data)
    if "matrix" in data:
        matrix = data.pop("matrix")
        data |= as_problem(matrix, _direction(cls, what, matrix[0]))
        found = Content(data, positional=True)
    elif "graph" in data and ("graph" not in cls.reads.fields or cls.reads.hypergraph):
        other = (
            "a hypergraph"
            if cls.reads.hypergraph
            else ", ".join(cls.reads.attributes or cls.reads.fields)
        )
        raise ProblemError(
            f"{what} holds a graph, but {cls.problem_type} is stated by {other}: choose a type on "
            f"graphs, e.g. {_candidates(found)}, or write JSON (`quasar problems "
            f"{cls.problem_type}` shows an example)."
        )
    elif found.guess is not None and "graph" not in data and "graph" in cls.reads.fields:
        raise ProblemError(
            f"{what} states a {found.guess} and holds no graph, which {cls.problem_type} needs: "
            "leave --type out."
        )
    if found.positional and "graph" in data:
        data["graph"] = _with_weights_of(cls, data["graph"])
    return {"problem_type": cls.problem_type, **data}


def _direction(cls: type[Problem], what: str, rows: Rows) -> bool | None:
    """Whether the graph of this matrix has direction; None for a QUBO."""
    if "qubo" in cls.reads.fields:
        return None
    if "graph" not in cls.reads.fields or cls.reads.hypergraph:
        raise ProblemError(
            f"{what} holds a matrix, which states a qubo, or by its adjacency a graph: "
            f"{cls.problem_type} is stated otherwise (`quasar problems {cls.problem_type}`)."
        )
    symmetric = all(rows[j][i] == c for i, row in enumerate(rows) for j, c in enumerate(row[:i]))
    if cls.problem_type in _EITHER_DIRECTION:
        return not symmetric
    return "capacity" in cls.reads.edges


def _candidates(found: Content) -> str:
    graph = found.data.get("graph", {})
    if "matrix" in found.data:
        names = ["qubo", "maxcut", "tsp", "max_independent_set"]
    elif graph.get("directed"):
        names = ["max_flow", "min_cut"]
    elif any("weight" in edge for edge in graph["edges"]):
        names = ["maxcut", "tsp", "matching"]
    else:
        names = ["maxcut", "max_independent_set", "vertex_cover", "graph_coloring"]
    return ", ".join(names)


def _with_weights_of(cls: type[Problem], graph: Mapping[str, Any]) -> dict[str, Any]:
    """The graph with its nameless numbers under the key that the type reads.

    Numbers that all are 1 say nothing, and are left out for a type that reads none. A type's graph
    that has direction is what the type needs where the format does not say.
    """
    reads = cls.reads.edges
    edges = list(graph["edges"])
    numbers = [edge["weight"] for edge in edges if "weight" in edge]
    if "weight" not in reads and numbers:
        if "capacity" in reads:
            edges = [{("capacity" if k == "weight" else k): x for k, x in e.items()} for e in edges]
        elif all(number == 1 for number in numbers):
            edges = [{k: x for k, x in e.items() if k != "weight"} for e in edges]
    return {**graph, "edges": edges}
