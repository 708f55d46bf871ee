"""Programs too large to be read, recognised by their text: cheap checks before expensive work.

A lexical scan, linear in the text, finds lower bounds of what a program asks for: qubits and bits
declared, gates that definitions stand for, controls, widths of matrix powers. It only refuses, and
only where the bound alone exceeds a limit; the reference importer decides the rest. Does not cover
loops, branches and sizes given by expressions: those are for the limits on time and memory of
`verifier.sandbox`.

Whether such a program *parses* is the importer's business. Where the grammar of `qasm` is sure of
its answer (flat programs, plain gate definitions), that answer is given. Elsewhere the importer is
asked if it can answer in about a second; if not, the program counts as one that did not parse, like
one that is stopped while it is parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from quasar.circuits.circuit import GATES, MAX_GATES, too_many_gates
from quasar.core.errors import CircuitError

MAX_BITS = 1_000_000
"""Qubits, and classical bits, that the importer can hold within 1 GiB."""
MAX_POWER_QUBITS = 10
"""Widest defined gate of which a matrix power is taken: 2**20 entries, seconds."""
MAX_STEPS = 200_000
"""Instructions of a dynamic program at most; those outside blocks are surely executed."""

_READABLE_CHARACTERS = 20_000  # the importer reads these in about a second
_READABLE_BITS = 500_000  # which it makes in about a second
_READABLE_COPIES = 20_000  # of gates in definitions, 0.05 ms each
_MAX_COPIES = 5 * MAX_GATES  # over 20 s, and some limit on time applies before that
_SMALL_BITS = 10_000  # a declaration with fewer digits than this has fewer
_LARGE_SIZE = re.compile(r"\[[^\];]*[0-9]{5}")
_MAX_DIGITS = 60  # of a number worth reading
_DEEPEST = 250  # levels of definitions: at fewer the importer runs out of stack
_FEW_CONTROLS = 24  # from here on they are counted; below, the importer's message is better

_COMMENT = re.compile(r"//[^\r\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_NUMBER = r"(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|[0-9][0-9_]*)"
_TOKEN = re.compile(
    rf"\"[^\"\r\n]*\"|'[^'\r\n]*'|\$[0-9]+|[0-9][0-9_]*\.[0-9eE_]*|\.[0-9][0-9_]*|{_NUMBER}"
    r"|[^\W\d]\w*|[^\s]"
)
_LITERAL = re.compile(_NUMBER)
_OTHER_LANGUAGES = frozenset({"pragma", "cal", "defcal", "defcalgrammar", "#"})
_RUNNING = frozenset({"measure", "reset", "if", "while", "for", "switch", "def", "extern"})
_MODIFIERS = frozenset({"inv", "pow", "ctrl", "negctrl"})


def too_many_qubits(n_qubits: int, max_qubits: int) -> CircuitError:
    """The verdict on a circuit with more than `max_qubits` qubits."""
    return CircuitError.over(
        "qubits",
        f"the circuit has {n_qubits:,} qubits; exact simulation stops at {max_qubits}.",
        "Use one qubit per variable of the problem.",
    )


def precheck(
    text: str,
    *,
    max_gates: int = MAX_GATES,
    max_qubits: int | None = None,
) -> None:
    """Refuse a program that asks for too much, before the reference importer reads it.

    Args:
        max_gates: limit on gates after unrolling.
        max_qubits: limit on qubits; None: what the importer can hold.

    Raises:
        CircuitError: kind `limit` (`qubits`, `memory`, `gates`), or `semantic` for a gate with more
            controls than operands.
    """
    scan = _scan(text)
    if scan is None:
        return
    fault = scan.impossible
    if fault is None:
        fault = _oversized(scan, max_gates, max_qubits)
        if fault is None:
            return
        if scan.readable and len(text) <= _READABLE_CHARACTERS:
            return
    raise fault


def is_surely_small(text: str) -> bool:
    """Whether it is plain that `precheck` refuses nothing in a flat program."""
    return (
        len(text) <= _READABLE_CHARACTERS
        and "{" not in text
        and text.count("bit") * _SMALL_BITS <= _READABLE_BITS
        and _LARGE_SIZE.search(text) is None
    )


def _oversized(scan: _Scan, max_gates: int, max_qubits: int | None) -> CircuitError | None:
    if max_qubits is not None and scan.n_qubits > max_qubits:
        return too_many_qubits(scan.n_qubits, max_qubits)
    if scan.n_qubits > MAX_BITS:
        message = f"the program declares {scan.n_qubits:,} qubits; the limit is {MAX_BITS:,}."
        return CircuitError.over("qubits", message, "Declare fewer.")
    if scan.n_bits > MAX_BITS:
        return CircuitError.over(
            "memory",
            f"the program declares {scan.n_bits:,} classical bits; the limit is {MAX_BITS:,}.",
            "Declare as many bits as there are qubits to measure.",
        )
    if scan.copies > _MAX_COPIES or scan.gates > (MAX_STEPS if scan.running else max_gates):
        return too_many_gates(max_gates)
    return None


class _Basis(NamedTuple):
    """Gates of a definition once the importer has rewritten them to put a control on each."""

    x: int = 0
    cx: int = 0
    single: int = 0

    def plus(self, other: _Basis) -> _Basis:
        return _Basis(self.x + other.x, self.cx + other.cx, self.single + other.single)

    def controlled(self) -> _Basis:
        """A controlled cx becomes 6 cx and 9 single-qubit gates, a controlled single-qubit gate 2
        and 3; so each level of controls has nine times the gates of the one before.
        """
        return _Basis(0, self.x + 6 * self.cx + 2 * self.single, 9 * self.cx + 3 * self.single)


_LAST_CONTROL = 10  # the last level of controls is not rewritten, so there are fewer by about this


@dataclass
class _Definition:
    """A gate definition.

    Attributes:
        gates: that one use of it is unrolled to, at least.
        copies: gates and definitions that the importer copies at each use, at least.
        depth: levels of definitions in it.
        basis: an estimate of what controls on it would be put on.
    """

    n_qubits: int
    gates: int = 0
    copies: int = 1
    depth: int = 1
    basis: _Basis = field(default_factory=_Basis)


@dataclass
class _Scan:
    """What a program asks for; every count is a lower bound, should the importer accept it.

    Attributes:
        copies: gates of definitions that the importer copies, used or not.
        gates: applied outside all blocks.
        running: whether it may depend on values known only while running.
        impossible: the verdict on a statement that the importer cannot get past.
    """

    declared_qubits: int = 0
    hardware_qubits: int = 0
    n_bits: int = 0
    gates: int = 0
    copies: int = 0
    running: bool = False
    impossible: CircuitError | None = None
    definitions: dict[str, _Definition] = field(default_factory=dict)

    @property
    def n_qubits(self) -> int:
        return max(self.declared_qubits, self.hardware_qubits)

    @property
    def readable(self) -> bool:
        """Whether the importer copes with it in about a second, apart from the text's length."""
        return (
            self.n_qubits + self.n_bits <= _READABLE_BITS
            and self.copies <= _READABLE_COPIES
            and self.gates <= MAX_GATES
        )

    def declare(self, kind: str, size: int) -> None:
        if kind in {"qubit", "qreg"}:
            self.declared_qubits += size
        else:
            self.n_bits += size

    def use(self, call: _Call, into: _Definition | None, *, outside: bool) -> None:
        """Count a gate application, in a definition, in a block or outside."""
        if call.n_operands and call.controls > max(call.n_operands, _FEW_CONTROLS):
            self.impossible = self.impossible or CircuitError(
                f"'{call.name}' has {call.controls:,} controls but acts on {call.n_operands} "
                "qubits.",
                kind="semantic",
                hint="Name the control qubits before the gate's own.",
            )
        definition = self.definitions.get(call.name)
        if definition is not None and definition.depth > _DEEPEST:
            return  # which the importer refuses by itself
        if definition is None:
            gates, copies = int(call.name in GATES), 1
        else:
            gates, copies = definition.gates, definition.copies
            self.copies += copies
            if call.fractional and definition.n_qubits > MAX_POWER_QUBITS:
                self.impossible = self.impossible or CircuitError(
                    f"a fractional power of '{call.name}' needs a matrix on "
                    f"{definition.n_qubits} qubits; the limit is {MAX_POWER_QUBITS}.",
                    kind="limit",
                    limit="gates",
                    hint="Write the gates of the power out.",
                )
        if call.powered:  # the importer makes a matrix of it, which is copied as one gate
            copies, basis = 1, _Basis()
        else:
            basis = _standard_basis(call) if definition is None else definition.basis
        if call.controls:
            basis = basis.controlled()
            rewritten = sum(basis) // _LAST_CONTROL
            copies = max(copies, rewritten)
            self.copies += rewritten if definition is not None else 0
        if call.rewritten:
            gates = 0
        if into is not None:
            into.gates += gates
            into.copies += copies
            into.depth = max(into.depth, 1 + (0 if definition is None else definition.depth))
            into.basis = into.basis.plus(basis)
        elif outside:
            self.gates += gates


