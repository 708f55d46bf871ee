"""Refusals by the reference importer's grammar, in words that point at the fault."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from quasar.circuits.header import BYTE_ORDER_MARK
from quasar.core.errors import CircuitError

COMMENT = re.compile(r"//[^\r\n]*+|/\*(?s:.*?)\*/")
END = -1  # type of the token at the end of a text
SHOWN = 40  # characters of a program that a message quotes
_INSTEAD = {
    **dict.fromkeys("“”„‟«»″〝〞＂", "Write the plain quote '\"'."),
    **dict.fromkeys("‘’‚‛′‹›´", "Write the plain quote '\"'."),
    **dict.fromkeys("−‐‑‒–—―﹣－", "Write the plain minus '-'."),
    **dict.fromkeys("×⋅·∙∗", "Write '*'."),
    **dict.fromkeys("÷⁄∕", "Write '/'."),
    **dict.fromkeys("→⟶➔➜⇒", "Write '->'."),
}
_NUMBERS_OF_PYTHON = re.compile(r"\b(np|numpy|math|cmath|scipy|sympy|sp|torch|jnp|cirq)\s*\.\s*\w*")
_HEADER_LIKE = re.compile(r"\s*(?:open)?[ _-]?qasm\b[^;]*", re.IGNORECASE)


def syntax_refusal(error: Exception, text: str) -> CircuitError:
    """The verdict that an exception of the importer's parser amounts to."""
    located = re.match(r"L(\d+):C(\d+): (.*)", str(error), re.DOTALL)
    if located:
        line, column, message = int(located[1]), int(located[2]), located[3].rstrip(".")
        hint = None
        if message.startswith("token recognition error at: "):
            character = line_of(text, line)[column : column + 1]
            message, hint = _strange(message, character, (line, column) == (1, 0))
        return CircuitError(f"{message}.", kind="syntax", line=line, column=column + 1, hint=hint)
    token = None
    cause: BaseException | None = error
    while cause is not None and token is None:
        candidates = [cause, *(a for a in cause.args if isinstance(a, BaseException))]
        token = next((t for c in candidates if (t := getattr(c, "offendingToken", None))), None)
        cause = cause.__cause__ or cause.__context__
    if token is None:
        return CircuitError("this is not OpenQASM 3.", kind="syntax")
    return unexpected(text, Token(*[getattr(token, name) for name in Token._fields]))


class Token(NamedTuple):
    """A token that the grammar does not allow at its place, as ANTLR has it.

    Attributes:
        type: -1 at the end of the text.
        line: from 1, of line feeds alone.
        column: from 0.
        start: offset in the text.
    """

    type: int
    text: str
    line: int
    column: int
    start: int


def unexpected(text: str, token: Token) -> CircuitError:
    """The verdict on a text in which the importer's grammar cannot get past a token."""
    line_text = line_of(text, token.line).strip()
    shown = f" in {line_text[:60]!r}" if line_text else ""
    found = "the text ends too soon" if token.type == END else f"unexpected {token.text!r}"
    message, hint = f"{found}{shown}", None
    before = text[: max(token.start, 0)]
    python = _NUMBERS_OF_PYTHON.search(line_of(text, token.line), max(token.column - SHOWN, 0))
    header = _HEADER_LIKE.match(line_text)
    if text.startswith("/*", token.start) and text.find("*/", token.start) < 0:
        message, hint = "the block comment is never closed", "Close it with '*/'."
    elif header and not COMMENT.sub("", before).strip(" \t\r\n").count(";"):
        message = f"{header[0].strip()[:SHOWN]!r} is not a header of OpenQASM 3"
        hint = "Write 'OPENQASM 3.0;' instead."
    elif token.text.startswith(".") and python:
        message = f"{message}: '{python[1]}' is a library of Python, which OpenQASM does not know"
        hint = "Write 'pi' alone, as in 'pi/2', or the number."
    return CircuitError(
        f"{message}.",
        kind="syntax",
        line=token.line,
        column=token.column + 1,
        hint=hint or "Check the statement before it for a missing ';', bracket or operand.",
    )


def line_of(text: str, number: int) -> str:
    """A line by its number from 1, as the importer counts them; empty past the end."""
    lines = text.split("\n", number)
    return lines[number - 1].rstrip("\r") if number <= len(lines) else ""


def _strange(message: str, character: str, first: bool) -> tuple[str, str | None]:
    """Message and hint on a character that no OpenQASM program may have at its place."""
    if first and character == BYTE_ORDER_MARK:
        return "the text begins with a byte order mark (U+FEFF)", "Save it as UTF-8 without one."
    if not character or (character.isascii() and character.isprintable()):
        hint = "Close the string with the quote that opens it." if character in {'"', "'"} else None
        return message, hint if character else None
    shown = repr(character)[1:-1] if character.isprintable() else ""
    quoted = f"'{shown}' " if shown else ""
    return f"token recognition error at: {quoted}({character_name(character)})", _instead(character)


def character_name(character: str) -> str:
    """Its number in Unicode and, if it has one, its name."""
    number = f"U+{ord(character):04X}"
    name = unicodedata.name(character, "")
    return f"{number}, {name}" if name else number


def _instead(character: str) -> str:
    if character in _INSTEAD:
        return _INSTEAD[character]
    category = unicodedata.category(character)
    if category == "Zs":
        return "Write a plain blank."
    if category in {"Cf", "Cc"}:
        return "It is invisible: delete it."
    plain = unicodedata.normalize("NFKC", character)
    if plain.isascii() and plain.isprintable():
        return f"Write the plain {plain!r}."
    return "Outside of comments, only plain characters stand in a program."
