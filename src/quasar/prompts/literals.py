"""JSON and Python literals in the middle of prose: finding them and reading them.

Covers lists and objects (dicts); a tuple is read inside of one. Numbers and strings that stand
alone are prose. Both spellings may be mixed (`{'directed': false}`).
"""

from __future__ import annotations

import ast
import re
from typing import Any, NamedTuple

from quasar.core.json_text import RepeatedKeyError, loads

_TOKEN = re.compile(r"[\[\]{}\"'\\]")
_CLOSER = {"[": "]", "{": "}"}
_JSON_WORDS = {"true": "True", "false": "False", "null": "None"}
_STRING_OR_WORD = re.compile(
    r"'(?:\\.|[^'\\])*+'|\"(?:\\.|[^\"\\])*+\"|\b(?:true|false|null)\b", re.DOTALL
)


class Literal(NamedTuple):
    """A bracketed piece of a text, `text[start:end]`."""

    start: int
    end: int


def find_literals(text: str) -> tuple[list[Literal], int | None]:
    """The outermost bracketed pieces of a text, in one pass.

    Brackets inside quotes count only as text; quotes outside of brackets are apostrophes.

    Returns:
        The pieces in order, and the offset of a bracket that is never closed (or closed by one of
        another kind), None if there is none.
    """
    found: list[Literal] = []
    start = 0
    open_brackets: list[str] = []
    quote = ""
    skip = -1
    for token in _TOKEN.finditer(text):
        at, char = token.start(), token[0]
        if at == skip or not open_brackets:
            if char in _CLOSER and at != skip:
                start, open_brackets = at, [char]
            continue
        if char == "\\":
            skip = at + 1
        elif quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in _CLOSER:
            open_brackets.append(char)
        elif _CLOSER[open_brackets.pop()] != char:
            return found, start
        elif not open_brackets:
            found.append(Literal(start, at + 1))
    return found, start if open_brackets else None


def read_literal(text: str) -> Any:
    """The value of a JSON or Python literal.

    Raises:
        ValueError: it is neither.
        RepeatedKeyError: it gives a key twice.
    """
    try:
        return loads(text)
    except RepeatedKeyError:
        raise
    except (ValueError, RecursionError):
        pass
    python = _STRING_OR_WORD.sub(lambda piece: _JSON_WORDS.get(piece[0], piece[0]), text)
    try:
        tree = ast.parse(python.strip(), mode="eval")
        _refuse_repeated(tree)
        return ast.literal_eval(tree)
    except RepeatedKeyError:
        raise
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError) as error:
        raise ValueError(f"neither JSON nor Python: {error}") from None


def _refuse_repeated(tree: ast.AST) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
            for position, key in enumerate(keys):
                if key in keys[:position]:
                    raise RepeatedKeyError(str(key), ())
