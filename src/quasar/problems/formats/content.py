"""What every reader of a format returns, and the words and numbers that files are made of.

Numbers are kept as they are written. Names that are plain integers are numbers, all others text, so
that the nodes of a file come back in answers as they stand in it. Covers what formats share; which
formats there are is in `catalogue.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from quasar.core.errors import ProblemError
from quasar.core.exact import LongDecimal, read_decimal
from quasar.core.labels import Label
from quasar.problems import values

_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,17})", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_LONGEST = 4000  # digits of a number
MAX_NODES = 100_000
"""Most nodes, variables or items that a file may announce, so that a header cannot fill memory."""


@dataclass(frozen=True)
class Content:
    """What a file states, before it is known which problem it is.

    Attributes:
        data: entries of a problem file, such as `graph` or `qubo`, without `problem_type`.
        guess: the problem type that the format implies, if it implies one.
        fixed: the format states this type and no other.
        positional: edges carry one number that has no name in the file; it stands under `weight`
            and is what the type reads, be it called weight or capacity.
    """

    data: dict[str, Any] = field(default_factory=dict)
    guess: str | None = None
    fixed: bool = False
    positional: bool = False


def name_of(text: str) -> Label:
    """A name as it stands in a file: plain integers are numbers."""
    return int(text) if _INTEGER.fullmatch(text) else text


def text_of(label: Any, where: str, forbidden: str = "") -> str:
    """A name as a format writes it.

    Args:
        where: the format, for messages.
        forbidden: a regular expression of what no name may contain there.

    Raises:
        ProblemError: it would come back as another name.
    """
    text = str(label)
    plain = type(label) in (int, str) and name_of(text) == label
    if not plain or not text or (forbidden and re.search(forbidden, text)):
        raise ProblemError(
            f"{where} cannot hold the name {label!r}: rename it, or write JSON, which holds every "
            "name."
        )
    return text


def number_of(text: str, what: str) -> values.Number:
    """A number of a file, no digit lost.

    Raises:
        ProblemError: not a number.
    """
    if not _NUMBER.fullmatch(text) or len(text) > _LONGEST:
        raise ProblemError(f"{what} must be a number, not {text[:40]!r}.")
    if re.fullmatch(r"[+-]?\d+", text):
        return int(text)
    return read_decimal(text)


def is_number(text: str) -> bool:
    """Whether a word is a decimal number."""
    return _NUMBER.fullmatch(text) is not None


def integer_of(text: str, what: str, most: int | None = None) -> int:
    """A non-negative integer of a file.

    Raises:
        ProblemError: not one, or more than `most`.
    """
    if not re.fullmatch(r"\+?\d{1,18}", text):
        raise ProblemError(f"{what} must be an integer of at least 0, not {text[:40]!r}.")
    if most is not None and int(text) > most:
        raise ProblemError(
            f"{what} is {int(text):,}; at most {most:,} are read: use a smaller one."
        )
    return int(text)


def decimal_text(value: Any, where: str) -> str:
    """A number as a file writes it, in full.

    Raises:
        ProblemError: a fraction that no decimal states, such as 1/3.
    """
    if isinstance(value, LongDecimal):
        value = value.written
    if not isinstance(value, Fraction):
        return repr(int(value)) if isinstance(value, int) else repr(float(value))
    digits = max(0, _decimals(value.denominator))
    if 10**digits % value.denominator:
        raise ProblemError(f"{where} cannot hold the fraction {value}: scale the numbers up.")
    scaled = abs(value.numerator) * 10**digits // value.denominator
    whole, part = divmod(scaled, 10**digits)
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}.{part:0{digits}d}" if digits else f"{sign}{whole}"


def _decimals(denominator: int) -> int:
    """Decimals that a fraction of this denominator needs, if any number of them is enough."""
    powers = {2: 0, 5: 0}
    for prime in powers:
        while denominator % prime == 0:
            denominator //= prime
            powers[prime] += 1
    return max(powers.values())


@dataclass(frozen=True)
class FileLine:
    """A line of a file in words.

    Attributes:
        number: of the line, from 1.
        words: separated by white space in the file.
    """

    number: int
    words: list[str]

    def fault(self, expected: str) -> ProblemError:
        """What to say about a line of another form."""
        shown = " ".join(self.words)[:60]
        return ProblemError(f"line {self.number} is {shown!r}, but {expected} is expected.")


def lines_of(text: str, comments: str = "#") -> Iterator[FileLine]:
    """The lines that are neither empty nor begin with one of the characters of comments."""
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if words and words[0][0] not in comments:
            yield FileLine(number, words)


def graph_of(
    nodes: Iterable[Label], edges: Iterable[Mapping[str, Any]], directed: bool | None = None
) -> dict[str, Any]:
    """Node-link form.

    Args:
        nodes: those of the file; ends of edges are added behind them.
        directed: None where the format does not say.
    """
    edges = list(edges)
    names = dict.fromkeys(nodes)
    for edge in edges:
        names.setdefault(edge["source"])
        names.setdefault(edge["target"])
    stated = {} if directed is None else {"directed": directed}
    return {**stated, "nodes": [{"id": v} for v in names], "edges": edges}


def edge(source: Label, target: Label, weight: values.Number | None = None) -> dict[str, Any]:
    """An edge of `graph_of`."""
    ends = {"source": source, "target": target}
    return ends if weight is None else {**ends, "weight": weight}


def numbered(text: str, count: int, what: str) -> int:
    """A node, variable or item by its number from 1.

    Raises:
        ProblemError: not a number of 1 to `count`.
    """
    number = integer_of(text, what)
    if not 1 <= number <= count:
        raise ProblemError(f"{what} is {number}, but the file announces 1 to {count}.")
    return number
