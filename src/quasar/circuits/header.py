"""The version statement of an OpenQASM text, and the two rules on it.

`published`: the text contains `OPENQASM 3.0`, wherever, as the paper's evaluator asks. `language`:
the version statement is that of OpenQASM 3, with any minor version, or there is none (the
statement is optional). Both rules also ask that the reference importer accepts the text, which
reads any version number; that is not decided here.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from quasar.core.errors import CircuitError

VERSION = "OPENQASM 3.0"
BYTE_ORDER_MARK = "\ufeff"
"""What some editors write at the start of a UTF-8 file; no character of OpenQASM."""

HeaderRule = Literal["published", "language"]

_W = r"[ \t\r\n]"
_STATEMENT = re.compile(
    rf"\ufeff?(?>{_W}++|//[^\r\n]*+|/\*.*?\*/)*+(OPENQASM\b(?:{_W}++([0-9]++)[^\s;/]*+)?+)",
    re.ASCII | re.DOTALL,
)
_QASM_2_LIBRARY = re.compile(rf"""\binclude{_W}*+["']qelib1\.inc["']""", re.ASCII)
_QASM_2_REGISTER = re.compile(rf"\bqreg{_W}++[a-z]\w*+{_W}*+\[", re.ASCII)
QASM_3_WORD = re.compile(r"\bqubit\b|stdgates\.inc", re.ASCII)
_SHOWN = 40  # characters of a text that a message quotes


class Header(NamedTuple):
    """What the version statement of a text satisfies.

    Attributes:
        published: the rule of the paper's evaluator.
        language: the rule of the language.
        found: the statement as written, without its semicolon; None: there is none.
        major: its major version; None: it names none.
        offset: where it begins in the text.
    """

    published: bool
    language: bool
    found: str | None = None
    major: str | None = None
    offset: int = 0

    @property
    def shown(self) -> str | None:
        """The statement, cut where it is long."""
        return None if self.found is None else self.found[:_SHOWN]

    def satisfies(self, rule: HeaderRule) -> bool:
        """Whether the rule holds."""
        return self.published if rule == "published" else self.language


_USUAL_START = f"{VERSION};"
_USUAL = Header(True, True, VERSION, "3")


def read_header(text: str) -> Header:
    """Find the version statement; a byte order mark and comments may stand before it.

    Time is linear in the text.
    """
    if text.startswith(_USUAL_START):
        return _USUAL
    published = VERSION in text
    match = _STATEMENT.match(text)
    if match is None:
        return Header(published, True)
    major = None if match[2] is None else match[2].lstrip("0")
    return Header(published, major == "3", match[1], major, match.start(1))


def header_fault(header: Header, rule: HeaderRule, text: str) -> CircuitError | None:
    """The verdict on a text whose header breaks the rule; None where it keeps it."""
    if header.satisfies(rule):
        return None
    before = text[: header.offset]
    line, column = before.count("\n") + 1, header.offset - before.rfind("\n")
    shown = "" if header.shown is None else repr(header.shown)
    if is_qasm_2(header, text):
        begins = f" (its header is {shown})" if shown else ""
        message = f"this is OpenQASM 2{begins}, not OpenQASM 3."
        hint = (
            "Convert it, with Qiskit: "
            "qiskit.qasm3.dumps(qiskit.QuantumCircuit.from_qasm_str(text))."
        )
    elif rule == "language":
        message = f"the header is {shown}, which is not OpenQASM 3."
        hint = f"Write '{VERSION};' instead."
    else:
        has = f"its header is {shown}" if shown else "it has no version header"
        message = f"the text does not contain {VERSION!r}: {has}."
        hint = (
            f"Write '{VERSION};' instead."
            if shown
            else f"Begin with '{VERSION};' and 'include \"stdgates.inc\";'."
        )
    return CircuitError(message, kind="syntax", line=line, column=column, hint=hint)


def is_qasm_2(header: Header, text: str) -> bool:
    """Whether the text is meant as OpenQASM 2: by its header or, without one, by its words."""
    if header.found is not None:
        return header.major == "2"
    if _QASM_2_LIBRARY.search(text):
        return True
    return bool(_QASM_2_REGISTER.search(text)) and not QASM_3_WORD.search(text)
