"""What a caller may pass as a circuit: text, bytes, a file's path, a Qiskit circuit, or QPY.

Covers distinguishing these and turning them into OpenQASM text. Whether the text is a usable
circuit is decided by the parser, which also converts OpenQASM 2. Untrusted text, such as a model's
answer, must not come this way with `names_files` on: it would choose which file is read. Nor must
untrusted QPY: Qiskit's reader evaluates expressions of its older versions.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from quasar.circuits.parameters import match_inputs
from quasar.core.errors import InputError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

CircuitSource: TypeAlias = Union[str, bytes, "os.PathLike[str]", "QuantumCircuit"]

SUFFIXES = (".qasm", ".qasm2", ".qasm3", ".qpy")
"""Ends of circuit files' names."""

_LONGEST_NAME = 4096  # PATH_MAX
_TAKEN = "OpenQASM text or bytes, the path of a file (OpenQASM or QPY), or a Qiskit QuantumCircuit"
_QPY = b"QISKIT"
"""The first bytes of every QPY file."""
_NO_PROGRAM = frozenset(';{}\n\r\0"')
"""Characters of programs that are in no file name one would type."""
_ELSEWHERE = {
    "cirq": 'Convert it: circuit.to_qasm(version="3.0").',
    "pennylane": "Convert it: qiskit.qasm2.loads(pennylane.to_openqasm(circuit)()).",
    "braket": "Convert it: circuit.to_ir(IRType.OPENQASM).source.",
    "pytket": "Convert it: pytket.extensions.qiskit.tk_to_qiskit(circuit).",
    "pyquil": "Convert it to a Qiskit circuit or to OpenQASM 3 text.",
}
_EXPORTED = frozenset({"measure", "reset", "barrier", "delay", "store"})
"""Qiskit's instructions other than gates that its exporter writes."""
_DEPTH = 20  # of definitions unfolded


def circuit_text(
    source: CircuitSource,
    *,
    names_files: bool = True,
    what: str = "the circuit",
) -> str | bytes:
    """The program that a caller means, as text or as the bytes of its file.

    Args:
        source: see the module's header. With `names_files` a string is the name of a file where
            such a file exists, or where it ends like one and cannot be a program, and bytes may
            be QPY.
        what: what to call it in messages.

    Raises:
        InputError: nothing of this kind, a file that cannot be read, free parameters, a Qiskit
            circuit that OpenQASM 3 cannot state, or QPY of several circuits.
    """
    source = _opened(source, names_files, what)
    if isinstance(source, str):
        if not names_files:
            return source
        if _is_directory(source):
            raise InputError(f"{what} is the name of a directory, {source!r}: pass that of a file.")
        return source
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source)
    if _is_qiskit(source):
        return _from_qiskit(source, what)
    raise InputError(f"{what} must be {_TAKEN}, not {_described(source)}")


def bind_circuit(
    source: CircuitSource, values: Mapping[str, float], *, names_files: bool = False
) -> tuple[CircuitSource, Mapping[str, float]]:
    """A Qiskit circuit with its parameters set, and the values that are still to be given.

    Text keeps its inputs, and all values are still to be given. A Qiskit circuit, or one in a file
    of QPY, takes them here, by its own names: `v[1]` and such are not names in OpenQASM. With
    `names_files` a string may name such a file, and bytes may be its content.

    Raises:
        InputError: a value for a name that is none of the Qiskit circuit's parameters.
    """
    if values:
        source = _opened(source, names_files, "the circuit")
    if not values or not _is_qiskit(source):
        return source, values
    circuit: Any = source
    match_inputs((p.name for p in circuit.parameters), values)
    given = {p: values[p.name] for p in circuit.parameters if p.name in values}
    return circuit.assign_parameters(given), {}


def _opened(source: Any, names_files: bool, what: str) -> Any:
    """The content of a file that is named, and the Qiskit circuit that QPY holds; else the source.

    Raises:
        InputError: the file cannot be read, or QPY cannot.
    """
    trusted = names_files or isinstance(source, os.PathLike)
    if isinstance(source, os.PathLike) or (
        names_files and isinstance(source, str) and _names_file(source)
    ):
        source = read_circuit(Path(source))
    if trusted and isinstance(source, bytes | bytearray | memoryview):
        content = bytes(source)
        return _from_qpy(content, what) if content.startswith(_QPY) else content
    return source


