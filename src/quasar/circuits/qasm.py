"""OpenQASM 3 text to circuit: a fast path for flat programs, the reference importer for the rest.

The verdict is that of `qiskit_qasm3_import.parse` on every input: the fast path may only say yes,
and only to programs the importer accepts; whatever it is unsure of goes to the importer. On the
version statement there are two rules (`header.py`): the published one is the default.

The fast path takes: the version line, one `include "stdgates.inc";`, `bit`/`qubit` declarations,
standard gates on qubits or whole registers with constant angles, barriers, and measurements.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from quasar.circuits.circuit import GATES, Circuit, Gate
from quasar.circuits.header import BYTE_ORDER_MARK, VERSION, HeaderRule, header_fault, read_header
from quasar.circuits.measurement import (
    SILENT,
    Answer,
    Measurements,
    choose,
    measured_by,
)
from quasar.circuits.parameters import Values, bind_inputs, match_inputs, read_values
from quasar.circuits.refusal import explain
from quasar.core.errors import CircuitError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

MAX_GATES = 100_000
"""Default limit on gates after unrolling loops, so that a short text cannot ask for 10**9."""


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
            measurements = Measurements() if self.dynamic is None else measured_by(self.dynamic)
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
    on_accepted: Callable[[int], None] | None = None,
    parameters: Values | None = None,
    header: HeaderRule = "published",
) -> Program:
    """Parse OpenQASM 3 text.

    Args:
        max_gates: limit on gates after unrolling loops and gate definitions.
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
            inputs without a value.
    """
    values = read_values(parameters or {})
    if header == "language":
        text = text.removeprefix(BYTE_ORDER_MARK)
    found = read_header(text)
    broken = header_fault(found, header, text)
    if broken is not None and not (found.published or found.language):
        raise broken
    accepted = on_accepted or (lambda n_qubits: None)
    circuit = _parse_flat(text)
    if circuit is not None:
        accepted(circuit.n_qubits)
        match_inputs((), values)
        if broken is not None:
            raise broken
        if len(circuit.gates) > max_gates:
            raise too_many_gates(max_gates)
        return Program(circuit.n_qubits, circuit, None, "fast")
    return _parse_reference(text, max_gates, accepted, values, broken)


def parses(text: str) -> bool:
    """Syntactic correctness as the paper counts it: `OPENQASM 3.0`, and the importer's verdict."""
    return VERSION in text and _accepted(text)


def parses_by_language(text: str) -> bool:
    """Whether it is a valid OpenQASM 3 program, whatever its header's minor version.

    A text without a version statement is one, too; a byte order mark before it is passed over.
    """
    text = text.removeprefix(BYTE_ORDER_MARK)
    return read_header(text).language and _accepted(text)


def _accepted(text: str) -> bool:
    accepted: list[int] = []
    with suppress(CircuitError):
        parse(text, max_gates=1, on_accepted=accepted.append)
    return bool(accepted)


def too_many_gates(max_gates: int) -> CircuitError:
    """The verdict on a program that unrolls to more than `max_gates` gates."""
    return CircuitError(
        f"more than {max_gates:,} gates after unrolling loops and gate definitions.",
        kind="limit",
        limit="gates",
        hint="Write a shorter circuit.",
    )


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
    rf"([a-zA-Z][a-zA-Z0-9]*)(?:{_W}*\(([^()]*)\){_W}*|{_W}+)"
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
_PI_ANGLE = re.compile(rf"(-?){_W}*(?:({_NUMBER}){_W}*\*{_W}*)?pi(?:{_W}*([*/]){_W}*({_NUMBER}))?")
_SPLIT_OPERAND = re.compile(rf"([a-z][a-zA-Z0-9_]*)(?:{_W}*\[{_W}*([0-9]+))?")

