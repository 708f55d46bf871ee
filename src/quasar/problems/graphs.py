"""Graphs in problem files: reading, checking and writing node-link JSON and hypergraphs.

Node names are numbers or strings of any form (spaces and unicode included); they come back in
solutions exactly as given.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx

from quasar.core.errors import ProblemError
from quasar.core.exact import Exact
from quasar.core.labels import Label, from_json, sort_labels, sorted_pair, to_json
from quasar.problems import values
from quasar.problems.values import Number

Graph = nx.Graph  # undirected or directed; weights on edges as named by the problem type

_TOO_LARGE = 1e300  # sums of smaller ones stay finite


@dataclass(frozen=True)
class Hypergraph:
    """Nodes and hyperedges (sets of at least two nodes), both in the order given.

    Attributes:
        weights: one a hyperedge, or none at all: then each weighs 1.
    """

    nodes: tuple[Label, ...]
    hyperedges: tuple[tuple[Label, ...], ...]
    weights: tuple[Number, ...] = ()

    @property
    def weighted(self) -> list[tuple[tuple[Label, ...], Number]]:
        """The hyperedges, each with its weight."""
        return list(zip(self.hyperedges, self.weights or [1] * len(self.hyperedges), strict=True))


def read_graph(
    data: Mapping[str, Any], *, directed: bool = False, key: str = "graph", what: str = "graph"
) -> nx.Graph:
    """The node-link graph under `key` of a problem file.

    Args:
        directed: the type needs arcs (source to target) instead of edges.
        what: what to call it in messages.

    Raises:
        ProblemError: missing, not node-link, empty, a self-loop, parallel edges, unknown nodes, or
            a directed graph where an undirected one is needed.
    """
    raw = data.get(key)
    if raw is None:
        raise ProblemError(f"the problem has no {key!r}: add a node-link {what} (nodes, edges).")
    if isinstance(raw, nx.Graph) and raw.is_multigraph():
        raise ProblemError(f"the {what} is a multigraph; merge parallel edges (nx.Graph(graph)).")
    if isinstance(raw, nx.Graph):
        return _checked(raw, directed, what)
    if not isinstance(raw, Mapping):
        raise ProblemError(f"{key!r} must be a node-link object, not {type(raw).__name__}.")
    if "hyperedges" in raw:
        raise ProblemError(f"{key!r} is a hypergraph; this problem needs a plain {what}.")
    edges = raw.get("edges", raw.get("links"))
    if not isinstance(raw.get("nodes"), list) or not isinstance(edges, list):
        raise ProblemError(f"{key!r} must have the lists 'nodes' and 'edges' (node-link form).")
    graph = nx.DiGraph() if raw.get("directed", directed) else nx.Graph()
    for node in raw["nodes"]:
        attributes = dict(node) if isinstance(node, Mapping) else {"id": node}
        if "id" not in attributes:
            raise ProblemError(f"node {node!r} has no 'id'.")
        label = _label(attributes.pop("id"))
        if label in graph:
            raise ProblemError(f"node {label!r} is listed twice; give every node its own id.")
        graph.add_node(label)
        graph.nodes[label].update(attributes)
    for edge in edges:
        if not isinstance(edge, Mapping) or "source" not in edge or "target" not in edge:
            raise ProblemError(f"edge {edge!r} must be an object with 'source' and 'target'.")
        attributes = dict(edge)
        u, v = _label(attributes.pop("source")), _label(attributes.pop("target"))
        attributes.pop("key", None)
        for node in (u, v):
            if node not in graph:
                raise ProblemError(
                    f"edge {u!r} - {v!r} uses node {node!r}, which is not in the list of nodes."
                )
        if graph.has_edge(u, v):
            raise ProblemError(f"edge {u!r} - {v!r} is listed twice; merge parallel edges.")
        graph.add_edges_from(((u, v, attributes),))
    return _checked(graph, directed, what)


def is_directed(data: Mapping[str, Any], key: str = "graph") -> bool:
    """Whether the graph of a problem file says so; for types that take either kind."""
    raw = data.get(key)
    if isinstance(raw, nx.Graph):
        return bool(raw.is_directed())
    return isinstance(raw, Mapping) and raw.get("directed") is True


def _label(value: Any) -> Label:
    if type(value) in (int, str):  # nearly always
        return value  # type: ignore[no-any-return]
    label = from_json(value)
    if not _is_label(label):
        raise ProblemError(f"node id {value!r} must be a number or a string.")
    return label  # type: ignore[no-any-return]


def _is_label(label: Any) -> bool:
    if isinstance(label, tuple):
        return all(_is_label(part) for part in label)
    if isinstance(label, float):
        return math.isfinite(label)
    return isinstance(label, int | str) and not isinstance(label, bool)


def _checked(graph: nx.Graph, directed: bool, what: str) -> nx.Graph:
    if graph.is_multigraph():
        raise ProblemError(f"the {what} is a multigraph; merge parallel edges.")
    if graph.number_of_nodes() == 0:
        raise ProblemError(f"the {what} is empty: add at least one node.")
    if graph.is_directed() != directed:
        have, need = (
            ("directed", "an undirected") if graph.is_directed() else ("undirected", "a directed")
        )
        raise ProblemError(
            f"the {what} is {have} but this problem needs {need} one: "
            f'set "directed": {str(directed).lower()}, or convert it by '
            f"graph.to_{'' if directed else 'un'}directed() in networkx."
        )
    loops = list(nx.selfloop_edges(graph))
    if loops:
        raise ProblemError(f"node {loops[0][0]!r} has an edge to itself; remove self-loops.")
    return graph


def read_hypergraph(data: Mapping[str, Any]) -> Hypergraph:
    """The hypergraph of a problem file: `nodes` and `hyperedges`.

    A hyperedge is a list of nodes, or an object of `nodes` and `weight`.

    Raises:
        ProblemError: missing lists, unknown or repeated nodes, a hyperedge of fewer than two nodes,
            weights on some hyperedges only.
    """
    raw = data.get("graph")
    if not isinstance(raw, Mapping) or "hyperedges" not in raw or "nodes" not in raw:
        raise ProblemError(
            "the problem needs a hypergraph: {'nodes': [...], 'hyperedges': [[...]]}."
        )
    if not isinstance(raw["nodes"], list | tuple) or not isinstance(
        raw["hyperedges"], list | tuple
    ):
        raise ProblemError("'nodes' and 'hyperedges' of the hypergraph must be lists.")
    nodes = tuple(_label(n.get("id") if isinstance(n, Mapping) else n) for n in raw["nodes"])
    if not nodes:
        raise ProblemError("the hypergraph is empty: add at least two nodes.")
    if len(set(nodes)) != len(nodes):
        raise ProblemError("a node of the hypergraph is listed twice.")
    hyperedges = []
    known = set(nodes)
    weights: list[Any] = []
    for raw_edge in raw["hyperedges"]:
        members = raw_edge.get("nodes") if isinstance(raw_edge, Mapping) else raw_edge
        if not isinstance(members, list | tuple):
            raise ProblemError(
                f"hyperedge {raw_edge!r} must be a list of nodes, or an object such as "
                "{'nodes': ['a', 'b', 'c'], 'weight': 2}."
            )
        edge = tuple(_label(n) for n in members)
        unknown = [n for n in edge if n not in known]
        if unknown:
            raise ProblemError(f"hyperedge {list(edge)} uses {unknown[0]!r}, which is not a node.")
        if len(edge) < 2 or len(set(edge)) != len(edge):
            raise ProblemError(f"hyperedge {list(edge)} needs at least two different nodes.")
        hyperedges.append(edge)
        weights.append(raw_edge.get("weight") if isinstance(raw_edge, Mapping) else None)
    if not hyperedges:
        raise ProblemError("the hypergraph has no hyperedges: add at least one.")
    numbers = _numbers(
        weights, lambda i: f"hyperedge {list(hyperedges[i])}", "weight", "hyperedge", 1
    )
    given = any(weight is not None for weight in weights)
    return Hypergraph(nodes, tuple(hyperedges), tuple(numbers) if given else ())


def hypergraph_data(hypergraph: Hypergraph) -> dict[str, Any]:
    """A hypergraph as `read_hypergraph` takes it."""
    hyperedges: list[Any] = to_json(hypergraph.hyperedges)
    if hypergraph.weights:
        hyperedges = [
            {"nodes": to_json(edge), "weight": values.to_json_number(weight)}
            for edge, weight in hypergraph.weighted
        ]
    return {"nodes": [to_json(v) for v in hypergraph.nodes], "hyperedges": hyperedges}


def names(graph: nx.Graph) -> list[Any]:
    """Nodes, and all of the attributes' keys and values that are no numbers."""
    found: list[Any] = [to_json(node) for node in graph]
    keys: set[str] = set()
    own = [has for _, has in graph.nodes(data=True)]
    for has in (*own, *(has for _, _, has in graph.edges(data=True))):
        keys.update(has)
        found += [value for value in has.values() if type(value) not in (int, float)]
    return [*found, *keys]