def _standard_basis(call: _Call) -> _Basis:
    if call.name == "x":
        return _Basis(x=1)
    spec = GATES.get(call.name)
    if spec is None or call.name == "id":
        return _Basis()
    return _Basis(cx=1) if spec.n_qubits > 1 else _Basis(single=1)


@dataclass
class _Call:
    """A gate application.

    Attributes:
        controls: that its modifiers add, at least.
        fractional: its innermost modifier is a power that is not an integer.
        rewritten: its modifiers change how many gates it stands for.
        powered: a power is among its modifiers.
    """

    name: str
    n_operands: int
    controls: int
    fractional: bool
    rewritten: bool
    powered: bool


def _scan(text: str) -> _Scan | None:
    """Lower bounds of what the program asks for; None for texts that the scan does not follow."""
    if "/" in text:
        text = _COMMENT.sub(" ", text)
    tokens = _TOKEN.findall(text)
    words = set(tokens)
    if not _OTHER_LANGUAGES.isdisjoint(words):
        return None
    scan = _Scan(running=not _RUNNING.isdisjoint(words))
    scan.hardware_qubits = max(
        (_number(word[1:]) + 1 for word in words if word[0] == "$" and len(word) > 1), default=0
    )
    into: _Definition | None = None
    name = ""
    depth = 0
    for statement, end in _statements(tokens):
        if statement[:1] == ["@"]:
            return None  # an annotation, which ends with its line
        if end == "{":
            if depth == 0 and len(statement) > 2 and statement[0] == "gate":
                name, into = statement[1], _Definition(_operands(statement, "gate"))
            depth += 1
            continue
        if statement and end == ";":
            declared = _declaration(statement)
            if declared is not None and depth == 0:
                scan.declare(*declared)
            elif declared is None and (call := _call(statement)) is not None:
                scan.use(call, into, outside=depth == 0)
        if end == "}":
            depth -= 1
            if depth < 0:
                return None
            if depth == 0 and into is not None:
                scan.definitions.setdefault(name, into)
                into = None
    return scan


