"""METIS graphs: a line `nodes edges [fmt]`, then one line of neighbours for every node.

Grammar: G. Karypis, METIS 5.1 manual, section 4.1.1. `fmt` is up to three digits: sizes of nodes
(not read), weights of nodes, weights of edges. Nodes are 1 to n; every edge stands at both ends;
lines that begin with `%` are remarks.
"""

from __future__ import annotations

from typing import Any

from quasar.core.errors import ProblemError
from quasar.core.exact import exact
from quasar.problems.formats.content import (
    MAX_NODES,
    Content,
    edge,
    integer_of,
    is_number,
    number_of,
    numbered,
)
from quasar.problems.formats.written import Export, edge_weights, numbering


def sniff(text: str) -> bool:
    """Whether the first line has two to four integers and one line follows for every node."""
    lines = _lines(text)
    words = lines[0] if lines else []
    return (
        2 <= len(words) <= 4
        and all(word.isdigit() for word in words)
        and 0 < int(words[0]) == len(lines) - 1
        and sum(len(line) for line in lines[1:]) >= 2 * int(words[1])
        and all(is_number(word) for line in lines[1:] for word in line)
        and all(line[-1].isdigit() for line in lines[1:] if line)
    )


def read(text: str) -> Content:
    """The graph, with weights of nodes and edges where it has them."""
    header, *rows = _lines(text) or [[]]
    if not 2 <= len(header) <= 4:
        raise ProblemError("a METIS file begins with a line 'NODES EDGES', or 'NODES EDGES FMT'.")
    n = integer_of(header[0], "the number of nodes", MAX_NODES)
    announced = integer_of(header[1], "the number of edges")
    form = (header[2] if len(header) > 2 else "0").zfill(3)
    if (
        not set(form) <= {"0", "1"}
        or len(form) > 3
        or form[0] == "1"
        or header[3:] not in ([], ["1"])
    ):
        raise ProblemError(
            f"METIS files of form {' '.join(header[2:])!r} are not read (sizes, or several weights "
            "of a node): write 0, 1, 10 or 11, one weight each."
        )
    if len(rows) != n:
        raise ProblemError(f"the file announces {n} nodes and has {len(rows)} lines for them.")
    nodes, found = [], {}
    for node, words in enumerate(rows, start=1):
        if form[1] == "1":
            if not words:
                raise ProblemError(f"node {node} has no weight: begin its line with it.")
            nodes.append({"id": node, "weight": number_of(words[0], f"the weight of node {node}")})
            words = words[1:]
        else:
            nodes.append({"id": node})
        step = 2 if form[2] == "1" else 1
        if len(words) % step:
            raise ProblemError(f"the last neighbour of node {node} has no weight: add it.")
        for i in range(0, len(words), step):
            other = numbered(words[i], n, f"a neighbour of node {node}")
            weight = number_of(words[i + 1], f"a weight at node {node}") if step == 2 else None
            found[(node, other)] = weight
    edges: list[dict[str, Any]] = []
    for (u, v), weight in found.items():
        if found.get((v, u), "absent") != weight:
            raise ProblemError(f"edge {u} - {v} stands at {u}, but not in the same way at {v}.")
        if u <= v:
            edges.append(edge(u, v, weight))
    if len(edges) != announced:
        raise ProblemError(f"the file announces {announced} edges and has {len(edges)}.")
    return Content({"graph": {"directed": False, "nodes": nodes, "edges": edges}}, positional=True)


def _lines(text: str) -> list[list[str]]:
    """All lines but remarks, empty ones among them: a node may have no neighbours."""
    lines = [line.split() for line in text.splitlines() if not line.lstrip().startswith("%")]
    while lines and not lines[0]:
        lines.pop(0)
    expected = int(lines[0][0]) + 1 if lines and lines[0][0].isdigit() else 0
    while len(lines) > expected and not lines[-1]:
        lines.pop()
    return lines


def write(written: Export) -> str:
    """The undirected graph; weights are integers, as METIS asks for.

    Raises:
        ProblemError: names other than 1 to n, direction, or weights that are not integers above 0.
    """
    graph = written.graph()
    where = "METIS"
    if graph.is_directed():
        raise ProblemError("METIS holds undirected graphs: write GraphML or an edge list.")
    order = numbering(graph, where)
    weights = edge_weights(graph, where, node_keys=("weight",))
    heavy = {v: has["weight"] for v, has in graph.nodes(data=True) if "weight" in has}
    for value in (*weights.values(), *heavy.values()):
        if not isinstance(exact(value), int) or value <= 0:
            raise ProblemError(f"METIS holds integer weights above 0, and {value} is none: scale.")
    form = f"{int(bool(heavy))}{int(bool(weights))}"
    head = f"{len(graph)} {graph.number_of_edges()}"
    lines = [head if form == "00" else f"{head} 0{form}"]
    for v in order:
        words = [str(int(heavy[v]))] if heavy else []
        for u in graph[v]:
            words.append(str(u))
            if weights:
                words.append(str(int(weights[(v, u) if (v, u) in weights else (u, v)])))
        lines.append(" ".join(words))
    return "\n".join(lines) + "\n"