def graph_data(graph: nx.Graph) -> dict[str, Any]:
    """Node-link form of a graph, as `read_graph` takes it."""
    return {
        "directed": graph.is_directed(),
        "multigraph": False,
        "graph": {},
        "nodes": [{**_plain(has), "id": to_json(n)} for n, has in graph.nodes(data=True)],
        "edges": [
            {**_plain(has), "source": to_json(u), "target": to_json(v)}
            for u, v, has in graph.edges(data=True)
        ],
    }


def _plain(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {key: values.to_json_number(value) for key, value in attributes.items()}


def edge_numbers(
    graph: nx.Graph,
    key: str,
    *,
    default: Number | None = None,
    order: Iterable[tuple[Label, Label]] | None = None,
) -> dict[tuple[Label, Label], Number]:
    """A finite number on every edge, such as its weight.

    Args:
        default: of all edges, where none has the key.
        order: all edges in the order wanted; default: that of `edges`.

    Raises:
        ProblemError: absent without a default or on some edges only, or not a finite number.
    """
    ordered, adjacent = list(order or edges(graph)), graph.adj
    arrow = "arc" if graph.is_directed() else "edge"
    numbers = _numbers(
        [adjacent[u][v].get(key) for u, v in ordered],
        lambda i: f"{arrow} {ordered[i][0]!r} - {ordered[i][1]!r}",
        key,
        arrow,
        default,
    )
    return dict(zip(ordered, numbers, strict=True))


def node_numbers(graph: nx.Graph, key: str, *, default: Number) -> dict[Label, Number]:
    """A finite number on every node, such as its weight, in natural order.

    Args:
        default: of all nodes, where none has the key.

    Raises:
        ProblemError: absent on some nodes only, or not a finite number.
    """
    order = nodes(graph)
    found = [graph.nodes[v].get(key) for v in order]
    numbers = _numbers(found, lambda i: f"node {order[i]!r}", key, "node", default)
    return dict(zip(order, numbers, strict=True))


def are_weights(weights: Iterable[Number | Exact]) -> bool:
    """Whether any weight differs from 1, so that they say something."""
    return any(weight != 1 for weight in weights)


def weight_details(sense: str, what: str, weights: Iterable[Number | Exact]) -> str:
    """How a prompt says what to weigh, such as `of least node weight`; empty without weights.

    Args:
        sense: `min` or `max`.
    """
    extreme = "least" if sense == "min" else "greatest"
    return f"of {extreme} {what} weight" if are_weights(weights) else ""


def refuse_weights(weights: Iterable[Number | Exact], what: str, problem_type: str) -> None:
    """Refuse weights in an encoding that cannot hold them.

    Args:
        what: what carries them, in the plural.

    Raises:
        ProblemError: a weight other than 1.
    """
    if are_weights(weights):
        raise ProblemError(
            f"the benchmark's 'agent-q' encoding of {problem_type} knows no weights, but the "
            f"{what} have some: use --encoding exact, or remove the weights."
        )


def _numbers(
    found: Sequence[Any],
    what: Callable[[int], str],
    key: str,
    kind: str,
    default: Number | None,
) -> list[Number]:
    """The numbers that things of a kind have, all of them or none; `what` names that at a place."""
    without = next((i for i, value in enumerate(found) if value is None), None)
    if without is not None:
        none = all(value is None for value in found)
        if none and default is not None:
            return [default] * len(found)
        some = "" if none else f", but others of the graph's {kind}s do"
        raise ProblemError(f"{what(without)} has no {key!r}{some}: give every {kind} a number.")
    return [
        value
        if type(value) in (int, float) and abs(value) < _TOO_LARGE  # nearly always
        else _number(value, f"{key!r} of {what(i)}")
        for i, value in enumerate(found)
    ]


def _number(value: Any, what: str) -> Number:
    found = values.real(value)
    if found is None or not abs(found) < _TOO_LARGE:
        raise ProblemError(f"{what} must be a finite number, not {value!r}.")
    return found


def edges(graph: nx.Graph) -> list[tuple[Label, Label]]:
    """All edges in one order: undirected ones as sorted pairs, arcs as (source, target)."""
    if graph.is_directed():
        return sort_labels(graph.edges())  # type: ignore[return-value]
    return sort_labels(sorted_pair(u, v) for u, v in graph.edges())  # type: ignore[return-value]


def edges_at(graph: nx.Graph, node: Label) -> list[tuple[Label, Label]]:
    """The undirected edges at a node, in the form and order of `edges`."""
    return sort_labels(sorted_pair(u, v) for u, v in graph.edges(node))  # type: ignore[return-value]


def nodes(graph: nx.Graph) -> list[Label]:
    """All nodes in natural order."""
    return sort_labels(graph.nodes())


def attributes_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """The `problem_specific_attributes` of a problem file, empty when absent or null.

    Raises:
        ProblemError: not an object.
    """
    attributes = data.get("problem_specific_attributes")
    if attributes is None:
        return {}
    if not isinstance(attributes, Mapping):
        raise ProblemError(
            "'problem_specific_attributes' must be an object such as {'k': 3}, "
            f"not {type(attributes).__name__}."
        )
    return dict(attributes)


def attribute(attributes: Mapping[str, Any], name: str, kind: type, example: object) -> Any:
    """A required entry of `problem_specific_attributes`.

    Raises:
        ProblemError: absent or of the wrong type; the message shows an example.
    """
    if attributes.get(name) is None:
        raise ProblemError(
            f"problem_specific_attributes lacks {name!r}: add it, e.g. {{{name!r}: {example!r}}}, "
            f"or --attribute {name}={example}."
        )
    value = attributes[name]
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ProblemError(f"{name!r} must be of type {kind.__name__}, not {value!r}.")
    return value


def node_attribute(attributes: Mapping[str, Any], name: str, graph: nx.Graph) -> Label:
    """A required entry of `problem_specific_attributes` that names a node of the graph.

    Raises:
        ProblemError: absent, or no such node.
    """
    if attributes.get(name) is None:
        raise ProblemError(
            f"problem_specific_attributes lacks {name!r}: name a node of the graph, "
            f"also by --attribute {name}=NODE."
        )
    node = _label(attributes[name])
    if node not in graph:
        raise ProblemError(f"{name!r} is {node!r}, which is not a node of the graph.")
    return node


def node_attributes(data: Mapping[str, Any], names: Iterable[str], graph: nx.Graph) -> list[Label]:
    """Several required entries of `problem_specific_attributes` that name nodes of the graph.

    Raises:
        ProblemError: one is absent, or no such node.
    """
    attributes = attributes_of(data)
    return [node_attribute(attributes, name, graph) for name in names]


def from_json_list(values: list[Any]) -> list[Label]:
    """Labels from a solution's JSON list (lists become tuples)."""
    return [from_json(value) for value in values]


def rows_from_json(values: list[Any]) -> list[tuple[Any, ...]]:
    """Rows such as [node, colour] from a solution's JSON list, as tuples."""
    return [from_json(value) for value in values]


def edges_from_json(values: list[Any]) -> list[tuple[Label, Label]]:
    """Undirected edges from a solution's JSON list, each in its one written form."""
    return [sorted_pair(u, v) for u, v in rows_from_json(values)]


def classes(solution: list[Any]) -> dict[Label, set[Label]]:
    """The nodes of each class, from a solution's list of [node, class]."""
    members: dict[Label, set[Label]] = {}
    for node, label in rows_from_json(solution):
        members.setdefault(label, set()).add(node)
    return members


def is_labelling(solution: list[Any], graph: nx.Graph, count: int) -> bool:
    """Whether a list of [node, class] gives every node exactly one class from 0..count-1."""
    pairs = rows_from_json(solution)
    return (
        len(pairs) == graph.number_of_nodes()
        and {node for node, _ in pairs} == set(graph.nodes)
        and all(label in range(count) for _, label in pairs)
    )
