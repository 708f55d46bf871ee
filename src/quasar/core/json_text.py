"""JSON text in which no key is lost: one that an object gives twice is kept or refused.

Python's own reader lets the last of equal keys win. Here an object with repeated keys becomes a
`Repeated`, which still lists every pair; `loads` refuses it wherever the caller has not said that
repetitions mean something. Covers what people write (problems, records, graphs), not the program's
own files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, ItemsView, Iterator
from typing import Any

from quasar.core.exact import read_decimal


class RepeatedKeyError(ValueError):
    """An object gives a key twice.

    Attributes:
        key: the key.
        path: keys and positions that lead to the object, from the outside in.
    """

    def __init__(self, key: str, path: tuple[str | int, ...]) -> None:
        self.key = key
        self.path = path
        super().__init__(self.sentence("the text"))

    def sentence(self, what: str) -> str:
        """What is wrong and what to do, for the user.

        Args:
            what: what the text is, such as a file's name.
        """
        place = "".join(
            f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path
        ).removeprefix(".")
        inside = f" in {place}" if place else ""
        return f"{what} has the key {self.key!r} twice{inside}: keep one of the two."


class _Pairs(ItemsView[str, Any]):
    def __init__(self, owner: Repeated) -> None:
        super().__init__(owner)
        self._owner = owner

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return iter(self._owner.pairs)

    def __len__(self) -> int:
        return len(self._owner.pairs)


class Repeated(dict[str, Any]):
    """An object with repeated keys: a dict of the last values, whose `items` are all pairs.

    Attributes:
        pairs: every pair, in the order of the text.
    """

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = list(pairs)

    def items(self) -> Any:
        """All pairs; `json.dumps` writes them all too."""
        return _Pairs(self)

    def __reduce__(self) -> Any:
        return Repeated, (self.pairs,)

    def twice(self) -> str:
        """The first key that comes a second time."""
        seen: set[str] = set()
        return next(key for key, _ in self.pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]


def loads(
    text: str | bytes, *, may_repeat: Callable[[tuple[str | int, ...]], bool] | None = None
) -> Any:
    """The value of a JSON text.

    Args:
        may_repeat: gets the path of an object with repeated keys, whether it may stay (as a
            `Repeated`); default: none may.

    Raises:
        RepeatedKeyError: an object gives a key twice.
        json.JSONDecodeError: not JSON.
        RecursionError, ValueError: nested too deeply, or a number of too many digits.
    """
    found = False

    def read(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal found
        plain = dict(pairs)
        if len(plain) == len(pairs):
            return plain
        found = True
        return Repeated(pairs)

    value = json.loads(text, object_pairs_hook=read, parse_float=read_decimal)
    if found:
        _refuse(value, (), may_repeat or (lambda path: False))
    return value


def _refuse(
    value: Any, path: tuple[str | int, ...], allowed: Callable[[tuple[str | int, ...]], bool]
) -> None:
    if isinstance(value, Repeated) and not allowed(path):
        raise RepeatedKeyError(value.twice(), path)
    if isinstance(value, dict):
        for key, part in value.items():
            _refuse(part, (*path, key), allowed)
    elif isinstance(value, list):
        for position, part in enumerate(value):
            _refuse(part, (*path, position), allowed)


def terms_may_repeat(path: tuple[str | int, ...]) -> bool:
    """Whether this is the `qubo` or `hubo` object of a problem, in which repeated terms add up."""
    return bool(path) and path[-1] in ("qubo", "hubo") and path[:-1] in ((), ("problem",))
