"""Plain gate definitions of an OpenQASM 3 program, and what their calls stand for.

Covers definitions made of gates known before, whose angles are one factor times a parameter each.
Everything else raises `Unsure`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from quasar.circuits.circuit import GATES, Gate, GateSpec
from quasar.circuits.qasm_syntax import (
    APPLICATION,
    DECLARATION,
    NUMBER,
    RESERVED,
    Unsure,
    W,
    read_angle,
    split_statements,
)

DEFINITION = re.compile(
    rf"gate{W}+([a-z][a-zA-Z0-9_]*){W}*(?:\(([^(){{}};]*)\))?([^(){{}};]*)\{{([^{{}}]*)\}}"
)
_FORMAL_ANGLE = re.compile(
    rf"(-?){W}*(?:({NUMBER}){W}*\*{W}*)?([a-z][a-zA-Z0-9_]*)(?:{W}*([*/]){W}*({NUMBER}))?"
)
_FORMAL_NAME = re.compile(r"[a-z][a-zA-Z0-9_]*")
ONLY_DECLARES = re.compile(rf"(?:{W}*(?:{DECLARATION.pattern})?{W}*;)*{W}*")
_KEYWORDS = RESERVED - frozenset(GATES)
_MAX_DEPTH = 20  # of definitions in definitions: far from the depth at which the importer gives up
_MAX_COPIES = 10_000  # of gates for one use of a definition: the importer copies every one
MODEST = 1e3  # factors and angles this size cannot overflow in so few levels


class _FormalAngle(NamedTuple):
    """`factor * parameter / divisor`, or a constant without a parameter."""

    factor: float
    parameter: int | None
    divisor: float = 1.0

    def at(self, values: tuple[float, ...]) -> float:
        if self.parameter is None:
            return self.factor
        return self.factor * values[self.parameter] / self.divisor


class _FormalCall(NamedTuple):
    """A gate in a definition; its qubits by their places among the definition's."""

    name: str
    angles: tuple[_FormalAngle, ...]
    places: tuple[int, ...]


class GateBody(NamedTuple):
    """A gate definition.

    Attributes:
        depth: of definitions in definitions.
        copies: gates that one use stands for, definitions counted too.
    """

    spec: GateSpec
    inside: tuple[_FormalCall, ...]
    depth: int
    copies: int

    def calls(self, gate: Gate) -> list[Gate]:
        """The gates of one use."""
        return [
            Gate(
                call.name,
                tuple([gate.qubits[place] for place in call.places]),
                tuple([angle.at(gate.params) for angle in call.angles]),
            )
            for call in self.inside
        ]


def read_definition(
    match: re.Match[str], specs: Mapping[str, GateSpec], bodies: Mapping[str, GateBody]
) -> GateBody:
    """What a definition says.

    Raises:
        Unsure: it has a modifier, a block, or an angle that is more than one factor times a
            parameter.
    """
    name, angles, operands, text = match.groups()
    formal = [] if angles is None else _formal_names(angles)
    qubits = _formal_names(operands)
    local = {name, *formal, *qubits}
    if len(local) != 1 + len(formal) + len(qubits):
        raise Unsure
    inside = []
    depth, copies = 1, 1
    for statement in split_statements(text):
        call = APPLICATION.fullmatch(statement.strip(" \t\r\n"))
        if call is None or call[1] in local or call[1] not in specs:
            raise Unsure
        arguments = [] if call[2] is None else call[2].split(",")
        places = _formal_names(call[3])
        if specs[call[1]] != (len(arguments), len(places)) or call[2] == "":
            raise Unsure
        if len(set(places)) != len(places) or not set(places) <= set(qubits):
            raise Unsure
        given = tuple(_formal_angle(a.strip(" \t\r\n"), formal) for a in arguments)
        inside.append(_FormalCall(call[1], given, tuple(qubits.index(place) for place in places)))
        known = bodies.get(call[1])
        depth = max(depth, (known.depth if known else 0) + 1)
        copies += known.copies if known else 1
    if depth > _MAX_DEPTH or copies > _MAX_COPIES:
        raise Unsure
    return GateBody(GateSpec(len(formal), len(qubits)), tuple(inside), depth, copies)


def _formal_names(text: str) -> list[str]:
    names = [name.strip(" \t\r\n") for name in text.split(",")]
    if not all(_FORMAL_NAME.fullmatch(name) and name not in _KEYWORDS for name in names):
        raise Unsure
    return names


def _formal_angle(text: str, formal: list[str]) -> _FormalAngle:
    match = _FORMAL_ANGLE.fullmatch(text)
    if match is None or match[3] not in formal:
        constant = read_angle(text)
        if abs(constant) > MODEST:
            raise Unsure
        return _FormalAngle(constant, None)
    if any(not 1 / MODEST <= float(c) <= MODEST for c in (match[2], match[5]) if c):
        raise Unsure
    factor = float(match[2] or 1.0) * (-1.0 if match[1] else 1.0)
    if match[4] == "*":
        return _FormalAngle(factor * float(match[5]), formal.index(match[3]))
    return _FormalAngle(factor, formal.index(match[3]), float(match[5] or 1.0))