_RESERVED = frozenset(
    """OPENQASM include pragma defcalgrammar def cal defcal gate extern box let break continue if
    else end return for while in switch case default nop input output const readonly mutable qreg
    qubit creg bool bit int uint float angle complex array void duration stretch gphase inv pow
    ctrl negctrl dim durationof delay reset measure barrier true false im pi tau euler""".split()
) | frozenset(GATES)


class _Unsure(Exception):
    """The fast path meets something it does not take; the reference importer decides."""


def _parse_flat(text: str) -> Circuit | None:
    """The circuit of a flat program; None where the reference importer has to decide."""
    if "/" in text:
        text = _COMMENT.sub(_blank, text)
    header = _HEADER.match(text)
    if header is None:
        return None
    statements = text[header.end() :].split(";")
    if statements.pop().strip(" \t\r\n"):
        return None
    try:
        return _FlatProgram().read(statements)
    except _Unsure:
        return None


def _blank(comment: re.Match[str]) -> str:
    """A blank in place of a comment: it separates tokens and cannot complete a string."""
    found = comment[0]
    closed = found[1] == "/" or (len(found) >= 4 and found.endswith("*/"))
    return " " if closed else "\0"  # which no program has


class _FlatProgram:
    def __init__(self) -> None:
        self.registers: dict[str, tuple[bool, int, int | None]] = {}  # quantum, first, size
        self.n_qubits = 0
        self.n_bits = 0
        self.measured: set[int] = set()
        self.results: dict[int, int] = {}  # classical bit to the qubit last measured into it

    def read(self, statements: list[str]) -> Circuit:
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
            gates += ops
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
        match = _GATE.fullmatch(statement)
        if match is None:
            return None
        name, arguments, operands = match.groups()
        spec = GATES.get(name)
        if spec is None:
            return None
        params = () if arguments is None else tuple(map(_angle, arguments.split(",")))
        places = [self._bits(operand, quantum=True) for operand in operands.split(",")]
        if len(params) != spec.n_params or len(places) != spec.n_qubits:
            raise _Unsure
        if arguments is not None and not params:
            raise _Unsure
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
        gates = []
        for qubits in zip(*rows, strict=True):
            if len(set(qubits)) != len(qubits) or not self.measured.isdisjoint(qubits):
                raise _Unsure
            gates.append(Gate(name, qubits, params))
        return gates

    def _bits(self, operand: str, *, quantum: bool) -> list[int] | tuple[int]:
        """A register as a list of bits, a single bit as a tuple."""
        match = _SPLIT_OPERAND.match(operand.strip(" \t\r\n"))
        if match is None or match[1] not in self.registers:
            raise _Unsure
        is_quantum, first, size = self.registers[match[1]]
        if is_quantum is not quantum:
            raise _Unsure
        if match[2] is None:
            return (first,) if size is None else list(range(first, first + size))
        index = int(match[2])
        if size is None or index >= size:
            raise _Unsure
        return (first + index,)

    def _other(self, statement: str) -> None:
        """Declarations, measurements, barriers."""
        if match := _MEASURE.fullmatch(statement):
            source, target = (match[2], match[1]) if match[2] else (match[3], match[4])
            qubits = self._bits(source, quantum=True)
            bits = self._bits(target, quantum=False)
            if len(qubits) != len(bits) or not self.measured.isdisjoint(qubits):
                raise _Unsure
            self.measured.update(qubits)
            self.results.update(zip(bits, qubits, strict=True))
        elif match := _DECLARATION.fullmatch(statement):
            kind, size_text, name = match.groups()
            if name in _RESERVED or name in self.registers:
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


# --- the reference importer ----------------------------------------------------------------------


def _parse_reference(
    text: str,
    max_gates: int,
    accepted: Callable[[int], None],
    values: Mapping[str, float],
    broken: CircuitError | None,
) -> Program:
    """Args: broken: the verdict on the header, which goes before any other."""
    from quasar.circuits.to_qiskit import DynamicCircuit, from_qiskit

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
