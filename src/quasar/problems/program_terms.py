"""Terms, constraints and bounds of an integer program, as problem files and prompts state them.

What they become in qubits is decided in `integer_program.py`.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quasar.core.errors import ProblemError
from quasar.core.exact import Exact, exact, total
from quasar.core.labels import Label, natural_key, sort_labels, to_json
from quasar.problems import values
from quasar.problems.constraint_rows import Interval
from quasar.problems.hubo import Entry, read_entries, read_labels
from quasar.problems.keys import refuse_unknown
from quasar.problems.overlay import label_text

Terms = dict[tuple[Label, ...], Exact]
"""Coefficients by their variables, sorted; the empty tuple is the constant."""

_OBJECTIVE = '{"objective": {"x": 3, "y": 2}, "constraints": [{"terms": {"x": 2, "y": 3}, '
EXAMPLE = _OBJECTIVE + '"at_most": 4}]}'


@dataclass(frozen=True)
class ProgramRow:
    """A constraint of the user.

    Attributes:
        terms: its left side.
        interval: what that stays within.
        name: of the constraint; None: it has none.
    """

    terms: Terms
    interval: Interval
    name: str | None = None


def value_of(terms: Terms, numbers: Mapping[Label, Exact]) -> Exact:
    """The value of terms where each variable has a number."""
    return total(c * math.prod(numbers[v] for v in labels) for labels, c in terms.items())


def within(value: Exact, bounds: Interval) -> bool:
    """Whether a value keeps to bounds."""
    lower, upper = bounds
    return (lower is None or lower <= value) and (upper is None or value <= upper)


def read_terms(raw: Any, what: str) -> Terms:
    """Terms of a problem file, added up.

    Raises:
        ProblemError: not terms, or a product of three variables or more.
    """
    entries: Iterable[Entry] = read_entries(raw, f"write {what} e.g. as {EXAMPLE}")
    found: Terms = {}
    for labels, c in entries:
        if len(labels) > 2:
            raise ProblemError(
                f"{what} has a product of {len(labels)} variables, {sort_labels(labels)}: at most "
                "two are read. A 'hubo' has any number, and no constraints."
            )
        term = tuple(sort_labels(labels))
        found[term] = found.get(term, 0) + exact(c)
    return found


def without_zeros(terms: Terms) -> Terms:
    """The terms that count."""
    return {term: c for term, c in terms.items() if c}


def normal(row: ProgramRow) -> ProgramRow:
    """The constraint without terms of coefficient 0, its constant taken to the bounds."""
    constant = row.terms.get((), 0)
    bounds = (None if end is None else end - constant for end in row.interval)
    kept = {term: c for term, c in without_zeros(row.terms).items() if term}
    return ProgramRow(kept, Interval(*bounds), row.name)


def read_row(raw: Any, position: int) -> ProgramRow:
    """A constraint of a problem file, the `position`-th from 1.

    Raises:
        ProblemError: not one.
    """
    what = f"constraint {position}"
    if not isinstance(raw, Mapping):
        raise ProblemError(f"{what} must be an object with 'terms' and 'at_most', not {raw!r}.")
    name = raw.get("name")
    if name is not None and (not isinstance(name, str) or not name):
        raise ProblemError(f"the name of {what} must be a string, not {name!r}.")
    what = what if name is None else f"constraint {name!r}"
    known = ["terms", "at_most", "at_least", "equal", "name"]
    refuse_unknown(raw, known, what, "integer_program")
    limits = {
        key: exact(values.number(raw[key], f"{key!r} of {what}"))
        for key in known[1:4]
        if raw.get(key) is not None
    }
    if not limits or ("equal" in limits and len(limits) > 1):
        raise ProblemError(f"{what} needs 'at_most', 'at_least', both of them, or 'equal' alone.")
    lower, upper = (limits.get("equal", limits.get(key)) for key in ("at_least", "at_most"))
    if "terms" not in raw:
        raise ProblemError(f"{what} has no 'terms': write e.g. {EXAMPLE}.")
    return ProgramRow(read_terms(raw["terms"], what), Interval(lower, upper), name)


def read_bounds(raw: Any) -> dict[Label, Interval]:
    """The bounds of variables in a problem file.

    Raises:
        ProblemError: none, two for one variable, or none that an integer keeps to.
    """
    example = '{"y": [0, 7]}'
    entries: list[Any]
    if isinstance(raw, Mapping):
        entries = []
        for key, pair in raw.items():
            labels = read_labels(key)
            if len(labels) != 1 or not isinstance(pair, list | tuple):
                raise ProblemError(f"'variables' must be an object such as {example}.")
            entries.append([labels[0], *pair])
    elif isinstance(raw, list | tuple):
        entries = list(raw)
    else:
        raise ProblemError(f"'variables' must be an object such as {example}.")
    found: dict[Label, Interval] = {}
    for entry in entries:
        if not isinstance(entry, list | tuple) or len(entry) != 3:
            raise ProblemError(f"entry {entry!r} of 'variables' must be [name, lowest, highest].")
        v = values.name(entry[0], "a variable")
        if v in found:
            raise ProblemError(f"'variables' has {v!r} twice: keep one.")
        lower, upper = (
            None if end is None else exact(values.number(end, f"a bound of variable {v!r}"))
            for end in entry[1:]
        )
        if lower is not None and upper is not None and math.ceil(lower) > math.floor(upper):
            raise ProblemError(f"variable {v!r} has no integer between {entry[1]} and {entry[2]}.")
        found[v] = Interval(lower, upper)
    return found


def entries_of(terms: Terms) -> Any:
    """Terms as a problem file has them: an object where its keys can hold the names."""
    ordered = sorted(
        terms.items(), key=lambda entry: (len(entry[0]), [natural_key(v) for v in entry[0]])
    )
    entries = [(labels, values.to_json_number(c)) for labels, c in ordered]
    keys = [_key(labels) for labels in terms]
    if None in keys:
        return [[to_json(list(labels)), c] for labels, c in entries]
    return {_key(labels): c for labels, c in entries}


def _key(labels: Sequence[Label]) -> str | None:
    """The product as the key of an object; None if it would be read as another."""
    key = "*".join(map(str, labels))
    try:
        same = all(isinstance(v, int | str) for v in labels) and read_labels(key) == list(labels)
    except ProblemError:
        return None
    return key if same else None


def bounds_data(bounds: Mapping[Label, Interval], stated: Container[Label]) -> Any:
    """Interval as a problem file has them, without those of 0/1 variables that stand elsewhere."""
    pairs = {
        v: [None if end is None else values.to_json_number(end) for end in own]
        for v, own in bounds.items()
        if v not in stated or own != (0, 1)
    }
    if any(_key([v]) is None for v in pairs):
        return [[to_json(v), *pair] for v, pair in pairs.items()]
    return {_key([v]): pair for v, pair in pairs.items()}


def row_data(row: ProgramRow) -> dict[str, Any]:
    """A constraint as a problem file has it."""
    lower, upper = row.interval
    data: dict[str, Any] = {} if row.name is None else {"name": row.name}
    data["terms"] = entries_of(row.terms)
    if lower is not None and lower == upper:
        return {**data, "equal": values.to_json_number(lower)}
    limits = {"at_least": lower, "at_most": upper}
    return data | {k: values.to_json_number(b) for k, b in limits.items() if b is not None}


def shown_terms(terms: Terms) -> str:
    """Terms in one line, such as `3*x + -1*x*y`."""
    parts = [
        "*".join([str(values.to_json_number(c)), *map(label_text, labels)])
        for labels, c in terms.items()
    ]
    return " + ".join(parts) or "0"


def shown_row(row: ProgramRow) -> str:
    """A constraint in one line."""
    lower, upper = row.interval
    if lower is not None and lower == upper:
        return f"{shown_terms(row.terms)} = {shown_bound(lower)}"
    before = "" if lower is None else f"{shown_bound(lower)} <= "
    behind = "" if upper is None else f" <= {shown_bound(upper)}"
    return f"{before}{shown_terms(row.terms)}{behind}"


def shown_bound(bound: Exact | None) -> str:
    """A bound in words."""
    return "any" if bound is None else str(values.to_json_number(bound))
