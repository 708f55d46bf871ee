"""OpenQASM 3 text to circuit: a fast path for flat programs, the reference importer for the rest.

The verdict is that of `qiskit_qasm3_import.parse` on every input: the fast path may only say yes,
and only to programs the importer accepts; whatever it is unsure of goes to the importer. On the
version statement there are two rules (`header.py`): the published one is the default.

The fast path takes: the version line, one `include "stdgates.inc";`, `bit`/`qubit` declarations,
standard gates on qubits or whole registers with constant angles, barriers, measurements, and plain
gate definitions with calls of them, which are written out.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from quasar.circuits.circuit import (
    GATES,
    MAX_GATES,
    Circuit,
    Gate,
    GateSpec,
    too_many_gates,
)
from quasar.circuits.header import BYTE_ORDER_MARK, VERSION, HeaderRule, header_fault, read_header
from quasar.circuits.measurement import (
    NO_MEASUREMENTS,
    SILENT,
    Answer,
    Measurements,
    choose,
    measured_by,
)
from quasar.circuits.parameters import Values, bind_inputs, match_inputs, read_values
from quasar.circuits.precheck import precheck
from quasar.circuits.refusal import explain
from quasar.circuits.to_qiskit import DynamicCircuit, from_qiskit
from quasar.core.errors import CircuitError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit


@dataclass(frozen=True, eq=False)
class Program:
    """An accepted program.

    Attributes:
        n_qubits: qubits declared.
        circuit: the static circuit, None for a dynamic program.
        dynamic: the program with its mid-circuit measurements, resets and branches, as Qiskit
            holds it; None for a static one.
        path: which parser said yes.
        bindings: values of the input parameters of a dynamic program.
    """

    n_qubits: int
    circuit: Circuit | None
    dynamic: QuantumCircuit | None
    path: Literal["fast", "reference"]
    bindings: Mapping[Any, float] = field(default_factory=dict)

    def answer(self, n_variables: int | None = None) -> Answer:
        """What of the program is its answer to a problem of `n_variables`; None: all it writes."""
        if self.circuit is not None:
            measurements = self.circuit.measurements
        else:
            measurements = NO_MEASUREMENTS if self.dynamic is None else measured_by(self.dynamic)
        return choose(measurements, self.n_qubits, n_variables, self._used)

    def _used(self) -> set[int]:
        """Qubits that something acts on."""
        if self.circuit is not None:
            return {qubit for gate in self.circuit.gates for qubit in gate.qubits}
        if self.dynamic is None:
            return set()
        found = self.dynamic
        kept = [item for item in found.data if item.operation.name not in SILENT]
        return {found.find_bit(qubit).index for item in kept for qubit in item.qubits}


def parse(
    text: str,
    *,
    max_gates: int = MAX_GATES,
    max_qubits: int | None = None,
    on_accepted: Callable[[int], None] | None = None,
    parameters: Values | None = None,
    header: HeaderRule = "published",
) -> Program:
    """Parse OpenQASM 3 text.

    Args:
        max_gates: limit on gates after unrolling loops and gate definitions.
        max_qubits: a program that plainly declares more is refused before the importer reads it;
            None: as many as `precheck` knows the importer to bear.
        on_accepted: told the number of qubits once it is certain that the reference importer says
            yes, which may be long before the gates are unrolled. It says nothing of the header.
        parameters: values of the program's inputs.
        header: which rule the version statement has to keep; `language` also passes over a byte
            order mark, which is of the file and not of the program.

    Raises:
        InputError: a value that is not a finite number, or is for an input that is not declared.
        CircuitError: kind `syntax` or `semantic` where the header breaks the rule or the reference
            importer says no (with line and column where it tells them); kind `limit` or
            `parameter` for a program that it accepts but that cannot be simulated: too many gates,
            inputs without a value. Kind `limit` also for a program too large to be read at all (see
            `precheck`): `on_accepted` is then told nothing.
    """
    values = read_values(parameters) if parameters else {}
    accepted = on_accepted or (lambda n_qubits: None)
    text, broken = _headed(text, header)
    program = _at_once(text, max_gates, max_qubits, accepted, values, broken)
    return program or _parse_reference(text, max_gates, accepted, values, broken)


def parse_at_once(
    text: str,
    *,
    max_gates: int = MAX_GATES,
    max_qubits: int | None = None,
    on_accepted: Callable[[int], None] | None = None,
    parameters: Values | None = None,
    header: HeaderRule = "published",
) -> Program | None:
    """As `parse`, in time linear in the text; None where the reference importer has to decide."""
    values = read_values(parameters) if parameters else {}
    accepted = on_accepted or (lambda n_qubits: None)
    text, broken = _headed(text, header)
    return _at_once(text, max_gates, max_qubits, accepted, values, broken)


def _headed(text: str, header: HeaderRule) -> tuple[str, CircuitError | None]:
    """The text to parse, and the verdict on its header where it breaks the rule.

    Raises:
        CircuitError: the header is wrong by every rule.
    """
    if header == "language":
        text = text.removeprefix(BYTE_ORDER_MARK)
    found = read_header(text)
    broken = header_fault(found, header, text)
    if broken is not None and not (found.published or found.language):
        raise broken
    return text, broken


def _at_once(
    text: str,
    max_gates: int,
    max_qubits: int | None,
    accepted: Callable[[int], None],
    values: Mapping[str, float],
    broken: CircuitError | None,
) -> Program | None:
    circuit = _parse_flat(text, max_gates)
    if circuit is None:
        precheck(text, max_gates=max_gates, max_qubits=max_qubits)
        return None
    accepted(circuit.n_qubits)
    if values:
        match_inputs((), values)
    if broken is not None:
        raise broken
    if len(circuit.gates) > max_gates:
        raise too_many_gates(max_gates)
    return Program(circuit.n_qubits, circuit, None, "fast")


def parses(text: str) -> bool:
    """Syntactic correctness as the paper counts it: `OPENQASM 3.0`, and the importer's verdict.

    Takes as long as the importer does, without any limit.
    """
    return VERSION in text and _accepted(text)


def parses_by_language(text: str) -> bool:
    """Whether it is a valid OpenQASM 3 program, whatever its header's minor version.

    A text without a version statement is one, too; a byte order mark before it is passed over.
    Takes as long as the importer does, without any limit.
    """
    text = text.removeprefix(BYTE_ORDER_MARK)
    return read_header(text).language and _accepted(text)


def _accepted(text: str) -> bool:
    if _parse_flat(text, 0) is not None:
        return True
    try:
        import_reference(text)
    except CircuitError:
        return False
    return True


# --- the fast path -------------------------------------------------------------------------------
# Only ASCII classes: the reference lexer skips blanks, tabs and line ends, and nothing else.

_W = r"[ \t\r\n]"
_COMMENT = re.compile(r"//[^\r\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_HEADER = re.compile(
    rf'{_W}*OPENQASM{_W}+3(?:\.[0-9]+)?{_W}*;{_W}*include{_W}*"stdgates\.inc"{_W}*;', re.ASCII
)
_INDEX = r"(?:0|[1-9][0-9]{0,5})"
_OPERAND = rf"[a-z][a-zA-Z0-9_]*(?:{_W}*\[{_W}*{_INDEX}{_W}*\])?"
_DECLARATION = re.compile(
    rf"(bit|qubit)(?:{_W}*\[{_W}*([1-9][0-9]{{0,5}}){_W}*\]{_W}*|{_W}+)([a-z][a-zA-Z0-9_]*)"
)
_GATE = re.compile(
    rf"([a-zA-Z][a-zA-Z0-9_]*)(?:{_W}*\(([^()]*)\){_W}*|{_W}+)"
    rf"({_OPERAND}(?:{_W}*,{_W}*{_OPERAND})*)"
)
_MEASURE = re.compile(
    rf"(?:({_OPERAND}){_W}*={_W}*measure{_W}+({_OPERAND})"
    rf"|measure{_W}+({_OPERAND}){_W}*->{_W}*({_OPERAND}))"
)
_INTEGER = r"(?:0|[1-9][0-9]{0,14})"
_EXPONENT = r"[eE][+-]?[0-9]{1,3}"
_FLOAT = rf"(?:(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:{_EXPONENT})?|[0-9]+{_EXPONENT})"
_NUMBER = rf"(?:{_FLOAT}|{_INTEGER})"
_PLAIN_ANGLE = re.compile(rf"(-?){_W}*({_NUMBER})")
_QUOTIENT = re.compile(rf"(-?){_W}*({_FLOAT}){_W}*/{_W}*({_FLOAT})")
_PI_ANGLE = re.compile(rf"(-?){_W}*(?:({_NUMBER}){_W}*\*{_W}*)?pi(?:{_W}*([*/]){_W}*({_NUMBER}))?")
_SPLIT_OPERAND = re.compile(rf"([a-z][a-zA-Z0-9_]*)(?:{_W}*\[{_W}*([0-9]+))?")

_RESERVED = frozenset(
    """OPENQASM include pragma defcalgrammar def cal defcal gate extern box let break continue if
    else end return for while in switch case default nop input output const readonly mutable qreg
    qubit creg bool bit int uint float angle complex array void duration stretch gphase inv pow
    ctrl negctrl dim durationof delay reset measure barrier true false im pi tau euler""".split()
) | frozenset(GATES)


_MAX_WORK = 10_000_000  # bits that whole registers stand for: over 24 qubits in 250,000 statements


class _Unsure(Exception):
    """The fast path meets something it does not take; the reference importer decides."""


def _parse_flat(text: str, max_gates: int = MAX_GATES) -> Circuit | None:
    """The circuit of a flat program; None where the reference importer has to decide.

    Of more gates than allowed one too many is kept.
    """
    body = _flat_body(text)
    if body is None:
        return None
    try:
        program = _FlatProgram(max_gates)
        return program.read(program.define(body) if "gate" in body else _statements(body))
    except _Unsure:
        return None


def _flat_body(text: str) -> str | None:
    """What follows version and include, comments taken out; None where it begins otherwise."""
    if "/" in text:
        text = _COMMENT.sub(_blank, text)
    header = _HEADER.match(text)
    return None if header is None else text[header.end() :]


def _statements(body: str) -> list[str]:
    """The statements of a text without blocks.

    Raises:
        _Unsure: the last one is not ended.
    """
    statements = body.split(";")
    if statements.pop().strip(" \t\r\n"):
        raise _Unsure
    return statements


def _blank(comment: re.Match[str]) -> str:
    """A blank in place of a comment: it separates tokens and cannot complete a string."""
    found = comment[0]
    closed = found[1] == "/" or (len(found) >= 4 and found.endswith("*/"))
    return " " if closed else "\0"  # which no program has


class _FlatProgram:
    """Reads flat statements.

    Attributes:
        specs: the gates known.
        bodies: what gates of the program's own stand for.
    """

    def __init__(self, max_gates: int) -> None:
        self.specs: Mapping[str, GateSpec] = GATES
        self.bodies: dict[str, _Body] = {}
        self.room = max_gates  # gates that may still come
        self.work = 0
        self.registers: dict[str, tuple[bool, int, int | None]] = {}  # quantum, first, size
        self.indexed: dict[str, tuple[int]] = {}  # single qubits by the text that names them
        self.n_qubits = 0
        self.n_bits = 0
        self.measured: set[int] = set()
        self.results: dict[int, int] = {}  # classical bit to the qubit last measured into it

    def define(self, body: str) -> list[str]:
        """The statements of a text, its gate definitions taken in.

        Raises:
            _Unsure: one is not plain, or comes after something that it could depend on.
        """
        end, outside = 0, []
        for match in _DEFINITION.finditer(body):
            before = body[end : match.start()]
            if before.strip(" \t\r\n;") and not _ONLY_DECLARES.fullmatch(before):
                raise _Unsure
            outside += _statements(before)
            end = match.end()
            if match[1] in _RESERVED or match[1] in self.specs:
                raise _Unsure
            self.bodies[match[1]] = _definition(match, self.specs, self.bodies)
            self.specs = {**self.specs, match[1]: self.bodies[match[1]].spec}
        declared = {m[3] for statement in outside if (m := _DECLARATION.search(statement))}
        if declared & set(self.bodies):
            raise _Unsure
        return outside + _statements(body[end:])

    def read(self, statements: list[str]) -> Circuit:
        """The circuit of some statements, on all qubits declared so far.

        Raises:
            _Unsure: one is not of the flat kind.
        """
        gates: list[Gate] = []
        known: dict[str, list[Gate]] = {}
        for raw in statements:
            statement = raw.strip(" \t\r\n")
            ops = known.get(statement)
            if ops is None:
                ops = self._gates(statement)
                if ops is None:
                    self._other(statement)
                    known.clear()
                    continue
                known[statement] = ops
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

    def _gates(self, statement: str) -> list[Gate] | None:
        """The gates of a statement; None where it is no gate application."""
        if "=" in statement:  # a measurement, most likely
            return None
        match = _GATE.fullmatch(statement)
        if match is None:
            return None
        name, arguments, operands = match.groups()
        spec = self.specs.get(name)
        if spec is None:
            return None
        params = () if arguments is None else tuple(map(_angle, arguments.split(",")))
        if name not in GATES and any(abs(value) > _MODEST for value in params):
            raise _Unsure
        places = [self._bits(operand, quantum=True) for operand in operands.split(",")]
        if len(params) != spec.n_params or len(places) != spec.n_qubits:
            raise _Unsure
        if arguments is not None and not params:
            raise _Unsure
        if not any(type(place) is list for place in places):  # the usual case: single qubits
            single = tuple([place[0] for place in places])
            if len(set(single)) != len(single) or not self.measured.isdisjoint(single):
                raise _Unsure
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
                raise _Unsure
        gates: list[Gate] = []
        for qubits in zip(*rows, strict=True):
            if len(set(qubits)) != len(qubits) or not self.measured.isdisjoint(qubits):
                raise _Unsure
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

    def _bits(self, operand: str, *, quantum: bool) -> list[int] | tuple[int]:
        """A register as a list of bits, a single bit as a tuple."""
        if quantum and operand in self.indexed:
            return self.indexed[operand]
        match = _SPLIT_OPERAND.match(operand.strip(" \t\r\n"))
        if match is None or match[1] not in self.registers:
            raise _Unsure
        is_quantum, first, size = self.registers[match[1]]
        if is_quantum is not quantum:
            raise _Unsure
        if match[2] is None:
            self.work += size or 1
            if self.work > _MAX_WORK:
                raise _Unsure
            return (first,) if size is None else list(range(first, first + size))
        index = int(match[2])
        if size is None or index >= size:
            raise _Unsure
        found = (first + index,)
        if quantum:
            self.indexed[operand] = found
        return found

    def _other(self, statement: str) -> None:
        """Declarations, measurements, barriers."""
        if match := _MEASURE.fullmatch(statement):
            source, target = (match[2], match[1]) if match[2] else (match[3], match[4])
            qubits = self._bits(source, quantum=True)
            bits = self._bits(target, quantum=False)
            if len(qubits) != len(bits) or not self.measured.isdisjoint(qubits):
                raise _Unsure
            if len(qubits) == 1:
                self.results[bits[0]] = qubits[0]
                self.measured.add(qubits[0])
            else:
                self.results.update(zip(bits, qubits, strict=True))
                self.measured.update(qubits)
        elif match := _DECLARATION.fullmatch(statement):
            kind, size_text, name = match.groups()
            if name in _RESERVED or name in self.registers or name in self.specs:
                raise _Unsure
            size = int(size_text) if size_text else None
            quantum = kind == "qubit"
            self.registers[name] = (quantum, self.n_qubits if quantum else self.n_bits, size)
            if quantum:
                self.n_qubits += size or 1
            else:
                self.n_bits += size or 1
        elif statement.startswith("barrier") and statement[7:8] in {" ", "\t", "\n", "\r"}:
            operands = statement[8:].split(",")
            if not all(re.fullmatch(_OPERAND, o.strip(" \t\r\n")) for o in operands):
                raise _Unsure
            bits_seen = [b for o in operands for b in self._bits(o, quantum=True)]
            if len(set(bits_seen)) != len(bits_seen):
                raise _Unsure
        else:
            raise _Unsure


def _angle(text: str) -> float:
    """A literal, or a multiple or fraction of pi: always floating-point in the importer too."""
    text = text.strip(" \t\r\n")
    match = _PLAIN_ANGLE.fullmatch(text)
    if match is not None:
        value = float(match[2])
    elif match := _QUOTIENT.fullmatch(text):
        if float(match[3]) == 0:
            raise _Unsure
        value = float(match[2]) / float(match[3])
    else:
        match = _PI_ANGLE.fullmatch(text)
        if match is None:
            raise _Unsure
        value = math.pi if match[2] is None else float(match[2]) * math.pi
        if match[3] is not None:
            other = float(match[4])
            if match[3] == "/":
                if other == 0:
                    raise _Unsure
                value /= other
            else:
                value *= other
    if not math.isfinite(value):
        raise _Unsure
    return -value if match[1] else value


# --- gate definitions ----------------------------------------------------------------------------

_DEFINITION = re.compile(
    rf"gate{_W}+([a-z][a-zA-Z0-9_]*){_W}*(?:\(([^(){{}};]*)\))?([^(){{}};]*)\{{([^{{}}]*)\}}"
)
_FORMAL_ANGLE = re.compile(
    rf"(-?){_W}*(?:({_NUMBER}){_W}*\*{_W}*)?([a-z][a-zA-Z0-9_]*)(?:{_W}*([*/]){_W}*({_NUMBER}))?"
)
_FORMAL_NAME = re.compile(r"[a-z][a-zA-Z0-9_]*")
_ONLY_DECLARES = re.compile(rf"(?:{_W}*(?:{_DECLARATION.pattern})?{_W}*;)*{_W}*")
_KEYWORDS = _RESERVED - frozenset(GATES)
_MAX_DEPTH = 20  # of definitions in definitions: far from the depth at which the importer gives up
_MAX_COPIES = 10_000  # of gates for one use of a definition: the importer copies every one
_MODEST = 1e3  # factors and angles this size cannot overflow in so few levels


class _FormalAngle(NamedTuple):
    """`factor * parameter / divisor`, or a constant where there is no parameter."""

    factor: float
    parameter: int | None
    divisor: float = 1.0

    def at(self, values: tuple[float, ...]) -> float:
        if self.parameter is None:
            return self.factor
        return self.factor * values[self.parameter] / self.divisor


class _Call(NamedTuple):
    """A gate in a definition; its qubits by their places among the definition's."""

    name: str
    angles: tuple[_FormalAngle, ...]
    places: tuple[int, ...]


