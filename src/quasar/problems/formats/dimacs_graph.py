"""DIMACS graphs: `p edge` (colouring, cliques), `p sp` (arcs with lengths) and `p max` (flows).

Grammar: the Second DIMACS Challenge's "Clique and coloring problems: graph format" (1993), and the
First's "Network flows" (1990). Nodes are 1 to n. `e u v` is an edge, in some collections with a
weight behind it; `n v w` in `p edge` is a node's weight; `n v s` and `n v t` in `p max` are source
and sink; `a u v c` is an arc. Edges that stand twice, as some instances have, count once.
"""

from __future__ import annotations

from typing import Any

from quasar.core.errors import ProblemError
from quasar.problems.formats.content import (
    MAX_NODES,
    Content,
    FileLine,
    decimal_text,
    edge,
    integer_of,
    lines_of,
    number_of,
    numbered,
)
from quasar.problems.formats.written import Export, edge_weights, numbering

_KINDS = {"edge": False, "edges": False, "col": False, "sp": True, "max": True}


def sniff(text: str) -> bool:
    """Whether the first line that is no remark announces a graph."""
    first = next(iter(lines_of(text, "c")), None)
    return (
        first is not None
        and len(first.words) == 4
        and first.words[0] == "p"
        and (first.words[1] in _KINDS)
    )


def read(text: str) -> Content:
    """The graph, and source and sink of a flow."""
    lines = iter(lines_of(text, "c"))
    kind, n, announced = _announcement(next(lines, None))
    directed = _KINDS[kind]
    weights: dict[int, Any] = {}
    edges: dict[tuple[int, int], dict[str, Any]] = {}
    attributes: dict[str, Any] = {}
    count = 0
    for line in lines:
        words = line.words
        if words[0] == "n" and len(words) == 3:
            node = numbered(words[1], n, f"the node in line {line.number}")
            if kind == "max":
                role = {"s": "source", "t": "sink"}.get(words[2])
                if role is None or role in attributes:
                    raise line.fault("'n NODE s' for the source or 'n NODE t' for the sink, once")
                attributes[role] = node
            else:
                weights[node] = number_of(words[2], f"the weight in line {line.number}")
            continue
        if words[0] != ("a" if directed else "e") or len(words) not in (
            (4,) if directed else (3, 4)
        ):
            raise line.fault("'a FROM TO NUMBER'" if directed else "'e NODE NODE'")
        count += 1
        u, v = (numbered(word, n, f"a node in line {line.number}") for word in words[1:3])
        number = number_of(words[3], f"the number in line {line.number}") if words[3:] else None
        pair = (u, v) if directed else (min(u, v), max(u, v))
        made = edge(*pair, number)
        if kind == "max":
            made["capacity"] = made.pop("weight")
        if edges.setdefault(pair, made) != made:
            raise ProblemError(f"edge {u} - {v} stands twice, with different numbers: keep one.")
    if count not in (announced, 2 * announced) and len(edges) != announced:
        raise ProblemError(f"the file announces {announced} edges and has {count}: is it cut off?")
    nodes = [{"id": v, **({"weight": weights[v]} if weights else {})} for v in _all(n, weights)]
    graph = {"directed": directed, "nodes": nodes, "edges": list(edges.values())}
    data: dict[str, Any] = {"graph": graph}
    if attributes:
        data["problem_specific_attributes"] = attributes
    guess = {"max": "max_flow", "col": "graph_coloring"}.get(kind)
    return Content(data, guess, positional=kind != "max")


def _announcement(line: FileLine | None) -> tuple[str, int, int]:
    if line is None or len(line.words) != 4 or line.words[0] != "p" or line.words[1] not in _KINDS:
        raise ProblemError("a DIMACS graph begins with a line such as 'p edge NODES EDGES'.")
    n = integer_of(line.words[2], "the number of nodes", MAX_NODES)
    return line.words[1], n, integer_of(line.words[3], "the number of edges")


def _all(n: int, weights: dict[int, Any]) -> range:
    """The nodes; a weight is given for all of them or none."""
    if weights and len(weights) < n:
        missing = next(v for v in range(1, n + 1) if v not in weights)
        raise ProblemError(f"node {missing} has no weight, but others have: give all nodes one.")
    return range(1, n + 1)


def write(written: Export) -> str:
    """`p edge`, or `p max` for a flow from source to sink."""
    graph = written.graph()
    where = "DIMACS"
    numbering(graph, where)
    attributes = written.attributes()
    flow = graph.is_directed()
    if flow and written.problem_type != "max_flow":
        raise ProblemError(
            "DIMACS holds directed graphs for max_flow alone: write GraphML or an edge list."
        )
    lines = [f"p {'max' if flow else 'edge'} {len(graph)} {graph.number_of_edges()}"]
    if flow:
        lines += [f"n {attributes['source']} s", f"n {attributes['sink']} t"]
    numbers = edge_weights(graph, where, node_keys=("weight",))
    for v in sorted(graph):
        if "weight" in graph.nodes[v]:
            lines.append(f"n {v} {decimal_text(graph.nodes[v]['weight'], where)}")
    for u, v in graph.edges:
        number = numbers.get((u, v))
        text = "" if number is None else f" {decimal_text(number, where)}"
        lines.append(f"{'a' if flow else 'e'} {u} {v}{text}")
    return "\n".join(lines) + "\n"
