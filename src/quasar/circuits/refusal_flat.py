"""The reference importer's refusal of a flat program, without the importer.

Covers one fault in a program that is otherwise flat (`qasm_flat.py`): an index out of range, an
operand or gate that is not defined, a wrong number of angles or qubits, registers of unlike size,
a qubit named twice, a missing semicolon, an end in the middle of a statement. Verdict, place,
message and hint are those that `refusal.py` gives for the importer's exception: a fault of grammar
counts before any of meaning, and the first of a kind before the others. Where anything else may be
wrong nothing is said, and the importer decides.
"""

from __future__ import annotations

import re

from quasar.circuits.circuit import GATES
from quasar.circuits.qasm_flat import COMMENT, HEADER, FlatReader, in_place_of_comment
from quasar.circuits.qasm_gates import DEFINITION
from quasar.circuits.qasm_syntax import ANGLE, INDEX, RESERVED, SIZE, Unsure, W, read_angle
from quasar.circuits.refusal import placed_for_editors
from quasar.circuits.refusal_meaning import (
    DIFFERENT_QUBITS,
    SAME_SIZES,
    name_column,
    out_of_range,
    quoted,
    undefined_gate,
    undefined_register,
    wrong_count,
)
from quasar.circuits.refusal_syntax import END, Token, line_of, unexpected
from quasar.core.errors import CircuitError

_STRUCTURAL = frozenset({"measure", "barrier", "qubit", "bit", "pi"})  # at their own places only
_KEYWORDS = RESERVED - frozenset(GATES) - _STRUCTURAL
_WORD = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*+")
_NAME = rf"(?!(?:{'|'.join(sorted(_STRUCTURAL))})\b)[a-zA-Z][a-zA-Z0-9_]*+"
_OPERAND = rf"{_NAME}(?:{W}*+\[{W}*+{INDEX}{W}*+\])?+"
_OPERANDS = rf"{_OPERAND}(?:{W}*+,{W}*+{_OPERAND})*+"
_ANGLES = rf"{W}*+{ANGLE}(?:{W}*+,{W}*+{ANGLE})*+{W}*+"
_APPLICATION = re.compile(rf"({_NAME})(?:{W}*+\(({_ANGLES})\){W}*+|{W}++)({_OPERANDS})", re.ASCII)
_MEASUREMENT = re.compile(
    rf"(?:({_OPERAND}){W}*+={W}*+measure{W}++({_OPERAND})"
    rf"|measure{W}++({_OPERAND}){W}*+->{W}*+({_OPERAND}))",
    re.ASCII,
)
_BARRIER = re.compile(rf"barrier{W}++({_OPERANDS})", re.ASCII)
_DECLARATION = rf"(?:bit|qubit)(?:{W}*+\[{W}*+{SIZE}{W}*+\]{W}*+|{W}++){_NAME}"
_ANY = "|".join([_DECLARATION, _BARRIER.pattern, _MEASUREMENT.pattern, _APPLICATION.pattern])
_ANY = re.sub(r"(?<!\\)\((?!\?)", "(?:", _ANY)  # Python 3.11 errs on groups in possessive repeats
_STATEMENT = re.compile(rf"(?>{_ANY})", re.ASCII)
_STATEMENTS = re.compile(rf"(?:{W}*+(?>{_ANY}){W}*+;)*+{W}*+", re.ASCII)
_BLANKS = re.compile(rf"{W}*+")
_ENDINGS = (
    *("q", "]", "0 ]", ") q", "0 ) q", "2 ) q", "] q", "1 ] q"),
    *("= measure q", "measure q", "] = measure q", "0 ] = measure q"),
    *("q -> c", "-> c", "] -> c", "0 ] -> c", "c"),
)
"""What a statement that was cut off may go on with."""


def refuse_flat(text: str, reader: FlatReader) -> CircuitError | None:
    """The importer's verdict on a program that `reader` stopped in; None: it has to be asked."""
    blank = COMMENT.sub(_comment, text) if "/" in text else text
    header = HEADER.match(blank)
    if header is None or any(text[slice(*header.span(i))] != header[i] for i in (1, 2)):
        return None  # comments within these statements
    start = header.end()
    if blank.find("\0", start) >= 0:
        return None  # a comment that is never closed
    if reader.at is None and blank.find("gate", start) >= 0:
        return None
    if reader.bodies:
        blank = blank[:start] + DEFINITION.sub(_blanks, blank[start:])
    for _ in range(reader.at or 0):
        start = blank.index(";", start) + 1
    if not _KEYWORDS.isdisjoint(_WORD.findall(blank, start)):
        return None
    grammatical = _STATEMENTS.match(blank, start)
    end = start if grammatical is None else grammatical.end()
    refusal = _Refusal(text, blank, reader)
    if end < len(blank):
        refused = refusal.of_grammar(end)
    else:
        refused = None if reader.at is None else refusal.of_meaning(start)
    return None if refused is None else placed_for_editors(refused, text)


def _blanks(match: re.Match[str]) -> str:
    """Blanks of the same length, so that what follows stays at its place."""
    return re.sub(r"[^\r\n]", " ", match[0])


def _comment(match: re.Match[str]) -> str:
    return in_place_of_comment(match) + _blanks(match)[1:]