def _statements(tokens: list[str]) -> Iterator[tuple[list[str], str]]:
    """The tokens up to each `;`, `{` or `}`, and which of them it was."""
    start = 0
    for position, token in enumerate(tokens):
        if token in {";", "{", "}"}:
            yield tokens[start:position], token
            start = position + 1


def _number(text: str) -> int:
    """Value of an integer literal; astronomic ones are cut, which keeps the bound a bound."""
    digits = text.replace("_", "")
    if len(digits) > _MAX_DIGITS:
        return 10**18
    try:
        return int(digits, 0)
    except ValueError:  # leading zeros, or a prefix without digits
        return int(digits) if digits.isdecimal() else 1


def _declaration(statement: list[str]) -> tuple[str, int] | None:
    """Kind and size of a declaration of bits; sizes that are not literals count as 1."""
    kind = statement[0]
    if kind not in {"qubit", "bit", "qreg", "creg"}:
        return None
    place = 1 if kind in {"qubit", "bit"} else 2
    size = statement[place : place + 3]
    if len(size) == 3 and size[0] == "[" and size[2] == "]" and _LITERAL.fullmatch(size[1]):
        return kind, _number(size[1])
    return kind, 1


def _call(statement: list[str]) -> _Call | None:
    """The gate application that a statement is, if it looks like one."""
    controls, fractional, rewritten, powered = 0, False, False, False
    position = 0
    while position < len(statement) and statement[position] in _MODIFIERS:
        modifier = statement[position]
        argument: list[str] = []
        position += 1
        if statement[position : position + 1] == ["("]:
            closed = _closing(statement, position)
            argument = statement[position + 1 : closed]
            position = closed + 1
        if statement[position : position + 1] != ["@"]:
            return None
        position += 1
        rewritten = rewritten or modifier != "inv"
        powered = powered or modifier == "pow"
        fractional = modifier == "pow" and _is_fraction(argument)
        if modifier in {"ctrl", "negctrl"}:
            literal = len(argument) == 1 and _LITERAL.fullmatch(argument[0])
            controls += _number(argument[0]) if literal else 1
    if position >= len(statement) or not (statement[position][0].isalpha()):
        return None
    name = statement[position]
    operands = _operands(statement[position:], name)
    return _Call(name, operands, controls, fractional, rewritten, powered)


def _is_fraction(argument: list[str]) -> bool:
    """Whether an exponent is a literal with a fractional part."""
    words = [word for word in argument if word not in {"-", "+"}]
    if len(words) != 1 or "." not in words[0]:
        return False
    try:
        return not float(words[0].replace("_", "")).is_integer()
    except ValueError:
        return False


def _closing(statement: list[str], opened: int) -> int:
    """Position of the bracket that closes the one at `opened`; the end where none does."""
    depth = 0
    for position in range(opened, len(statement)):
        depth += (statement[position] == "(") - (statement[position] == ")")
        if depth == 0:
            return position
    return len(statement)


def _operands(statement: list[str], head: str) -> int:
    """Number of operands: of `name(..) a, b[1]`, or of the definition `gate name(..) a, b`."""
    position = 2 if head == "gate" else 1
    if statement[position : position + 1] == ["("]:
        position = _closing(statement, position) + 1
    depth = 0
    count = int(position < len(statement))
    for token in statement[position:]:
        if token in {"[", "("}:
            depth += 1
        elif token in {"]", ")"}:
            depth -= 1
        elif token == "," and depth == 0:
            count += 1
    return count
