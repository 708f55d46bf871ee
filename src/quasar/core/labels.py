"""Labels of nodes, edges and variables: their order and their form in JSON.

A label is a number, a string, or a (nested) tuple of labels: a node is usually a number or a
string, an edge a pair of nodes, a one-hot variable a pair such as (node, colour).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal

Label = int | float | str | tuple[Any, ...]
VariableOrder = Literal["natural", "lexicographic"]

_DIGITS = re.compile(r"(\d+)")


def natural_key(label: Label) -> tuple[Any, ...]:
    """Sort key: numbers by value, then strings (digits in them by value), tuples by element."""
    if isinstance(label, tuple):
        return (2, tuple(natural_key(part) for part in label))
    if isinstance(label, str):
        pieces = _DIGITS.split(label)
        return (1, tuple((0, int(p)) if p.isdecimal() else (1, p) for p in pieces), label)
    return (0, label)


def sort_labels(labels: Iterable[Label], order: VariableOrder = "natural") -> list[Label]:
    """Sorted labels; `lexicographic` sorts by `str()`, as the older record generator did."""
    return sorted(labels, key=str if order == "lexicographic" else natural_key)


def sorted_pair(u: Label, v: Label) -> tuple[Label, Label]:
    """The undirected edge {u, v} in its one written form."""
    return (u, v) if natural_key(u) <= natural_key(v) else (v, u)


def to_json(label: Any) -> Any:
    """Tuples become lists, all else stays."""
    if isinstance(label, tuple | list):
        return [to_json(part) for part in label]
    return label


def from_json(value: Any) -> Any:
    """Lists become tuples, so that the label can be hashed."""
    if isinstance(value, list):
        return tuple(from_json(part) for part in value)
    return value
