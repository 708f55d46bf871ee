"""What the graph of a problem file may carry: keys of nodes, edges and the graph itself.

Of any form that is read: node-link objects, hypergraphs, networkx graphs. Covers keys and their
renaming; whether values are right is checked where they are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import networkx as nx

from quasar.core.errors import ProblemError
from quasar.problems.keys import Reader, describes, nearest, refuse, refuse_unknown

_NODE_LINK = ("directed", "multigraph", "graph", "nodes", "edges", "links", "hyperedges")
_EDGE_LISTS = ("edges", "links", "hyperedges")
_STRUCTURE = {"node": ("id",), "edge": ("source", "target", "key")}


class _Part(NamedTuple):
    """What one node or edge carries beside its own names."""

    place: str
    kind: str
    attributes: Mapping[str, Any]


def is_graph(value: Any) -> bool:
    """Whether an attribute holds a graph."""
    return isinstance(value, nx.Graph) or (
        isinstance(value, Mapping) and isinstance(value.get("nodes"), list)
    )


def checked_graph(
    reader: Reader, raw: Any, attributes: Mapping[str, Any], record: bool, what: str
) -> Any:
    """The graph, its keys checked and the named ones renamed; of any form that is read."""
    if isinstance(raw, Mapping):
        _check_graph_keys(reader, raw, record, what)
    if not isinstance(raw, Mapping | nx.Graph):
        return raw
    named = {
        kind: _named(keys, attributes)
        for kind, keys in (("node", reader.reads.nodes), ("edge", reader.reads.edges))
    }
    if not record:
        second = what != "graph"
        for kind, keys in (("node", reader.reads.nodes), ("edge", reader.reads.edges)):
            known = () if second else tuple(keys)
            for part in () if named[kind] else _parts(raw, kind, known):
                _check_part(reader, part, known)
        inside = raw.graph if isinstance(raw, nx.Graph) else raw.get("graph")
        for key, value in inside.items() if isinstance(inside, Mapping) else ():
            if key in reader.reads.attributes and value is not None:
                place = f"the {what}'s own attributes"
                refuse(
                    key, place, reader.problem_type, "write it inside 'problem_specific_attributes'"
                )
    for kind, names in named.items():
        for key, name in names.items():
            raw = _renamed(raw, kind, key, name)
    return raw


def _named(keys: Iterable[str], attributes: Mapping[str, Any]) -> dict[str, str]:
    """The keys of nodes or edges that an attribute renames, with their names in the file."""
    named = {}
    for key in keys:
        name = attributes.get(key)
        if name is None:
            continue
        if not isinstance(name, str) or not name:
            raise ProblemError(
                f"{key!r} in problem_specific_attributes names the key that holds the numbers, "
                f"e.g. {{{key!r}: 'distance'}}, and must be text, not {name!r}."
            )
        named[key] = name
    return named


def _check_graph_keys(reader: Reader, raw: Mapping[str, Any], record: bool, what: str) -> None:
    both = [key for key in _EDGE_LISTS if raw.get(key) is not None]
    if len(both) > 1:
        raise ProblemError(
            f"the {what} has both {both[0]!r} and {both[1]!r}: keep one list of edges."
        )
    if "hyperedges" in raw and raw.get("directed"):
        raise ProblemError(f'the {what} is a hypergraph, which has no direction: drop "directed".')
    if not record:
        present = [key for key, value in raw.items() if value is not None]
        hints = dict.fromkeys(
            {*reader.reads.attributes, *reader.reads.naming} - set(_NODE_LINK),
            "write it inside 'problem_specific_attributes', or on the nodes or edges it belongs to",
        )
        refuse_unknown(
            present,
            _NODE_LINK,
            f"the {what}",
            reader.problem_type,
            kind="graph",
            hints={**hints, **reader.reads.hints},
        )


def _check_part(reader: Reader, part: _Part, known: Iterable[str]) -> None:
    """Refuse what a node or edge carries in vain."""
    for key, value in part.attributes.items():
        if key in known or (value is None and isinstance(key, str)):
            continue
        if describes(key, part.kind, reader.reads.hints) and not _may_be_a_weight(
            part.kind, key, value
        ):
            continue
        refuse(key, part.place, reader.problem_type, _part_advice(reader, part, key, list(known)))


def _may_be_a_weight(kind: str, key: str, value: Any) -> bool:
    """Whether an edge's label is a number, and so perhaps what the edge weighs."""
    if kind != "edge" or key in ("id", "key") or key[:1] == "_" or isinstance(value, bool):
        return False
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _part_advice(reader: Reader, part: _Part, key: Any, known: list[str]) -> str:
    kind = part.place.split()[0]
    if key in reader.reads.hints:
        return reader.reads.hints[key]
    near = nearest(key, known)
    if known and near is not None:
        return f"did you mean {near!r}? Otherwise remove it"
    if any(part.attributes.get(name) is not None for name in known):
        return f"what it reads of {kind}s is {known[0]!r}. Remove it, or begin its name with '_'"
    if known:
        number = known[0]
        return (
            f"what it reads of {kind}s is {number!r}. Rename the key, or name it by "
            f"--weight {key}, in a problem file by "
            f'"problem_specific_attributes": {{"{number}": "{key}"}}, or remove it'
        )
    other = [*reader.reads.edges] if part.kind == "node" else [*reader.reads.nodes]
    if other:
        there = "edges" if part.kind == "node" else "nodes"
        return f"it reads {other[0]!r} of {there} and nothing of {kind}s. Remove it"
    return f"it reads nothing of {kind}s. Remove it"