class _Body(NamedTuple):
    """A gate definition.

    Attributes:
        depth: of definitions in definitions.
        copies: gates that one use stands for, definitions counted too.
    """

    spec: GateSpec
    inside: tuple[_Call, ...]
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


def _definition(
    match: re.Match[str], specs: Mapping[str, GateSpec], bodies: Mapping[str, _Body]
) -> _Body:
    """What a definition says.

    Raises:
        _Unsure: it has a modifier, a block, or an angle that is more than one factor times a
            parameter.
    """
    name, angles, operands, text = match.groups()
    formal = [] if angles is None else _formal_names(angles)
    qubits = _formal_names(operands)
    local = {name, *formal, *qubits}
    if len(local) != 1 + len(formal) + len(qubits):
        raise _Unsure
    inside = []
    depth, copies = 1, 1
    for statement in _statements(text):
        call = _GATE.fullmatch(statement.strip(" \t\r\n"))
        if call is None or call[1] in local or call[1] not in specs:
            raise _Unsure
        arguments = [] if call[2] is None else call[2].split(",")
        places = _formal_names(call[3])
        if specs[call[1]] != (len(arguments), len(places)) or call[2] == "":
            raise _Unsure
        if len(set(places)) != len(places) or not set(places) <= set(qubits):
            raise _Unsure
        given = tuple(_formal_angle(a.strip(" \t\r\n"), formal) for a in arguments)
        inside.append(_Call(call[1], given, tuple(qubits.index(place) for place in places)))
        known = bodies.get(call[1])
        depth = max(depth, (known.depth if known else 0) + 1)
        copies += known.copies if known else 1
    if depth > _MAX_DEPTH or copies > _MAX_COPIES:
        raise _Unsure
    return _Body(GateSpec(len(formal), len(qubits)), tuple(inside), depth, copies)


