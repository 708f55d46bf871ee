"""The part of OpenQASM 3 that the fast path reads: words, operands, angles, statements.

Shared by flat statements (`qasm_flat.py`) and gate definitions (`qasm_gates.py`). Only ASCII
classes: the reference lexer skips blanks, tabs and line ends, and nothing else.
"""

from __future__ import annotations

import math
import re

from quasar.circuits.circuit import GATES

W = r"[ \t\r\n]"
INDEX = r"(?:0|[1-9][0-9]{0,5})"
SIZE = r"[1-9][0-9]{0,5}"
OPERAND = rf"[a-z][a-zA-Z0-9_]*(?:{W}*\[{W}*{INDEX}{W}*\])?"
DECLARATION = re.compile(rf"(bit|qubit)(?:{W}*\[{W}*({SIZE}){W}*\]{W}*|{W}+)([a-z][a-zA-Z0-9_]*)")
APPLICATION = re.compile(
    rf"([a-zA-Z][a-zA-Z0-9_]*)(?:{W}*\(([^()]*)\){W}*|{W}+)"
    rf"({OPERAND}(?:{W}*,{W}*{OPERAND})*)"
)
_INTEGER = r"(?:0|[1-9][0-9]{0,14})"
_EXPONENT = r"[eE][+-]?[0-9]{1,3}"
_FLOAT = rf"(?:(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:{_EXPONENT})?|[0-9]+{_EXPONENT})"
NUMBER = rf"(?:{_FLOAT}|{_INTEGER})"
_PLAIN_ANGLE = re.compile(rf"(-?){W}*({NUMBER})")
_QUOTIENT = re.compile(rf"(-?){W}*({_FLOAT}){W}*/{W}*({_FLOAT})")
_PI_ANGLE = re.compile(rf"(-?){W}*(?:({NUMBER}){W}*\*{W}*)?pi(?:{W}*([*/]){W}*({NUMBER}))?")
ANGLE = (
    rf"-?+{W}*+(?>(?>{_FLOAT}){W}*+/{W}*+(?>{_FLOAT})"
    rf"|(?:(?>{NUMBER}){W}*+\*{W}*+)?+pi(?:{W}*+[*/]{W}*+(?>{NUMBER}))?+|(?>{NUMBER}))"
)
"""What `read_angle` reads; never tried twice, however long the numbers and blanks."""

RESERVED = frozenset(
    """OPENQASM include pragma defcalgrammar def cal defcal gate extern box let break continue if
    else end return for while in switch case default nop input output const readonly mutable qreg
    qubit creg bool bit int uint float angle complex array void duration stretch gphase inv pow
    ctrl negctrl dim durationof delay reset measure barrier true false im pi tau euler""".split()
) | frozenset(GATES)


class Unsure(Exception):
    """The fast path does not cover this; the reference importer decides."""


def split_statements(body: str) -> list[str]:
    """The statements of a text without blocks.

    Raises:
        Unsure: the last one is not ended.
    """
    statements = body.split(";")
    if statements.pop().strip(" \t\r\n"):
        raise Unsure
    return statements


def read_angle(text: str) -> float:
    """A literal, or a multiple or fraction of pi: always floating-point in the importer too."""
    text = text.strip(" \t\r\n")
    match = _PLAIN_ANGLE.fullmatch(text)
    if match is not None:
        value = float(match[2])
    elif match := _QUOTIENT.fullmatch(text):
        if float(match[3]) == 0:
            raise Unsure
        value = float(match[2]) / float(match[3])
    else:
        match = _PI_ANGLE.fullmatch(text)
        if match is None:
            raise Unsure
        value = math.pi if match[2] is None else float(match[2]) * math.pi
        if match[3] is not None:
            other = float(match[4])
            if match[3] == "/":
                if other == 0:
                    raise Unsure
                value /= other
            else:
                value *= other
    if not math.isfinite(value):
        raise Unsure
    return -value if match[1] else value