def _parts(raw: Any, kind: str, known: Iterable[str]) -> Iterator[_Part]:
    """Nodes or edges that carry more than the known keys, as far as the graph can be read."""
    known = set(known)
    if isinstance(raw, nx.Graph):
        for entry in raw.nodes(data=True) if kind == "node" else raw.edges(data=True):
            if not entry[-1].keys() <= known:
                place = " - ".join(map(repr, entry[:-1]))
                yield _Part(f"{kind} {place}", kind, entry[-1])
        return
    for key in ("nodes",) if kind == "node" else _EDGE_LISTS:
        structure = ("nodes",) if key == "hyperedges" else _STRUCTURE[kind]
        own = set(structure) - {"key"}
        usual = known | set(structure)
        for entry in raw[key] if isinstance(raw.get(key), list | tuple) else ():
            # What lacks its own names is refused where it is read.
            if isinstance(entry, Mapping) and not entry.keys() <= usual and entry.keys() >= own:
                inside = {k: v for k, v in entry.items() if k not in structure}
                yield _Part(_place(key, entry), kind, inside)


def _place(key: str, entry: Mapping[str, Any]) -> str:
    if key == "nodes":
        return f"node {entry.get('id')!r}"
    if key == "hyperedges":
        return f"hyperedge {entry.get('nodes')!r}"
    return f"edge {entry.get('source')!r} - {entry.get('target')!r}"


def _renamed(raw: Any, kind: str, key: str, name: str) -> Any:
    """A copy in which nodes or edges carry under `key` what they carry under `name`.

    Raises:
        ProblemError: one of them has no such key.
    """

    def with_key(place: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
        if attributes.get(name) is None:
            near = nearest(name, [k for k in attributes if isinstance(k, str)])
            found = f"did you mean {near!r}?" if near else "name a key that all of them have."
            raise ProblemError(
                f"{place} has no {name!r}, which problem_specific_attributes name as its "
                f"{key}: {found}"
            )
        kept = {k: v for k, v in attributes.items() if describes(k, kind, {})}
        return {**kept, key: attributes[name]}

    if isinstance(raw, nx.Graph):
        return _renamed_in(raw, kind, with_key)
    lists = ("nodes",) if kind == "node" else _EDGE_LISTS
    out = dict(raw)
    for listed in lists:
        if not isinstance(raw.get(listed), list | tuple):
            continue
        structure = ("nodes",) if listed == "hyperedges" else _STRUCTURE[kind]
        entries = []
        for entry in raw[listed]:
            attributes = entry if isinstance(entry, Mapping) else {}
            if not isinstance(entry, Mapping) and listed == "hyperedges":
                attributes = {"nodes": entry}
            elif not isinstance(entry, Mapping) and listed == "nodes":
                attributes = {"id": entry}
            own = {k: v for k, v in attributes.items() if k in structure}
            inside = {k: v for k, v in attributes.items() if k not in structure}
            entries.append({**own, **with_key(_place(listed, attributes), inside)})
        out[listed] = entries
    return out


def _renamed_in(
    graph: nx.Graph, kind: str, with_key: Callable[[str, Mapping[str, Any]], dict[str, Any]]
) -> nx.Graph:
    out = graph.__class__()
    out.graph.update(graph.graph)
    for node, attributes in graph.nodes(data=True):
        out.add_node(node)
        own = with_key(f"node {node!r}", attributes) if kind == "node" else attributes
        out.nodes[node].update(own)
    for u, v, attributes in graph.edges(data=True):
        place = f"edge {u!r} - {v!r}"
        out.add_edge(u, v)
        out.edges[u, v].update(with_key(place, attributes) if kind == "edge" else attributes)
    return out
