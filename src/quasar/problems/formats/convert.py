"""A problem in one format to the same problem in another: lossless, or refused with what is lost.

What is written is read back and compared with the original, name by name and number by number.
Which type a graph is to be solved as is no part of most formats, so that it has to be said again
when the file is read. What may be lost is said by name (`drop`); nodes and variables get numbers
where a format has no names (`renumber`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from quasar.core.errors import ProblemError
from quasar.core.exact import LongDecimal, exact
from quasar.core.labels import Label, from_json, sort_labels, sorted_pair, to_json
from quasar.problems import graphs, values
from quasar.problems.base import EncodedProblem, Problem
from quasar.problems.formats.catalogue import FORMATS, FileFormat, by_suffix
from quasar.problems.formats.content import decimal_text
from quasar.problems.formats.reading import parse_json, settled
from quasar.problems.formats.written import Export
from quasar.problems.load import build_problem, name_weights, read_problem_data
from quasar.problems.source import ProblemSource, as_content

_NODES_BY_NAME = ("source", "sink", "node", "start_node", "end_node")
_JSON = FileFormat("JSON", (".json",), "graph_json", write="write")


@dataclass(frozen=True)
class Converted:
    """A problem in another format.

    Attributes:
        file: the content of the file.
        title: of the format.
        problem_type: what it is; where the format does not say so, `ask` is true.
        ask: the type has to be named when the file is read.
        renamed: new numbers of nodes or variables by their names, where they were renumbered.
    """

    file: str | bytes
    title: str
    problem_type: str
    ask: bool
    renamed: dict[Label, int]

    @property
    def text(self) -> str:
        """The content of a text file."""
        return self.file if isinstance(self.file, str) else self.file.decode("utf-8")


def writable() -> list[str]:
    """The suffixes of the formats that can be written."""
    return [".json", *(suffix for f in FORMATS for suffix in f.written)]


def convert(
    source: ProblemSource,
    suffix: str,
    *,
    problem_type: str | None = None,
    attributes: Mapping[str, Any] | None = None,
    weight: str | None = None,
    drop: Iterable[str] = (),
    renumber: bool = False,
) -> Converted:
    """Write a problem in the format of a suffix.

    Args:
        source: what `load_problem` takes, except an encoded problem.
        suffix: of the file to be written, such as `.gml`.
        problem_type: as for `load_problem`, like the next two.
        drop: attributes of the problem, its nodes or edges, or fields of its file, which may be
            lost; `constant` is that of a QUBO.
        renumber: give nodes or variables the numbers of the format.

    Raises:
        ProblemError: the problem cannot be read, the format cannot be written, or something that
            is not in `drop` would be lost.
    """
    target = _JSON if suffix.lower() == ".json" else by_suffix(suffix)
    if target is None or suffix.lower() not in target.written:
        raise ProblemError(
            f"files with the suffix {suffix!r} are not written; these are: {', '.join(writable())}."
        )
    if isinstance(source, EncodedProblem):
        raise ProblemError("an encoded problem is converted by its .problem.")
    content = (
        source.to_data()
        if isinstance(source, Problem)
        else as_content(source, problem_type, attributes)
    )
    data = read_problem_data(content)
    if weight is not None:
        name_weights(data, weight)
    given = build_problem(data)
    stated = given.to_data()
    extra = {k: v for k, v in data.items() if k not in stated and v not in (None, {})}
    dropped = set(drop)
    kept = _without(stated, dropped)
    missing = dropped - _keys(stated) - extra.keys() - {"constant"}
    if missing:
        raise ProblemError(f"there is nothing called {min(missing)!r} to leave out.")
    extra = {k: v for k, v in extra.items() if k not in dropped}
    renamed: dict[Label, int] = {}
    if renumber:
        kept, renamed = _renumbered(kept, target.first)
    if target is _JSON:
        text = _dumps({**kept, **extra})
        back = parse_json(text, "the result")
        _compare(kept, back, target)
        return Converted(text, target.title, given.problem_type, False, renamed)
    if extra:
        lost = ", ".join(map(repr, extra))
        raise ProblemError(
            f"{target.title} has no place for {lost}: write JSON, or leave them out by "
            f"{' '.join(f'--drop {key}' for key in extra)}."
        )
    return _written(kept, given.problem_type, target, dropped, renamed)


def _written(
    kept: dict[str, Any],
    problem_type: str,
    target: FileFormat,
    dropped: set[str],
    renamed: dict[Label, int],
) -> Converted:
    file = target.file(Export(problem_type, kept, target.title))
    found = target.content(file)
    back = settled(found, problem_type, target.title)
    held = graphs.attributes_of(back)
    lost = [key for key in graphs.attributes_of(kept) if key not in held]
    if lost:
        raise ProblemError(
            f"{target.title} has no place for the attribute {lost[0]!r}: write JSON, or leave it "
            f"out by --drop {lost[0]} and give it again by --attribute {lost[0]}=… on reading."
        )
    if "problem_specific_attributes" in back and "graph" not in back:
        back = build_problem(back).to_data()
    _compare(kept, back, target)
    return Converted(file, target.title, problem_type, found.guess != problem_type, renamed)


def _keys(stated: Mapping[str, Any]) -> set[str]:
    """Everything that can be left out, by name."""
    graph = stated.get("graph") or {}
    inside = [*graph.get("nodes", []), *graph.get("edges", [])]
    named = {key for part in inside if isinstance(part, Mapping) for key in part}
    return (named - {"id", "source", "target"}) | graphs.attributes_of(stated).keys()


def _without(stated: Mapping[str, Any], dropped: set[str]) -> dict[str, Any]:
    out = dict(stated)
    if not dropped:
        return out
    if isinstance(out.get("graph"), Mapping):
        graph = dict(out["graph"])
        for part in ("nodes", "edges"):
            graph[part] = [
                {
                    k: v
                    for k, v in has.items()
                    if k not in dropped or k in ("source", "target", "id")
                }
                for has in graph.get(part, [])
            ]
        out["graph"] = graph
    attributes = graphs.attributes_of(out)
    if attributes:
        out["problem_specific_attributes"] = {
            k: v for k, v in attributes.items() if k not in dropped
        }
    if "constant" in dropped and "qubo" in out:
        out["qubo"] = [entry for entry in out["qubo"] if entry[0]]
    return out


def _renumbered(kept: dict[str, Any], first: int) -> tuple[dict[str, Any], dict[Label, int]]:
    """The problem with numbers for names, in natural order.

    Raises:
        ProblemError: a problem that has neither a graph nor a QUBO.
    """
    if isinstance(kept.get("graph"), Mapping) and "edges" in kept["graph"]:
        graph = dict(kept["graph"])
        names = [from_json(node["id"]) for node in graph["nodes"]]
    elif "qubo" in kept:
        names = list({from_json(v) for labels, _ in kept["qubo"] for v in labels})
    else:
        raise ProblemError(f"{kept['problem_type']} has no nodes or variables to be renumbered.")
    new = {name: i for i, name in enumerate(sort_labels(names), start=first)}
    if "qubo" in kept:
        terms = [[[new[from_json(v)] for v in labels], c] for labels, c in kept["qubo"]]
        return {**kept, "qubo": terms}, new
    graph["nodes"] = [{**node, "id": new[from_json(node["id"])]} for node in graph["nodes"]]
    graph["edges"] = [
        {**e, **{end: new[from_json(e[end])] for end in ("source", "target")}}
        for e in graph["edges"]
    ]
    attributes = graphs.attributes_of(kept)
    for key in _NODES_BY_NAME:
        if key in attributes:
            attributes[key] = new[from_json(attributes[key])]
    out = {**kept, "graph": graph}
    return ({**out, "problem_specific_attributes": attributes} if attributes else out), new


def _compare(kept: Mapping[str, Any], back: Mapping[str, Any], target: FileFormat) -> None:
    """Refuse a file that does not state the same.

    Raises:
        ProblemError: it does not; the message names what differs.
    """
    lost = None
    for key in kept.keys() | back.keys():
        if key == "graph":
            lost = lost or _other_graph(kept.get(key), back.get(key))
        elif key == "qubo":
            if _polynomial(kept.get(key)) != _polynomial(back.get(key)):
                lost = "a coefficient, or a variable of no weight"
        elif _plain(kept.get(key) or {}) != _plain(back.get(key) or {}):
            lost = f"part of '{_differing(kept.get(key), back.get(key)) or key}'"
    if lost:
        raise ProblemError(f"{target.title} would lose {lost}: write JSON.")


def _differing(a: Any, b: Any) -> str | None:
    """The first attribute that differs between two sets of attributes."""
    if not isinstance(a, Mapping) or not isinstance(b, Mapping):
        return None
    return next((k for k in [*a, *b] if _plain(a.get(k)) != _plain(b.get(k))), None)


def _other_graph(a: Any, b: Any) -> str | None:
    """What differs between two graphs, None if they are the same."""
    if not isinstance(a, Mapping) or not isinstance(b, Mapping) or "hyperedges" in a:
        return None if _plain(a) == _plain(b) else "part of the graph"
    if bool(a.get("directed")) != bool(b.get("directed", a.get("directed"))):
        return "the graph's direction"
    for what, own in (("node", _nodes), ("edge", _edges)):
        one, other = own(a), own(b, bool(a.get("directed")))
        if one != other:
            changed = next(k for k in [*one, *other] if one.get(k) != other.get(k))
            return f"{what} {to_json(changed)!r} or what it carries"
    return None


def _nodes(graph: Mapping[str, Any], directed: bool | None = None) -> dict[Any, Any]:
    return _carried({from_json(node["id"]): node for node in graph["nodes"]}, ("id",))


def _edges(graph: Mapping[str, Any], directed: bool | None = None) -> dict[Any, Any]:
    directed = bool(graph.get("directed")) if directed is None else directed
    found = {}
    for e in graph["edges"]:
        ends = (from_json(e["source"]), from_json(e["target"]))
        found[ends if directed else sorted_pair(*ends)] = e
    return _carried(found, ("source", "target"))


def _carried(parts: Mapping[Any, Mapping[str, Any]], own: tuple[str, ...]) -> dict[Any, Any]:
    """What each part carries; weights that all are 1 say nothing."""
    carried = {
        name: {k: _plain(v) for k, v in has.items() if k not in own} for name, has in parts.items()
    }
    if all(has.get("weight", 1) == 1 for has in carried.values()):
        return {name: {k: v for k, v in has.items() if k != "weight"} for name, has in
                carried.items()}  # fmt: skip
    return carried


def _polynomial(entries: Any) -> tuple[dict[Any, Any], set[Any]]:
    terms: dict[Any, Any] = {}
    for labels, c in entries or ():
        monomial = frozenset(from_json(list(labels)))
        terms[monomial] = terms.get(monomial, 0) + exact(c)
    return {m: c for m, c in terms.items() if c}, {v for m in terms for v in m}


def _plain(value: Any) -> Any:
    """A value with its numbers exact, to be compared."""
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    number = values.real(value)
    return value if number is None else exact(number)


def _dumps(data: Mapping[str, Any]) -> str:
    """JSON with every digit of long decimals."""
    long: list[str] = []

    def marked(value: Any) -> Any:
        if isinstance(value, LongDecimal):
            long.append(decimal_text(value, "JSON"))
            return f"\0{len(long) - 1}\0"
        if isinstance(value, Mapping):
            return {k: marked(v) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [marked(v) for v in value]
        return value

    text = json.dumps(marked(data), ensure_ascii=False, allow_nan=False)
    for i, digits in enumerate(long):
        text = text.replace(f'"\\u0000{i}\\u0000"', digits)
    return text + "\n"
