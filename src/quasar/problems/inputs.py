"""What a problem file may hold: every key is read, only describes, or is refused by name.

A problem type says what it reads (`Problem.reads`). A key that is none of these and none of
`DESCRIPTIVE` is an error, since the answer would ignore what the user meant by it. Records are the
exception: their further columns, and whatever their graphs carry, stay as they are. Whether values
are right is checked where they are read.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import networkx as nx

from quasar.core.errors import ProblemError
from quasar.problems import graphs

if TYPE_CHECKING:
    from quasar.problems.base import Problem

_WORDS = frozenset("name label title description comment comments note notes".split())
DESCRIPTIVE: Mapping[str, frozenset[str]] = {
    "file": _WORDS | frozenset("id index author date license source tags url version".split()),
    "attributes": _WORDS,
    "graph": _WORDS | frozenset("id type metadata".split()),
    "node": _WORDS
    | frozenset("pos x y z lat lon latitude longitude color colour shape style".split())
    | frozenset("bipartite block club community layer subset".split()),  # networkx's generators
    "edge": _WORDS | frozenset("id key color colour style".split()),
    "item": _WORDS | frozenset("color colour".split()),
}
"""Keys that may stand beside those that are read, by place; so may all that begin with `_`."""

RECORD_FIELDS = (
    "sample_index",
    "signature",
    "problem_type",
    "optimization_type",
    "graph",
    "problem_specific_attributes",
    "number_of_qubits",
    "number_of_layers",
    "cost_hamiltonian",
    "circuit_with_params",
    "solution",
    "exact_solution",
)
"""The public fields of a benchmark record."""

_MARKS = ("cost_hamiltonian", "circuit_with_params", "signature", "exact_solution", "instance_id")
_FILE = (
    "problem_type",
    "problem_specific_attributes",
    "encoding",
    "variable_order",
    "penalty",
    "problem",
)
_NODE_LINK = ("directed", "multigraph", "graph", "nodes", "edges", "links", "hyperedges")
_EDGE_LISTS = ("edges", "links", "hyperedges")
_LIKENESS = 0.6  # of a mistyped key to the one that was meant
_MISTYPED = 0.85  # in records, where other columns are welcome


@dataclass(frozen=True)
class Reads:
    """The keys that a problem type reads.

    Attributes:
        fields: those at the top of a problem file that state the problem.
        attributes: entries of `problem_specific_attributes`, each with its meaning.
        nodes: numbers on the graph's nodes, each with its meaning; an attribute of the same name
            may name another key that holds them.
        edges: the same for edges, arcs or hyperedges.
        hints: what to do about keys that people are known to try and that are not read.
    """

    fields: tuple[str, ...] = ("graph",)
    attributes: Mapping[str, str] = field(default_factory=dict)
    nodes: Mapping[str, str] = field(default_factory=dict)
    edges: Mapping[str, str] = field(default_factory=dict)
    hints: Mapping[str, str] = field(default_factory=dict)

    @property
    def naming(self) -> tuple[str, ...]:
        """Numbers on nodes or edges whose key in the file an attribute of that name may name."""
        return (*self.nodes, *self.edges)


def is_record(data: Mapping[str, Any]) -> bool:
    """Whether this is a record of a data set: it has a Hamiltonian, a circuit or a signature."""
    return any(data.get(field) is not None for field in _MARKS)


def checked(
    cls: type[Problem], data: Mapping[str, Any], record: bool | None = None
) -> dict[str, Any]:
    """The content of a problem file, all of which the type reads.

    Where an attribute such as `"weight": "distance"` names the key of the edges (or nodes) that is
    read, that key is renamed in the graph that is returned, and what else these edges carry is left
    out.

    Args:
        cls: the problem type.
        record: whether this is a record; default: told by its fields.

    Raises:
        ProblemError: a key that is not read, with the nearest one that is; two spellings of one
            thing; a named key that some edge lacks.
    """
    record = is_record(data) if record is None else record
    _check_fields(cls, data, record)
    attributes = graphs.attributes_of(data)
    if not record:
        _check_attributes(cls, attributes)
    out = dict(data)
    if "graph" in cls.reads.fields and data.get("graph") is not None:
        out["graph"] = _checked_graph(cls, data["graph"], attributes, record, "graph")
    for name in cls.reads.attributes:
        if _is_graph(attributes.get(name)):
            attributes[name] = _checked_graph(cls, attributes[name], {}, record, "second graph")
    for key in cls.reads.naming:
        attributes.pop(key, None)
    out["problem_specific_attributes"] = attributes
    return out


def _is_graph(value: Any) -> bool:
    return isinstance(value, nx.Graph) or (
        isinstance(value, Mapping) and isinstance(value.get("nodes"), list)
    )


def refuse_unknown(
    keys: Iterable[Any],
    known: Iterable[str],
    place: str,
    reader: str,
    *,
    kind: str = "item",
    hints: Mapping[str, str] | None = None,
) -> None:
    """Refuse the first key that is neither known nor only describes.

    Args:
        place: where the keys stand, for the message.
        reader: who does not read it.
        kind: which of `DESCRIPTIVE` applies.
        hints: what to do about keys that people are known to try; they never only describe.

    Raises:
        ProblemError: there is one.
    """
    known = list(known)
    for key in keys:
        if key in known or _describes(key, kind, hints or {}):
            continue
        _refuse(key, place, reader, (hints or {}).get(key) or _advice(key, known))


def _describes(key: Any, kind: str, hints: Container[str]) -> bool:
    if not isinstance(key, str) or key in hints:
        return False
    return key in DESCRIPTIVE[kind] or key.startswith(("_", "$")) or _is_number(key, kind)


def _is_number(key: str, kind: str) -> bool:
    """Whether the key numbers a file among others, as `record_id` does."""
    return kind == "file" and key.endswith("_id")


def _refuse(key: Any, place: str, reader: str, advice: str) -> None:
    raise ProblemError(f"{place} has the key {key!r}, which {reader} does not read: {advice}.")


def _advice(key: Any, known: list[str]) -> str:
    near = nearest(key, known)
    if near is not None:
        return f"did you mean {near!r}? Otherwise remove it"
    listed = ", ".join(repr(name) for name in known)
    return f"what is read there is {listed}. Rename it to what is meant, or remove it"


def nearest(key: Any, known: Iterable[str], likeness: float = _LIKENESS) -> str | None:
    """The known key that is most like this one, None if none is alike."""
    plain = {name.lower(): name for name in known}
    found = difflib.get_close_matches(str(key).lower(), plain, 1, likeness)
    return plain[found[0]] if found else None


# --- the file and its attributes ------------------------------------------------------------------


def _check_fields(cls: type[Problem], data: Mapping[str, Any], record: bool) -> None:
    known = list(dict.fromkeys((*_FILE, *cls.reads.fields, *RECORD_FIELDS)))
    if "graph" not in cls.reads.fields and not record:
        known.remove("graph")
    reader = f"the type {cls.problem_type}"
    for key, value in data.items():
        if value is None or key in known:
            continue
        if record:
            near = nearest(key, known, _MISTYPED)
            if near is not None and not data.get(near):
                _refuse(key, "the record", reader, f"did you mean {near!r}? Otherwise rename it")
        elif not _describes(key, "file", {*cls.reads.attributes, *cls.reads.hints}):
            _refuse(key, "the problem", reader, _field_advice(cls, key, known))


def _field_advice(cls: type[Problem], key: Any, known: list[str]) -> str:
    if key in cls.reads.attributes or key in cls.reads.naming:
        return "write it inside 'problem_specific_attributes'"
    if key in cls.reads.hints:
        return cls.reads.hints[key]
    useful = [name for name in known if name in (*_FILE, *cls.reads.fields)]
    near = nearest(key, useful)
    if near is not None:
        return f"did you mean {near!r}? Otherwise remove it"
    near = nearest(key, (*cls.reads.attributes, *cls.reads.naming))
    if near is not None:
        return f"did you mean {near!r}? That goes inside 'problem_specific_attributes'"
    listed = ", ".join(repr(name) for name in useful if name != "problem")
    return f"what is read is {listed}. Remove it, or begin its name with '_' to keep it as a remark"


def _check_attributes(cls: type[Problem], attributes: Mapping[str, Any]) -> None:
    known = [*cls.reads.attributes, *cls.reads.naming]
    for key, value in attributes.items():
        if value is None or key in known or _describes(key, "attributes", cls.reads.hints):
            continue
        if key in cls.reads.hints:
            advice = cls.reads.hints[key]
        elif key in (*_FILE, *cls.reads.fields):
            advice = "write it beside 'problem_type', at the top of the file"
        elif known:
            advice = _advice(key, known)
        else:
            advice = "the type has no attributes. Remove it"
        _refuse(key, "problem_specific_attributes", cls.problem_type, advice)


# --- graphs ---------------------------------------------------------------------------------------


class _Part(NamedTuple):
    """What one node or edge carries beside its own names."""

    place: str
    kind: str
    attributes: Mapping[str, Any]


_STRUCTURE = {"node": ("id",), "edge": ("source", "target", "key")}


def _checked_graph(
    cls: type[Problem], raw: Any, attributes: Mapping[str, Any], record: bool, what: str
) -> Any:
    """The graph, its keys checked and the named ones renamed; of any form that is read."""
    if isinstance(raw, Mapping):
        _check_graph_keys(cls, raw, record, what)
    if not isinstance(raw, Mapping | nx.Graph):
        return raw
    named = {
        kind: _named(keys, attributes)
        for kind, keys in (("node", cls.reads.nodes), ("edge", cls.reads.edges))
    }
    if not record:
        second = what != "graph"
        for kind, keys in (("node", cls.reads.nodes), ("edge", cls.reads.edges)):
            known = () if second else tuple(keys)
            for part in () if named[kind] else _parts(raw, kind, known):
                _check_part(cls, part, known)
        inside = raw.graph if isinstance(raw, nx.Graph) else raw.get("graph")
        for key, value in inside.items() if isinstance(inside, Mapping) else ():
            if key in cls.reads.attributes and value is not None:
                place = f"the {what}'s own attributes"
                _refuse(
                    key, place, cls.problem_type, "write it inside 'problem_specific_attributes'"
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


def _check_graph_keys(cls: type[Problem], raw: Mapping[str, Any], record: bool, what: str) -> None:
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
            {*cls.reads.attributes, *cls.reads.naming} - set(_NODE_LINK),
            "write it inside 'problem_specific_attributes', or on the nodes or edges it belongs to",
        )
        refuse_unknown(
            present,
            _NODE_LINK,
            f"the {what}",
            cls.problem_type,
            kind="graph",
            hints={**hints, **cls.reads.hints},
        )


def _check_part(cls: type[Problem], part: _Part, known: Iterable[str]) -> None:
    """Refuse what a node or edge carries in vain."""
    for key, value in part.attributes.items():
        if key in known or (value is None and isinstance(key, str)):
            continue
        if _describes(key, part.kind, cls.reads.hints) and not _may_be_a_weight(
            part.kind, key, value
        ):
            continue
        _refuse(key, part.place, cls.problem_type, _part_advice(cls, part, key, list(known)))


def _may_be_a_weight(kind: str, key: str, value: Any) -> bool:
    """Whether an edge's label is a number, and so perhaps what the edge weighs."""
    if kind != "edge" or key in ("id", "key") or key[:1] == "_" or isinstance(value, bool):
        return False
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _part_advice(cls: type[Problem], part: _Part, key: Any, known: list[str]) -> str:
    kind = part.place.split()[0]
    if key in cls.reads.hints:
        return cls.reads.hints[key]
    near = nearest(key, known)
    if known and near is not None:
        return f"did you mean {near!r}? Otherwise remove it"
    if any(part.attributes.get(name) is not None for name in known):
        return f"what it reads of {kind}s is {known[0]!r}. Remove it, or begin its name with '_'"
    if known:
        number = known[0]
        return (
            f"what it reads of {kind}s is {number!r}. Rename the key, or name it by "
            f'"problem_specific_attributes": {{"{number}": "{key}"}}, or remove it'
        )
    other = [*cls.reads.edges] if part.kind == "node" else [*cls.reads.nodes]
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

    def mend(place: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
        if attributes.get(name) is None:
            near = nearest(name, [k for k in attributes if isinstance(k, str)])
            found = f"did you mean {near!r}?" if near else "name a key that all of them have."
            raise ProblemError(
                f"{place} has no {name!r}, which problem_specific_attributes name as its "
                f"{key}: {found}"
            )
        kept = {k: v for k, v in attributes.items() if _describes(k, kind, {})}
        return {**kept, key: attributes[name]}

    if isinstance(raw, nx.Graph):
        return _renamed_in(raw, kind, mend)
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
            entries.append({**own, **mend(_place(listed, attributes), inside)})
        out[listed] = entries
    return out


def _renamed_in(
    graph: nx.Graph, kind: str, mend: Callable[[str, Mapping[str, Any]], dict[str, Any]]
) -> nx.Graph:
    out = graph.__class__()
    out.graph.update(graph.graph)
    for node, attributes in graph.nodes(data=True):
        out.add_node(node)
        own = mend(f"node {node!r}", attributes) if kind == "node" else attributes
        out.nodes[node].update(own)
    for u, v, attributes in graph.edges(data=True):
        place = f"edge {u!r} - {v!r}"
        out.add_edge(u, v)
        out.edges[u, v].update(mend(place, attributes) if kind == "edge" else attributes)
    return out
