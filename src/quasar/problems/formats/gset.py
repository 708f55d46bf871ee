"""Gset and rudy graphs, and quadratic problems of the same look: `n m`, then lines `i j w`.

Grammar: G. Rinaldi's generator rudy and the Biq Mac library (https://biqmac.aau.at): a line
`nodes edges`, then `node node weight` from node 1 on; a weight that is left out is 1. Quadratic
problems x'Qx have entries `i i q` of the diagonal too, and list one half of a symmetric Q, so that
entries off the diagonal count twice. The Biq Mac library's `.sparse` files are to be minimised; the
OR-Library's (J. Beasley's bqp and bqpgka, suffix `.bqp`) to be maximised, and change their signs.
Without one of these suffixes the direction is not known, and the file is refused.
"""

from __future__ import annotations

from typing import Any

from quasar.core.errors import ProblemError
from quasar.core.exact import exact, total
from quasar.problems.formats.content import (
    MAX_NODES,
    Content,
    FileLine,
    decimal_text,
    edge,
    graph_of,
    integer_of,
    is_number,
    lines_of,
    number_of,
    numbered,
)
from quasar.problems.formats.written import Export, edge_weights, numbering


def sniff(text: str) -> bool:
    """Whether the first line is two integers, and the second of them counts the other lines."""
    lines = list(lines_of(text))
    words = lines[0].words if lines else []
    return (
        len(words) == 2
        and all(word.isdigit() for word in words)
        and 0 < int(words[1]) == len(lines) - 1
        and all(len(line.words) in (2, 3) and is_number(line.words[-1]) for line in lines[1:])
        and _are_pairs([line.words[:2] for line in lines[1:]], int(words[0]))
    )


def _are_pairs(ends: list[list[str]], n: int) -> bool:
    """Whether all are different pairs of the numbers 1 to n."""
    if not all(word.isdigit() and 0 < int(word) <= n for pair in ends for word in pair):
        return False
    return len({tuple(sorted(pair)) for pair in ends}) == len(ends)


def read(text: str) -> Content:
    """A graph for maximum cut."""
    n, entries = _entries(list(lines_of(text)))
    if any(i == j for i, j, _ in entries):
        raise ProblemError(
            "entries of the diagonal make this a quadratic problem: name it .sparse if it is to be "
            "minimised (Biq Mac library), .bqp if it is to be maximised (OR-Library)."
        )
    edges = [edge(i, j, weight) for i, j, weight in entries]
    return Content({"graph": graph_of(range(1, n + 1), edges, False)}, "maxcut", positional=True)


def read_minimised(text: str) -> Content:
    """A quadratic problem of the Biq Mac library."""
    return _quadratic(*_entries(list(lines_of(text))), sign=1)


def read_maximised(text: str) -> Content:
    """Beasley's quadratic problem, a line that counts problems before it or not."""
    lines = list(lines_of(text))
    if lines and len(lines[0].words) == 1:
        count = integer_of(lines[0].words[0], "the number of problems")
        if count != 1:
            raise ProblemError(
                f"the file holds {count} problems: copy one of them, from its line 'n m' on, into "
                "a file of its own."
            )
        lines = lines[1:]
    return _quadratic(*_entries(lines), sign=-1)


def _entries(lines: list[FileLine]) -> tuple[int, list[tuple[int, int, Any]]]:
    if not lines or len(lines[0].words) != 2:
        raise ProblemError("the first line must be 'NODES EDGES', two integers.")
    n = integer_of(lines[0].words[0], "the number of nodes", MAX_NODES)
    announced = integer_of(lines[0].words[1], "the number of edges")
    if announced != len(lines) - 1:
        raise ProblemError(
            f"the file announces {announced} entries and has {len(lines) - 1}: is it cut off?"
        )
    found = []
    for line in lines[1:]:
        if len(line.words) not in (2, 3):
            raise line.fault("'node node weight'")
        i, j = (numbered(word, n, f"a node in line {line.number}") for word in line.words[:2])
        weight = (
            number_of(line.words[2], f"the weight in line {line.number}") if line.words[2:] else 1
        )
        found.append((i, j, weight))
    return n, found


def _quadratic(n: int, entries: list[tuple[int, int, Any]], *, sign: int) -> Content:
    linear: dict[int, list[Any]] = {i: [] for i in range(1, n + 1)}
    terms = []
    for i, j, q in entries:
        if i == j:
            linear[i].append(q)
        else:
            terms.append([[i, j], 2 * sign * exact(q)])
    diagonal = [[[i], sign * total(map(exact, found))] for i, found in linear.items()]
    return Content({"qubo": diagonal + terms}, "qubo", fixed=True)


def write(written: Export) -> str:
    """The graph in rudy's form."""
    graph = written.graph()
    where = "the Gset format"
    if graph.is_directed():
        raise ProblemError(f"{where} holds undirected graphs: write GraphML or an edge list.")
    numbering(graph, where)
    weights = edge_weights(graph, where)
    lines = [f"{len(graph)} {graph.number_of_edges()}"]
    lines += [f"{u} {v} {decimal_text(weights.get((u, v), 1), where)}" for u, v in graph.edges]
    return "\n".join(lines) + "\n"