def _formal_names(text: str) -> list[str]:
    names = [name.strip(" \t\r\n") for name in text.split(",")]
    if not all(_FORMAL_NAME.fullmatch(name) and name not in _KEYWORDS for name in names):
        raise _Unsure
    return names


def _formal_angle(text: str, formal: list[str]) -> _FormalAngle:
    match = _FORMAL_ANGLE.fullmatch(text)
    if match is None or match[3] not in formal:
        constant = _angle(text)
        if abs(constant) > _MODEST:
            raise _Unsure
        return _FormalAngle(constant, None)
    if any(not 1 / _MODEST <= float(c) <= _MODEST for c in (match[2], match[5]) if c):
        raise _Unsure
    factor = float(match[2] or 1.0) * (-1.0 if match[1] else 1.0)
    if match[4] == "*":
        return _FormalAngle(factor * float(match[5]), formal.index(match[3]))
    return _FormalAngle(factor, formal.index(match[3]), float(match[5] or 1.0))


# --- the reference importer ----------------------------------------------------------------------


def _parse_reference(
    text: str,
    max_gates: int,
    accepted: Callable[[int], None],
    values: Mapping[str, float],
    broken: CircuitError | None,
) -> Program:
    """Args: broken: the verdict on the header, which goes before any other."""
    try:
        imported = import_reference(text)
    except CircuitError:
        if broken is not None:
            raise broken from None
        raise
    accepted(imported.num_qubits)
    bindings = bind_inputs(imported, values)
    if broken is not None:
        raise broken
    try:
        circuit = from_qiskit(imported, max_gates=max_gates, bindings=bindings)
    except DynamicCircuit:
        return Program(imported.num_qubits, None, imported, "reference", bindings)
    return Program(circuit.n_qubits, circuit, None, "reference")


def import_reference(text: str) -> QuantumCircuit:
    """What `qiskit_qasm3_import.parse` returns, with faults located.

    Raises:
        CircuitError: the importer's refusal, whatever exception it took, with the line and column
            of the statement at fault.
    """
    import qiskit_qasm3_import

    _silence_antlr()
    try:
        return qiskit_qasm3_import.parse(text)
    except RecursionError as error:
        raise CircuitError(
            "the program is nested too deeply.", kind="syntax", hint="Write flat statements."
        ) from error
    except MemoryError:
        raise
    except Exception as error:
        raise explain(error, text) from error


@functools.cache
def _silence_antlr() -> None:
    """Keep ANTLR from printing what the parser raises as an error as well."""
    from antlr4.error.ErrorListener import ConsoleErrorListener

    ConsoleErrorListener.INSTANCE.syntaxError = lambda *_: None
