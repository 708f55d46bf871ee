"""What the reference importer refused, in words that point at the fault.

The importer's own messages name a statement at best ("index out of range", "label expects a string
or None"). Its traceback has more: the part of the program it was at, and the symbols it knew.
Covers place, message and hint of a refusal; whether a text is refused is the importer's to say.
Faults of grammar are in `refusal_syntax.py`, faults of meaning in `refusal_meaning.py`.
"""

from __future__ import annotations

import re

from quasar.circuits.header import BYTE_ORDER_MARK
from quasar.circuits.refusal_meaning import meaning_refusal
from quasar.circuits.refusal_syntax import COMMENT, syntax_refusal
from quasar.core.errors import CircuitError

_LINE_END = re.compile(r"\r\n|\r|\n")


def explain(error: Exception, text: str) -> CircuitError:
    """The verdict that an exception of the importer amounts to."""
    from openqasm3.parser import QASM3ParsingError

    if not COMMENT.sub("", text.removeprefix(BYTE_ORDER_MARK)).strip():
        return CircuitError(
            "the text is empty: it has no statement.",
            kind="syntax",
            hint="Begin with 'OPENQASM 3.0;' and 'include \"stdgates.inc\";'.",
        )
    if "integer string conversion" in str(error):
        return _too_many_digits(text)
    refused = (
        syntax_refusal(error, text)
        if isinstance(error, QASM3ParsingError)
        else meaning_refusal(error, text)
    )
    return placed_for_editors(refused, text)


def placed_for_editors(refused: CircuitError, text: str) -> CircuitError:
    """The verdict, its place counted as editors count and not as the importer does."""
    if refused.line is not None and refused.column is not None:
        refused.line, refused.column = _as_editors_count(text, refused.line, refused.column)
    return refused


def _too_many_digits(text: str) -> CircuitError:
    longest = max(re.finditer(r"\d[\d_]*+", text), key=lambda m: m.end() - m.start())
    line, column = _place(text, longest.start())
    count = longest.end() - longest.start()
    message = f"the number has too many digits ({count:,})."
    return CircuitError(message, line=line, column=column, hint="Write a shorter number.")


def _place(text: str, offset: int) -> tuple[int, int]:
    """Line and column as editors count them, from 1."""
    ends = [end.end() for end in _LINE_END.finditer(text, 0, offset)]
    return len(ends) + 1, offset - (ends[-1] if ends else 0) + 1


def _as_editors_count(text: str, line: int, column: int) -> tuple[int, int]:
    """Place of a character, where the importer counts only line feeds as line ends."""
    if "\r" not in text:
        return line, column
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
    offset = start + column - 1
    return _place(text, offset)
