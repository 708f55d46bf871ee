"""Flat OpenQASM 3 programs to circuits, without the reference importer.

Takes the version line, `include "stdgates.inc";`, `bit` and `qubit` declarations, standard gates on
qubits or whole registers with constant angles, barriers, measurements, and plain gate definitions
with calls of them, which are written out. It only accepts programs, and only those
that the importer accepts; where it stops, `refusal_flat.py` may say what is wrong. Most programs
are read by its compiled counterpart (`flat_compiled.py`), where that was built.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from quasar.circuits.circuit import GATES, MAX_GATES, Circuit, Gate, GateSpec
from quasar.circuits.flat_compiled import Stopped, read_compiled
from quasar.circuits.measurement import Measurements
from quasar.circuits.qasm_gates import DEFINITION, MODEST, ONLY_DECLARES, GateBody, read_definition
from quasar.circuits.qasm_syntax import (
    APPLICATION,
    DECLARATION,
    OPERAND,
    RESERVED,
    Unsure,
    W,
    read_angle,
    split_statements,
)

COMMENT = re.compile(r"//[^\r\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
HEADER = re.compile(
    rf'{W}*(OPENQASM{W}+3(?:\.[0-9]+)?{W}*;){W}*(include{W}*"stdgates\.inc"{W}*;)', re.ASCII
)
MEASUREMENT = re.compile(
    rf"(?:({OPERAND}){W}*={W}*measure{W}+({OPERAND})"
    rf"|measure{W}+({OPERAND}){W}*->{W}*({OPERAND}))"
)
_SPLIT_OPERAND = re.compile(rf"([a-z][a-zA-Z0-9_]*)(?:{W}*\[{W}*([0-9]+))?")
_MOST_KEPT, _LONGEST_KEPT = 2048, 64  # statements, and characters of one, that are remembered
Places = list[int] | tuple[int]
"""The bits of a register, or a single one."""
_MAX_WORK = 10_000_000  # bits that whole registers stand for: over 24 qubits in 250,000 statements


def parse_flat(text: str, max_gates: int = MAX_GATES) -> Circuit | None:
    """The circuit of a flat program; None where the reference importer has to decide.

    Of more gates than allowed one too many is kept.
    """
    found = read_flat(text, max_gates)
    return found if isinstance(found, Circuit) else None


def read_flat(text: str, max_gates: int = MAX_GATES) -> Circuit | FlatReader | None:
    """As `parse_flat`; of a text that begins as a flat program the reader, which has stopped."""
    found = read_compiled(text)
    if isinstance(found, Stopped):
        reader = FlatReader(max_gates)
        reader.at, reader.registers = found
        return reader
    return read_in_python(text, max_gates) if found is None else found


def read_in_python(text: str, max_gates: int = MAX_GATES) -> Circuit | FlatReader | None:
    """As `read_flat`, without its compiled counterpart."""
    body = _flat_body(text)
    if body is None:
        return None
    reader = FlatReader(max_gates)
    try:
        return reader.read(reader.define(body) if "gate" in body else split_statements(body))
    except Unsure:
        return reader


def _flat_body(text: str) -> str | None:
    """What follows version and include, comments taken out; None where it begins otherwise."""
    if "/" in text:
        text = COMMENT.sub(in_place_of_comment, text)
    header = HEADER.match(text)
    return None if header is None else text[header.end() :]


def in_place_of_comment(comment: re.Match[str]) -> str:
    """A blank in place of a comment: it separates tokens and cannot complete a string."""
    found = comment[0]
    closed = found[1] == "/" or (len(found) >= 4 and found.endswith("*/"))
    return " " if closed else "\0"  # which no program has


class _ReadBefore(NamedTuple):
    """What statements come to, by their text, for one set of registers."""

    gates: dict[str, list[Gate]]
    rotations: dict[str, Gate]
    measurements: dict[str, tuple[Places, Places]]


@lru_cache(maxsize=128)
def _read_before(registers: tuple[tuple[str, tuple[bool, int, int | None]], ...]) -> _ReadBefore:
    return _ReadBefore(_Bounded(), _Bounded(), _Bounded())


def _around_angle(statement: str) -> tuple[str, str]:
    """A statement without what its first brackets hold, and that."""
    head, _, operands = statement.partition(")")
    name, _, argument = head.partition("(")
    return f"{name}({operands}", argument


class _Bounded(dict[str, Any]):
    """Forgets all where it grows too large."""

    def __setitem__(self, key: str, value: Any) -> None:
        if len(self) >= _MOST_KEPT:
            self.clear()
        super().__setitem__(key, value)


class FlatReader:
    """Reads flat statements.

    Attributes:
        at: number of the statement that it has come to, those in gate definitions not counted;
            None before the first.
        specs: the gates known.
        bodies: what gates of the program's own stand for.
        registers: whether it is of qubits, its first bit, and its size, by name.
    """

    def __init__(self, max_gates: int) -> None:
        self.at: int | None = None
        self.specs: Mapping[str, GateSpec] = GATES
        self.bodies: dict[str, GateBody] = {}
        self.room = max_gates  # gates that may still come
        self.work = 0
        self.registers: dict[str, tuple[bool, int, int | None]] = {}
        self.indexed: dict[str, tuple[int]] = {}  # single qubits by the text that names them
        self.n_qubits = 0
        self.n_bits = 0
        self.measured: set[int] = set()
        self.read_before = _read_before(())
        self.results: dict[int, int] = {}  # classical bit to the qubit last measured into it

    def define(self, body: str) -> list[str]:
        """The statements of a text, its gate definitions taken in.

        Raises:
            Unsure: one is not plain, or comes after something that it could depend on.
        """
        end, outside = 0, []
        for match in DEFINITION.finditer(body):
            before = body[end : match.start()]
            if before.strip(" \t\r\n;") and not ONLY_DECLARES.fullmatch(before):
                raise Unsure
            outside += split_statements(before)
            end = match.end()
            if match[1] in RESERVED or match[1] in self.specs:
                raise Unsure
            self.bodies[match[1]] = read_definition(match, self.specs, self.bodies)
            self.specs = {**self.specs, match[1]: self.bodies[match[1]].spec}
        declared = {m[3] for statement in outside if (m := DECLARATION.search(statement))}
        if declared & set(self.bodies):
            raise Unsure
        return outside + split_statements(body[end:])

    def read(self, statements: list[str]) -> Circuit:
        """The circuit of some statements, on all qubits declared so far.

        Raises:
            Unsure: one is not of the flat kind.
        """
        gates: list[Gate] = []
        known = self._known()
        for self.at, raw in enumerate(statements):
            statement = raw.strip(" \t\r\n")
            ops = known.get(statement)
            if ops is None:
                ops = self._rotation(statement) or self._gates(statement)
                if ops is None:
                    self._other(statement)
                    known = self._known()
                    continue
                if len(ops) <= self.room and len(statement) <= _LONGEST_KEPT:
                    known[statement] = ops
                    self._keep_rotation(statement, ops)
            if self.room >= 0:
                gates += ops
                self.room -= len(ops)
        registers = tuple(
            range(first, first + size)
            for quantum, first, size in self.registers.values()
            if not quantum and size is not None
        )
        return Circuit(
            self.n_qubits,
            tuple(gates),
            n_measured=len(self.measured),
            measurements=Measurements(self.results, registers=registers),
        )

    def _known(self) -> dict[str, list[Gate]]:
        """Gates of statements that were read before with the same registers, also of other texts.

        Once something is measured, or where gates are defined, nothing is shared.
        """
        self.read_before = _read_before(tuple(self.registers.items()))
        return {} if self.measured or self.bodies else self.read_before.gates

    def _rotation(self, statement: str) -> list[Gate] | None:
        """The gate of a statement that differs from one read before in its only angle."""
        around, argument = _around_angle(statement)
        gate = self.read_before.rotations.get(around)
        if gate is None or self.measured or self.bodies:
            return None
        return [Gate(gate.name, gate.qubits, (read_angle(argument),))]

    def _keep_rotation(self, statement: str, ops: list[Gate]) -> None:
        if len(ops) == 1 and len(ops[0].params) == 1 and not self.bodies:
            self.read_before.rotations[_around_angle(statement)[0]] = ops[0]

    def _gates(self, statement: str) -> list[Gate] | None:
        """The gates of a statement; None where it is not a gate application."""
        if "=" in statement:  # a measurement, most likely
            return None
        match = APPLICATION.fullmatch(statement)
        if match is None:
            return None
        name, arguments, operands = match.groups()
        spec = self.specs.get(name)
        if spec is None:
            return None
        params = () if arguments is None else tuple(map(read_angle, arguments.split(",")))
        if name not in GATES and any(abs(value) > MODEST for value in params):
            raise Unsure
        places = [self.bits(operand, quantum=True) for operand in operands.split(",")]
        if len(params) != spec.n_params or len(places) != spec.n_qubits:
            raise Unsure
        if arguments is not None and not params:
            raise Unsure
        if not any(type(place) is list for place in places):  # the usual case: single qubits
            single = tuple([place[0] for place in places])
            if len(set(single)) != len(single) or not self.measured.isdisjoint(single):
                raise Unsure
            return self._written_out([Gate(name, single, params)])
        width = max(map(len, places))
        rows = []
        for place in places:
            # As the importer broadcasts: an indexed qubit repeats, a register must have the width.
            if isinstance(place, tuple):
                rows.append(list(place) * width)
            elif len(place) == width:
                rows.append(place)
            else:
                raise Unsure
        gates: list[Gate] = []
        for qubits in zip(*rows, strict=True):
            if len(set(qubits)) != len(qubits) or not self.measured.isdisjoint(qubits):
                raise Unsure
            if len(gates) <= self.room:
                gates.append(Gate(name, qubits, params))
        return self._written_out(gates)

    def _written_out(self, gates: list[Gate]) -> list[Gate]:
        """The standard gates that some gates stand for; of more than are allowed one too many."""
        if not gates or gates[0].name not in self.bodies:
            return gates
        out: list[Gate] = []
        open_ = gates[::-1]
        while open_ and len(out) <= self.room:
            gate = open_.pop()
            body = self.bodies.get(gate.name)
            if body is None:
                out.append(gate)
            else:
                open_ += body.calls(gate)[::-1]
        return out

    def bits(self, operand: str, *, quantum: bool) -> Places:
        """A register as a list of bits, a single bit as a tuple.

        Raises:
            Unsure: there is no such thing, or it is of the other kind.
        """
        if quantum and operand in self.indexed:
            return self.indexed[operand]
        match = _SPLIT_OPERAND.match(operand.strip(" \t\r\n"))
        if match is None or match[1] not in self.registers:
            raise Unsure
        is_quantum, first, size = self.registers[match[1]]
        if is_quantum is not quantum:
            raise Unsure
        if match[2] is None:
            self.work += size or 1
            if self.work > _MAX_WORK:
                raise Unsure
            return (first,) if size is None else list(range(first, first + size))
        index = int(match[2])
        if size is None or index >= size:
            raise Unsure
        found = (first + index,)
        if quantum:
            self.indexed[operand] = found
        return found

    def _other(self, statement: str) -> None:
        """Declarations, measurements, barriers."""
        places = self.read_before.measurements.get(statement)
        if places is None and (match := MEASUREMENT.fullmatch(statement)):
            source, target = (match[2], match[1]) if match[2] else (match[3], match[4])
            places = self.bits(source, quantum=True), self.bits(target, quantum=False)
            if len(places[0]) == 1 and len(statement) <= _LONGEST_KEPT:
                self.read_before.measurements[statement] = places
        if places is not None:
            qubits, bits = places
            if len(qubits) != len(bits) or not self.measured.isdisjoint(qubits):
                raise Unsure
            if len(qubits) == 1:
                self.results[bits[0]] = qubits[0]
                self.measured.add(qubits[0])
            else:
                self.results.update(zip(bits, qubits, strict=True))
                self.measured.update(qubits)
        elif match := DECLARATION.fullmatch(statement):
            kind, size_text, name = match.groups()
            if name in RESERVED or name in self.registers or name in self.specs:
                raise Unsure
            size = int(size_text) if size_text else None
            quantum = kind == "qubit"
            self.registers[name] = (quantum, self.n_qubits if quantum else self.n_bits, size)
            if quantum:
                self.n_qubits += size or 1
            else:
                self.n_bits += size or 1
        elif statement.startswith("barrier") and statement[7:8] in {" ", "\t", "\n", "\r"}:
            operands = statement[8:].split(",")
            if not all(re.fullmatch(OPERAND, o.strip(" \t\r\n")) for o in operands):
                raise Unsure
            bits_seen = [b for o in operands for b in self.bits(o, quantum=True)]
            if len(set(bits_seen)) != len(bits_seen):
                raise Unsure
        else:
            raise Unsure
