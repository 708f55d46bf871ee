"""Keys of problem files: what a type reads, what may stand beside it, and how the rest is refused.

A key that a type does not read (`Reads`) and that does not merely describe (`DESCRIPTIVE`) is an
error, since the answer would ignore what the user meant by it. Covers single keys; which keys stand
where is the matter of `inputs.py` (the file) and `graph_inputs.py` (its graphs).
"""

from __future__ import annotations

import difflib
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from quasar.core.errors import ProblemError

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

_LIKENESS = 0.6  # of a mistyped key to the one that was meant


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
        hypergraph: the graph has hyperedges instead of edges.
        wording: how a prompt states each attribute that the type cannot do without.
    """

    fields: tuple[str, ...] = ("graph",)
    attributes: Mapping[str, str] = field(default_factory=dict)
    nodes: Mapping[str, str] = field(default_factory=dict)
    edges: Mapping[str, str] = field(default_factory=dict)
    hints: Mapping[str, str] = field(default_factory=dict)
    hypergraph: bool = False
    wording: Mapping[str, str] = field(default_factory=dict)

    @property
    def naming(self) -> tuple[str, ...]:
        """Numbers on nodes or edges whose key in the file an attribute of that name may name."""
        return (*self.nodes, *self.edges)


class Reader(NamedTuple):
    """A problem type by its name, and what it reads."""

    problem_type: str
    reads: Reads


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
        if key in known or describes(key, kind, hints or {}):
            continue
        refuse(key, place, reader, (hints or {}).get(key) or advice_on(key, known))


def describes(key: Any, kind: str, hints: Container[str]) -> bool:
    """Whether a key only describes, by its place (a `kind` of `DESCRIPTIVE`); no hint names it."""
    if not isinstance(key, str) or key in hints:
        return False
    return key in DESCRIPTIVE[kind] or key.startswith(("_", "$")) or _is_number(key, kind)


def _is_number(key: str, kind: str) -> bool:
    """Whether the key numbers a file among others, as `record_id` does."""
    return kind == "file" and key.endswith("_id")


def refuse(key: Any, place: str, reader: str, advice: str) -> None:
    """Refuse a key.

    Raises:
        ProblemError: always; the message ends with the advice.
    """
    raise ProblemError(f"{place} has the key {key!r}, which {reader} does not read: {advice}.")


def advice_on(key: Any, known: list[str]) -> str:
    """What to do about an unknown key where `known` are read."""
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