class _Refusal:
    """What is wrong with a program.

    Args:
        blank: the text with blanks for comments and gate definitions.
    """

    def __init__(self, text: str, blank: str, reader: FlatReader) -> None:
        self.text = text
        self.blank = blank
        self.reader = reader

    def of_grammar(self, start: int) -> CircuitError | None:
        """The verdict where a statement is not followed by its semicolon."""
        blank = self.blank
        match = _STATEMENT.match(blank, start)
        after = start if match is None else _skip(blank, match.end())
        word = _WORD.match(blank, after)
        if match is not None and word is not None:
            following = _STATEMENT.match(blank, after)
            if following is None:
                return None
            beyond = _skip(blank, following.end())
            if blank[beyond : beyond + 1] not in {";", ""} and not _WORD.match(blank, beyond):
                return None
            return self._unexpected(after, word[0], 1)
        rest = blank[start:].rstrip(" \t\r\n")
        whole = match is not None and after == len(blank)
        cut_off = whole or any(_STATEMENT.fullmatch(f"{rest} {more}") for more in _ENDINGS)
        if ";" in rest or not cut_off:
            return None
        return self._unexpected(len(self.text), "<EOF>", END)

    def _unexpected(self, offset: int, word: str, kind: int) -> CircuitError:
        return unexpected(self.text, Token(kind, word, *self._place(offset), offset))

    def _place(self, offset: int) -> tuple[int, int]:
        """Line from 1 and column from 0, as the importer counts them."""
        begun = self.text.rfind("\n", 0, offset) + 1
        return self.text.count("\n", 0, begun) + 1, offset - begun

    def _refused(self, offset: int, message: str, hint: str | None) -> CircuitError:
        line, column = self._place(offset)
        return CircuitError(f"{message}.", line=line, column=column + 1, hint=hint)

    def of_meaning(self, start: int) -> CircuitError | None:
        """The verdict on the statement that begins at `start`, all others being grammatical."""
        blank = self.blank
        start = _skip(blank, start)
        end = blank.index(";", start)
        while blank[end - 1] in " \t\r\n":
            end -= 1
        if match := _MEASUREMENT.fullmatch(blank, start, end):
            source, target = (2, 1) if match[2] else (3, 4)
            for group, quantum in ((source, True), (target, False)):
                places, refused = self._operands(match, group, quantum=quantum)
                if not places:
                    return refused
        elif match := _BARRIER.fullmatch(blank, start, end):
            return self._operands(match, 1)[1]
        elif match := _APPLICATION.fullmatch(blank, start, end):
            return self._of_application(match)
        return None

    def _of_application(self, match: re.Match[str]) -> CircuitError | None:
        name, arguments, listed = match.groups()
        start = match.start()
        takes = self.reader.specs.get(name)
        if takes is None:
            if name in RESERVED or name in self.reader.registers:
                return None
            return self._refused(start, *undefined_gate(name))
        try:
            n_angles = 0 if arguments is None else len([*map(read_angle, arguments.split(","))])
        except Unsure:
            return None
        line, column = self._place(start)
        written = line_of(self.text, line)[column:]
        if n_angles != takes.n_params:
            wrong = wrong_count(name, takes, (n_angles, None), written)
            return None if wrong is None else self._refused(start, *wrong)
        places, refused = self._operands(match, 3)
        if not places:
            return refused
        wrong = wrong_count(name, takes, (n_angles, len(listed.split(","))), written)
        if wrong is not None:
            return self._refused(start, *wrong)
        width = max(map(len, places))
        if any(len(place) != width for place in places if isinstance(place, list)):
            return self._refused(start, "mismatched lengths in gate broadcast", SAME_SIZES)
        rows = zip(*[p if isinstance(p, list) else p * width for p in places], strict=True)
        if any(len(set(row)) != len(row) for row in rows):
            return self._refused(start, "duplicate bit arguments", DIFFERENT_QUBITS)
        return None

    def _operands(
        self, match: re.Match[str], group: int, *, quantum: bool = True
    ) -> tuple[list[list[int] | tuple[int]], CircuitError | None]:
        """Bits of each operand, and the verdict on the first that is none; neither: unsure."""
        places: list[list[int] | tuple[int]] = []
        offset = match.start(group)
        for operand in match[group].split(","):
            try:
                places.append(self.reader.bits(operand, quantum=quantum))
            except Unsure:
                return [], self._of_operand(offset + _skip(operand, 0), operand, quantum)
            offset += len(operand) + 1
        return places, None

    def _of_operand(self, start: int, operand: str, quantum: bool) -> CircuitError | None:
        operand = operand.strip(" \t\r\n")
        name, bracket, index = operand.partition("[")
        name = name.strip(" \t\r\n")
        reader = self.reader
        if name not in reader.registers:
            if name in RESERVED or name in reader.specs:
                return None
            refused = self._refused(start, *undefined_register(name, [*reader.registers]))
            if bracket:
                refused.column = name_column(self.text, refused.line or 1, start, name)
            return refused
        is_quantum, _, size = reader.registers[name]
        if not bracket or is_quantum is not quantum or size is None:
            return None
        if int(index.rstrip("] \t\r\n")) < size:
            return None
        shown = quoted(self.text[start : start + len(operand)])
        return self._refused(start, *out_of_range(shown, size, quantum=quantum))


def _skip(text: str, start: int) -> int:
    """Where the blanks from `start` on end."""
    match = _BLANKS.match(text, start)
    return start if match is None else match.end()
