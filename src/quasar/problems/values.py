"""Plain values in problem files: names, numbers and lists of them, checked on reading.

For problems that are stated by attributes or coefficients; graphs are read by `graphs.py`.
"""

from __future__ import annotations

import json
import math
import numbers
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeVar, cast

import numpy as np

from quasar.core.errors import ProblemError
from quasar.core.labels import Label, from_json, to_json

T = TypeVar("T")

Number = int | float
"""A number as it was given. From Python also a Fraction that no decimal states, such as 1/3."""

_LARGEST = 1e100  # squares and sums of these stay finite


def required(source: Mapping[str, Any], key: str, example: str) -> Any:
    """An entry that must be there.

    Args:
        example: how to write it, shown when it is absent.

    Raises:
        ProblemError: absent.
    """
    if source.get(key) is None:
        raise ProblemError(
            f"problem_specific_attributes lacks {key!r}: add e.g. {example}, also by "
            f"--attribute {key}=…."
        )
    return source[key]


def listed(value: Any, what: str, example: str) -> list[Any]:
    """A list with at least one entry; tuples and arrays count as lists.

    Raises:
        ProblemError: not a list, or an empty one.
    """
    if hasattr(value, "tolist"):
        value = value.tolist()
    if not isinstance(value, list | tuple):
        raise ProblemError(f"{what} must be a list such as {example}, not {value!r}.")
    if not value:
        raise ProblemError(f"{what} is empty: write e.g. {example}.")
    return list(value)


def by_name(value: Any, what: str, item: str, example: str) -> dict[Label, Any]:
    """Entries by name: an object's keys, or the positions of a list from 0; see `as_stated`.

    Args:
        item: what one entry is called in messages.

    Raises:
        ProblemError: neither a list nor an object, an empty one, or a name that occurs twice.
    """
    if not isinstance(value, Mapping):
        return dict(enumerate(listed(value, what, example)))
    if not value:
        raise ProblemError(f"{what} is empty: write e.g. {example}.")
    names = distinct(map(key, value), item)
    return dict(zip(names, value.values(), strict=True))


def named(source: Mapping[str, Any], name: str, item: str, example: str) -> dict[Label, Any]:
    """The entries, by name, of an attribute that must be there; see `required` and `by_name`."""
    return by_name(required(source, name, example), repr(name), item, example)


def positive_or_none(source: Mapping[str, Any], name: str) -> int | None:
    """An attribute that may be absent, an integer of 1 or more."""
    given = source.get(name)
    return None if given is None else whole(given, repr(name), 1)


def as_stated(entries: Mapping[Label, T]) -> list[T] | dict[Label, T]:
    """The inverse of `by_name`: a list where the names are the positions from 0."""
    by_position = list(entries) == list(range(len(entries)))
    return list(entries.values()) if by_position else dict(entries)


def number(value: Any, what: str) -> Number:
    """A finite real number of reasonable size, as it was given; see `real`.

    Raises:
        ProblemError: anything else.
    """
    found = real(value)
    if found is None:
        raise ProblemError(f"{what} must be a number, not {value!r}.")
    if not -_LARGEST <= found <= _LARGEST:
        raise ProblemError(f"{what} must be a finite number of at most {_LARGEST:g} in size.")
    return found


def real(value: Any) -> Number | None:
    """A real number with nothing lost: integers stay integers, and decimals the same decimals.

    NumPy's scalars become Python's. A Fraction or Decimal becomes the integer or the float that is
    written the same way (0.1 for one tenth); where there is none it stays a Fraction.

    Returns:
        None for anything else, booleans and strings included; infinity and NaN pass.
    """
    if type(value) in (int, float):  # nearly always
        return cast("Number", value)
    value = _plain(value)
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, Decimal) and not value.is_finite():
        return float(value) if not value.is_snan() else math.nan
    if not isinstance(value, Decimal | numbers.Rational):
        return None
    exact = Fraction(value)
    if exact.denominator == 1:
        return exact.numerator
    try:
        near = float(exact)
    except OverflowError:
        return math.copysign(math.inf, exact.numerator)
    # mypy knows no type for all real numbers; a Fraction goes wherever a float does.
    return near if Fraction(repr(near)) == exact else cast("Number", exact)


def total(numbers: Iterable[Number]) -> Number:
    """The sum without rounding: of decimals as they are written, so that 0.1 + 0.2 is 0.3."""
    exact = (Fraction(repr(n)) if isinstance(n, float) else Fraction(n) for n in numbers)
    return cast("Number", real(sum(exact, Fraction(0))))


def to_json_number(value: Any) -> Any:
    """A number of any type as JSON has it (a Fraction rounded to a float); all else stays."""
    found = real(value)
    if found is None:
        return value
    return float(found) if isinstance(found, Fraction) else found


def _plain(value: Any) -> Any:
    """NumPy's numbers as Python's; those of single precision as they print."""
    if isinstance(value, np.floating):
        return float(str(value))
    return value.item() if hasattr(value, "item") and not hasattr(value, "__len__") else value


def whole(value: Any, what: str, minimum: int = 0) -> int:
    """An integer of at least `minimum`.

    Raises:
        ProblemError: a fraction, a smaller number, or not a number.
    """
    checked = number(value, what)
    if checked != int(checked):
        raise ProblemError(f"{what} must be an integer, not {value!r}: scale the data up.")
    if checked < minimum:
        raise ProblemError(f"{what} must be at least {minimum}, not {value!r}.")
    return int(checked)


def name(value: Any, what: str) -> Label:
    """A number, a non-empty string, or a (nested) tuple of these.

    Raises:
        ProblemError: anything else.
    """
    label = from_json(_plain(value))
    parts = label if isinstance(label, tuple) else ()
    if isinstance(label, bool) or not isinstance(label, int | float | str | tuple) or label == "":
        raise ProblemError(f"{what} must be a number or a non-empty string, not {value!r}.")
    if isinstance(label, float) and not math.isfinite(label):
        raise ProblemError(f"{what} must be a finite number or a string, not {value!r}.")
    return tuple(name(part, what) for part in parts) if isinstance(label, tuple) else label


def distinct(names: Iterable[Label], what: str) -> tuple[Label, ...]:
    """Names of which none occurs twice, also when written as JSON keys (3 and "3" are one key).

    Raises:
        ProblemError: a name occurs twice.
    """
    seen: dict[str, Label] = {}
    for label in names:
        if key(label) in seen:
            raise ProblemError(f"{what} {label!r} occurs twice: give each its own name.")
        seen[key(label)] = label
    return tuple(seen.values())


def key(label: Label) -> str:
    """A name as the key of a JSON object: strings as they are, others as JSON text."""
    return label if isinstance(label, str) else json.dumps(to_json(label), ensure_ascii=False)


def recognised(solution: Any, names: Sequence[Label]) -> list[Label]:
    """The different known names that a solution lists; anything else it holds is passed over."""
    known = set(names)
    out: dict[Label, None] = {}
    for value in solution if isinstance(solution, list | tuple) else ():
        label = from_json(value)
        try:
            if label in known:
                out[label] = None
        except TypeError:  # an object, which has no hash
            continue
    return list(out)


def is_subset(solution: Any, names: Sequence[Label]) -> bool:
    """Whether a solution is a list of different known names."""
    return isinstance(solution, list | tuple) and len(recognised(solution, names)) == len(solution)