def _from_qpy(content: bytes, what: str) -> Any:
    """The only circuit of a QPY file.

    Raises:
        InputError: Qiskit cannot read it, or it holds several.
    """
    from qiskit import qpy

    try:
        found = qpy.load(io.BytesIO(content))
    except Exception as error:  # a damaged file raises what the structures in it do
        said = str(getattr(error, "message", error)).partition("\n")[0].rstrip(".")
        raise InputError(
            f"{what} is QPY that Qiskit cannot read: {said or type(error).__name__}."
        ) from None
    if len(found) != 1:
        raise InputError(
            f"{what} is QPY of {len(found)} circuits: pass one of them, e.g. "
            "qpy.load(open(path, 'rb'))[0]."
        )
    return found[0]


def read_circuit(path: Path) -> bytes:
    """Content of a circuit file.

    Raises:
        InputError: missing or unreadable.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"no circuit file at {path}: check the path.") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error


def looks_like_file(text: str) -> bool:
    """Whether a text ends like the name of a circuit file and cannot be a program."""
    return text.lower().endswith(SUFFIXES) and _could_name(text)


def _names_file(text: str) -> bool:
    if not _could_name(text):
        return False
    try:
        return looks_like_file(text) or Path(text).is_file()
    except OSError:
        return False


def _is_directory(text: str) -> bool:
    try:
        return _could_name(text) and Path(text).is_dir()
    except OSError:
        return False


def _could_name(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_NAME and _NO_PROGRAM.isdisjoint(text)


def _is_qiskit(source: Any) -> bool:
    """Decided by name, so that Qiskit is not loaded where there is no such object."""
    return any(
        kind.__name__ == "QuantumCircuit" and kind.__module__.startswith("qiskit.")
        for kind in type(source).__mro__
    )


def _described(source: Any) -> str:
    kind = type(source)
    library = kind.__module__.partition(".")[0]
    if hasattr(source, "read"):
        return "an open file. Pass its name, or what its read() gives."
    name = "None" if source is None else f"{library}.{kind.__name__}"
    name = name.removeprefix("builtins.")
    return f"{name}. {_ELSEWHERE[library]}" if library in _ELSEWHERE else f"{name}."


def _from_qiskit(circuit: Any, what: str) -> str:
    free = sorted(p.name for p in circuit.parameters)
    if free:
        shown = ", ".join(free[:5]) + (", …" if len(free) > 5 else "")
        raise InputError(
            f"{what} has {len(free)} free parameter{'s' if len(free) > 1 else ''} ({shown}): give "
            "values by parameters= or circuit.assign_parameters(...), on the command line by --set "
            f"'{free[0]}=0.4'."
        )
    try:
        return exported(circuit)
    except CannotExportError as error:
        raise InputError(f"Qiskit cannot write {what} as OpenQASM 3: {error}") from error


class CannotExportError(Exception):
    """Qiskit's exporter refuses a circuit; the message is what it says."""


def exported(circuit: Any) -> str:
    """A Qiskit circuit as OpenQASM 3, qubit i as `q[i]`.

    Raises:
        CannotExportError: OpenQASM 3 cannot state it.
    """
    from qiskit import qasm3
    from qiskit.exceptions import QiskitError

    try:
        return str(qasm3.dumps(_unfolded(_on_one_register(circuit))))
    except (QiskitError, ValueError, TypeError, AttributeError, LookupError) as error:
        said = str(getattr(error, "message", error)).rstrip(".") or type(error).__name__
        raise CannotExportError(f"{said}.") from error


def _on_one_register(circuit: Any) -> Any:
    """The circuit with qubit i as q[i]: the exporter reorders loose qubits, and writes a compiled
    circuit's qubits as hardware qubits, idle ones left out.
    """
    from qiskit import QuantumCircuit, QuantumRegister

    registers = circuit.qregs
    plain = len(registers) == 1 and list(registers[0]) == circuit.qubits
    if plain and circuit.layout is None:
        return circuit
    flat = QuantumCircuit(QuantumRegister(circuit.num_qubits, "q"))
    flat.add_bits(circuit.clbits)
    for register in circuit.cregs:
        flat.add_register(register)
    return flat.compose(circuit, flat.qubits, flat.clbits)


def _unfolded(circuit: Any) -> Any:
    """The circuit with what the exporter refuses, such as `initialize`, replaced by its
    definition.
    """
    from qiskit.circuit import ControlFlowOp, Gate

    for _ in range(_DEPTH):
        refused = {
            operation.name
            for operation in (instruction.operation for instruction in circuit.data)
            if not isinstance(operation, Gate | ControlFlowOp)
            and operation.name not in _EXPORTED
            and getattr(operation, "definition", None) is not None
        }
        if not refused:
            break
        circuit = circuit.decompose(gates_to_decompose=list(refused))
    return circuit
