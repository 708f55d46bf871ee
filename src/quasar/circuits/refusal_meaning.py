"""Refusals of programs that are grammatical and mean nothing: names, numbers of operands, indices.

What the importer was at is read off its traceback (`_Trail`).
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from quasar.circuits.circuit import GATES, GateSpec
from quasar.circuits.refusal_syntax import SHOWN, character_name, line_of
from quasar.core.errors import CircuitError

if TYPE_CHECKING:
    from openqasm3.ast import QASMNode, QuantumGateDefinition

_BUILTIN_GATES = frozenset({"U", "gphase"})
_STDGATES = tuple(name for name in GATES if name not in _BUILTIN_GATES)
_INCLUDE = re.compile(r"""\binclude[ \t\r\n]*+["']stdgates\.inc["']""")
_OTHER_NAMES = {
    "cnot": "cx",
    "toffoli": "ccx",
    "ccnot": "ccx",
    "fredkin": "cswap",
    "i": "id",
    "u": "U",
    "cu1": "cp",
    "r1": "p",
    "hadamard": "h",
    "not": "x",
}
DIFFERENT_QUBITS = "Use different qubits for control and target."
SAME_SIZES = "Registers in one gate must have the same size, or be single qubits."
_DECIMAL_COMMA = re.compile(r"(?<![\w.])(\d+),(\d+)")
_UNSUPPORTED = {
    "ConstantDeclaration": ("'const' declarations", "Write the number itself where it is used."),
    "SubroutineDefinition": ("'def' subroutines", "Define a 'gate', or write the statements out."),
    "SwitchStatement": ("'switch' statements", "Write 'if (c == 1) { … }' for each case."),
    "ExternDeclaration": ("'extern' functions", "Write the number itself where it is used."),
    "ClassicalAssignment": ("assignments to variables", "Write the number itself."),
    "CalibrationStatement": ("calibrations", "Leave them out."),
    "CalibrationDefinition": ("calibrations", "Leave them out."),
    "CalibrationGrammarDeclaration": ("calibrations", "Leave them out."),
}


@dataclass
class _Trail:
    """What the importer was at when it gave up, read off its traceback.

    Attributes:
        statement: the innermost statement.
        node: the innermost part of the program.
        indexed: the innermost indexed register, and `collection`, the bits it has.
        in_angle: it was reading an angle.
        application: what it knew of the gate it was applying: `type` and `gate`.
        definition: the gate definition it was in.
        tables: the symbols that the whole program had declared so far.
    """

    statement: QASMNode | None = None
    node: QASMNode | None = None
    indexed: QASMNode | None = None
    collection: Any = None
    in_angle: bool = False
    definition: QuantumGateDefinition | None = None
    application: dict[str, Any] = field(default_factory=dict)
    tables: Any = None


def _trail(error: BaseException) -> _Trail:
    from openqasm3 import ast

    trail = _Trail()
    # Read off the traceback: a visitor of our own would take stack that the importer may need.
    trace = error.__traceback__
    while trace is not None:
        known = trace.tb_frame.f_locals
        name = trace.tb_frame.f_code.co_name
        node = known.get("node", known.get("base"))
        if isinstance(node, ast.QASMNode):
            trail.node = node
            if isinstance(node, ast.Statement) and node.span is not None:
                trail.statement = node
                trail.application, trail.in_angle = {}, False
            if isinstance(node, ast.IndexedIdentifier | ast.IndexExpression):
                trail.indexed = node
            elif isinstance(node, ast.QuantumGateDefinition):
                trail.definition = node
        if name == "visit_QuantumGate":
            trail.application = {"symbol": known.get("gate_symbol"), "gate": known.get("gate")}
        elif name == "_resolve_angle":
            trail.in_angle = True
        elif name == "_index_collection":
            trail.collection = known.get("collection")
        trail.tables = getattr(known.get("context"), "symbol_table", trail.tables)
        trace = trace.tb_next
    return trail


def meaning_refusal(error: Exception, text: str) -> CircuitError:
    """The verdict that any exception of the importer but its parser's amounts to."""
    from qiskit_qasm3_import.exceptions import ConversionError

    trail = _trail(error)
    line, column = _start(trail.statement, text)
    message = error.message if isinstance(error, ConversionError) else str(error)
    located = re.match(r"(\d+),(\d+): (.*)", message, re.DOTALL)
    if located:
        line, column, message = int(located[1]), int(located[2]) + 1, located[3]
        if trail.node is not None:
            line, column = _start(trail.node, text)
    message = re.sub(r"""^(["'])(.*)\1$""", r"\2", message.strip(), flags=re.DOTALL)
    hint: str | None
    counted = _wrong_count(trail, text)
    if counted is not None:
        message, hint = counted
    elif trail.indexed is not None and trail.collection is not None:
        line, column = _start(trail.indexed, text)
        message, hint = _bad_index(message, trail, _source(trail.indexed, text))
    else:
        message, hint = _reworded(message, trail, text)
    message = message or type(error).__name__
    return CircuitError(
        message if message.endswith(".") else f"{message}.", line=line, column=column, hint=hint
    )


def _start(node: QASMNode | None, text: str) -> tuple[int | None, int | None]:
    """Line and column, from 1."""
    if node is None or node.span is None:
        return None, None
    line, column = node.span.start_line, node.span.start_column
    name = getattr(node, "name", None)
    return line, name_column(text, line, column, name) if isinstance(name, str) else column + 1


def name_column(text: str, line: int, column: int, name: str) -> int:
    """Column, from 1, of a lone name; the importer gives its offset in the text instead."""
    misplaced = not line_of(text, line).startswith(name, column)
    if misplaced and text.startswith(name, column):
        column -= text.rfind("\n", 0, column) + 1
    return column + 1


def _source(node: QASMNode, text: str) -> str:
    """The text of a node that ends on one bracket; cut where it is long."""
    span = node.span
    if span is None or span.start_line != span.end_line:
        return quoted("\n")
    return quoted(line_of(text, span.start_line)[span.start_column : span.end_column + 1])


def quoted(index: str) -> str:
    """An indexed register as a message shows it."""
    if "\n" in index:
        return "the index"
    return index if len(index) <= SHOWN else index[: SHOWN - 1] + "…"


def _wrong_count(trail: _Trail, text: str) -> tuple[str, str] | None:
    """Message and hint where a gate got other numbers of angles or qubits than it takes."""
    from openqasm3 import ast

    node = trail.node
    kind: Any = getattr(trail.application.get("symbol"), "type", None)
    if not isinstance(node, ast.QuantumGate) or type(kind).__name__ != "Gate":
        return None
    name = node.name.name
    gate = trail.application.get("gate")
    # The builtin is the one whose arguments the importer lists.
    takes = GATES[name] if name == "U" else GateSpec(kind.n_classical, kind.n_quantum)
    if gate is not None:
        takes = GateSpec(takes.n_params, gate.num_qubits)
    written = line_of(text, node.span.start_line)[node.span.start_column :] if node.span else ""
    given = (len(node.arguments), None if gate is None else len(node.qubits))
    return wrong_count(name, takes, given, written, modified=bool(node.modifiers))


def wrong_count(
    name: str,
    takes: GateSpec,
    given: tuple[int, int | None],
    written: str,
    *,
    modified: bool = False,
) -> tuple[str, str] | None:
    """Message and hint where a gate got other numbers of angles or qubits than it takes.

    Args:
        given: angles, and qubits unless the importer did not come to them.
        written: the line from the gate on.
        modified: whether it has modifiers.
    """
    n_angles, n_qubits = takes
    angles = ", ".join(f"angle{i}" for i in range(1, n_angles + 1)) if n_angles > 1 else "angle"
    qubits = ", ".join(f"q[{i}]" for i in range(min(n_qubits, 5)))
    usage = f"{name}({angles}) {qubits};" if n_angles else f"{name} {qubits};"
    hint = None if modified or n_qubits > 5 else f"Write it as '{usage}'."
    comma = _DECIMAL_COMMA.search(written) if given[0] > n_angles else None
    if comma is not None:
        point = f"Write a decimal point, not a comma: {comma[1]}.{comma[2]}."
        hint = point if hint is None else f"{point} {hint}"
    if given[0] != n_angles:
        return (
            f"gate {name!r} takes {_counted(n_angles, 'angle')}, not {given[0]}",
            hint or f"Give {_counted(n_angles, 'angle')}.",
        )
    if given[1] is not None and given[1] != n_qubits:
        whole = "with its controls " if modified else ""
        return (
            f"gate {name!r} {whole}takes {_counted(n_qubits, 'qubit')}, not {given[1]}",
            hint or f"Give {_counted(n_qubits, 'qubit')}.",
        )
    return None


def _counted(count: int, what: str) -> str:
    return f"no {what}s" if count == 0 else f"{count} {what}{'' if count == 1 else 's'}"


def _bad_index(message: str, trail: _Trail, source: str) -> tuple[str, str | None]:
    """Message and hint on an index that a register does not have, or that is none."""
    name = source.rpartition("[")[0].strip()
    if "only indexing" in message:
        single = re.search(r"not '(qubit|bit)'", message)
        if single is None:
            return message, None
        declared = trail.definition is None and name.isidentifier()
        other = f", or declare '{single[1]}[n] {name};'" if declared else ""
        return (
            f"{source}: '{name}' is a single {single[1]} and has no index",
            f"Write '{name}' alone{other}.",
        )
    written = source.partition("[")[2].rstrip("] ")
    numeric = re.fullmatch(r"[\s\d…-]+", written) is not None
    if "index must be int" in message and not numeric:
        return (
            f"{source}: the importer cannot index by a loop variable or other symbol",
            "Write the statements out, one for each index.",
        )
    size = len(trail.collection)
    quantum = "Qubit" in type(next(iter(trail.collection), None)).__name__
    out, hint = out_of_range(source, size, quantum=quantum)
    return (out if "range" in message or numeric else message), hint


def out_of_range(source: str, size: int, *, quantum: bool) -> tuple[str, str | None]:
    """Message and hint on an index that a register does not have; `source` is as `quoted`."""
    name = source.rpartition("[")[0].strip()
    has = _counted(size, "qubit" if quantum else "bit")
    hint = f"Indices run from 0 to {size - 1}." if size else None
    return f"{source} is out of range: '{name}' has {has}", hint


def _reworded(message: str, trail: _Trail, text: str) -> tuple[str, str | None]:
    """Message and hint by the importer's message."""
    if found := re.search(r"gate '(.*)' is not defined", message, re.DOTALL):
        return _undefined_gate(found[1], trail, text)
    if found := re.search(r"Undefined symbol '(.*)'", message, re.DOTALL):
        return _undefined_name(found[1], trail)
    if "non-stdgates imports" in message:
        return _unknown_include(trail)
    if found := re.search(r"Symbol '(.*)' already inserted", message, re.DOTALL):
        kind = "declared already"
        if found[1] in _BUILTIN_GATES:
            kind = "a gate of the language"
        elif found[1] in _STDGATES and _defines_stdgates(trail):
            kind = "a gate of stdgates.inc"
        return f"the name '{found[1]}' is {kind}", "Choose another name."
    if "already exists" in message:
        return message, "Choose another name."
    if "duplicate" in message and "argument" in message:
        return message, DIFFERENT_QUBITS
    if "is not visible in the scope of a gate" in message:
        return message, f"The gate's own qubits are: {', '.join(_declared(trail)[:8])}."
    if found := re.search(r"node of type (\w+) is not supported", message):
        what, hint = _UNSUPPORTED.get(found[1], (None, None))
        return (f"{what} are not supported" if what else message), hint
    if message == "type error":
        return (
            "this calculation with an angle's name is not supported",
            "Add angles, and multiply or divide them by numbers only; or write numbers.",
        )
    if "'FunctionCall' cannot be resolved" in message:
        return "functions in angles are not supported", "Write the number that it gives."
    if "Name conflict" in message:
        return "two inputs or angles have the same name", "Rename one of them."
    if message == "register size error":
        return _unlike_sizes(trail), "Measure a register into bits of the same size."
    if "mismatched lengths" in message:
        return message, SAME_SIZES
    if "declarations of type" in message or "IODeclaration" in message:
        return message, "Write angles as numbers; only 'bit' and 'qubit' can be declared."
    return message, None


def _unlike_sizes(trail: _Trail) -> str:
    """What is measured into what."""
    node: Any = trail.statement
    names = [
        getattr(part, "name", None)
        for part in (
            getattr(getattr(node, "measure", None), "qubit", None),
            getattr(node, "target", None),
        )
    ]
    sizes = [_size(trail, name) for name in names if isinstance(name, str)]
    if len(sizes) < 2 or None in sizes:
        return "what is measured and the bits for it differ in size"
    of_qubits, of_bits = sizes[0] or 0, sizes[1] or 0
    return (
        f"'{names[0]}' has {_counted(of_qubits, 'qubit')}, "
        f"'{names[1]}' has {_counted(of_bits, 'bit')}"
    )


def _size(trail: _Trail, name: str) -> int | None:
    """Elements of a register; None where it is not known."""
    if trail.tables is None:
        return None
    for layer in map(trail.tables.__getitem__, range(len(trail.tables))):
        if name in layer.symbols:
            size = getattr(layer.symbols[name].type, "size", None)
            return size if isinstance(size, int) else None
    return None


def _undefined_gate(name: str, trail: _Trail, text: str) -> tuple[str, str]:
    if trail.definition is not None and trail.definition.name.name == name:
        return f"gate '{name}' calls itself", "A gate is made of gates that are defined before it."
    if _defines_stdgates(trail):
        return undefined_gate(name)
    message = f"gate '{name}' is not defined"
    if name in _STDGATES:
        if _INCLUDE.search(text):
            return message, "Move 'include \"stdgates.inc\";' before its first use."
        return (
            f"{message}: 'include \"stdgates.inc\";' is missing",
            "Write 'include \"stdgates.inc\";' after the version line.",
        )
    return message, (
        f"{_strange_letters(name)}{_did_you_mean(name, _STDGATES)}The text does not include the "
        "standard gates: write 'include \"stdgates.inc\";' after the version line."
    )


def undefined_gate(name: str) -> tuple[str, str]:
    """Message and hint on a gate that is not defined, in a program that has the standard ones."""
    return f"gate '{name}' is not defined", (
        f"{_strange_letters(name)}{_did_you_mean(name, _STDGATES)}The gates of stdgates.inc are: "
        f"{', '.join(GATES)}; define any other before its first use."
    )


def _did_you_mean(name: str, known: tuple[str, ...]) -> str:
    plain = unicodedata.normalize("NFKC", name)
    lower = plain.lower()
    other = _OTHER_NAMES.get(lower)
    if other is None and lower in known:
        other = lower
    if other is None:
        close = difflib.get_close_matches(plain[:SHOWN], known, n=1, cutoff=0.6)
        other = close[0] if close else None
    return "" if other is None or other == name else f"Did you mean '{other}'? "


def _strange_letters(name: str) -> str:
    strange = next((c for c in name if not c.isascii()), None)
    return "" if strange is None else f"'{strange}' is {character_name(strange)}. "


def _undefined_name(name: str, trail: _Trail) -> tuple[str, str]:
    if trail.in_angle:
        message = f"Undefined symbol '{name}' in an angle"
        known = [] if trail.definition is None else [p.name for p in trail.definition.arguments]
        own = f"The gate's own angles are: {', '.join(known[:8])}." if known else ""
        return message, _strange_letters(name) + (own or "Write angles as numbers, or with pi.")
    own = "The gate's own qubits are" if trail.definition is not None else "Declared are"
    return undefined_register(name, _declared(trail), own)


def undefined_register(
    name: str, declared: list[str], listed_as: str = "Declared are"
) -> tuple[str, str]:
    """Message and hint on an operand that is not declared; `declared` are those that are."""
    hint = _strange_letters(name)
    close = difflib.get_close_matches(name[:SHOWN], declared, n=1, cutoff=0.5)
    if close:
        hint += f"Did you mean '{close[0]}'? "
    if declared:
        listed = ", ".join(declared[:8]) + (", …" if len(declared) > 8 else "")
        hint += f"{listed_as}: {listed}."
    else:
        hint += f"Declare it first, as in 'qubit[3] {name[:SHOWN]};'."
    return f"Undefined symbol '{name}': no register of that name is declared", hint


def _declared(trail: _Trail) -> list[str]:
    """Names of qubits, bits and registers that may be used where the importer was."""
    if trail.definition is not None:
        return [qubit.name for qubit in trail.definition.qubits]
    if trail.tables is None:
        return []
    kinds = {"Qubit", "QubitArray", "Bit", "BitArray"}
    return [
        name
        for layer in map(trail.tables.__getitem__, range(len(trail.tables)))
        for name, symbol in layer.symbols.items()
        if type(symbol.type).__name__ in kinds
    ]


def _defines_stdgates(trail: _Trail) -> bool:
    return trail.tables is not None and "cswap" in trail.tables


def _unknown_include(trail: _Trail) -> tuple[str, str]:
    name = str(getattr(trail.node, "filename", ""))[:SHOWN]
    if name == "qelib1.inc":
        return (
            "'qelib1.inc' is the gate library of OpenQASM 2",
            "Write 'include \"stdgates.inc\";' in its place.",
        )
    return (
        f"{name!r} cannot be included",
        "Only 'include \"stdgates.inc\";' is understood; define other gates in the text.",
    )
