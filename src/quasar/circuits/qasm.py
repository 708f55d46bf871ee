"""OpenQASM 3 text to circuit: a fast path for flat programs, the reference importer for the rest.

The verdict is that of `qiskit_qasm3_import.parse` on every input: the fast path only accepts what
the importer accepts (`qasm_flat.py`), and only refuses as the importer refuses (`refusal_flat.py`);
the importer decides the rest. On the version statement there are two rules (`header.py`): the
published one is the default.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from quasar.circuits.circuit import (
    MAX_GATES,
    Circuit,
    too_many_gates,
)
from quasar.circuits.header import BYTE_ORDER_MARK, VERSION, HeaderRule, header_fault, read_header
from quasar.circuits.measurement import (
    NO_MEASUREMENTS,
    SILENT,
    Answer,
    choose,
    measured_by,
)
from quasar.circuits.parameters import Values, bind_inputs, match_inputs, read_values
from quasar.circuits.precheck import is_surely_small, precheck
from quasar.circuits.qasm2 import is_openqasm_2, to_openqasm_3
from quasar.circuits.qasm_flat import read_flat
from quasar.circuits.refusal import explain
from quasar.circuits.refusal_flat import refuse_flat
from quasar.circuits.to_qiskit import DynamicCircuit, from_qiskit
from quasar.core.errors import CircuitError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit


@dataclass(eq=False)
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
        """The bits that answer a problem of `n_variables`; None: all that the program writes."""
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
    """Parse OpenQASM 3 text; where the header may be any of the language, also OpenQASM 2.

    Args:
        max_gates: limit on gates after unrolling loops and gate definitions.
        max_qubits: a program that plainly declares more is refused before the importer reads it;
            None: as many as `precheck` knows the importer to bear.
        on_accepted: called with the number of qubits once it is certain that the reference importer
            accepts, which may be long before the gates are unrolled. The header is not covered.
        parameters: values of the program's inputs.
        header: which rule the version statement has to keep; `language` also passes over a byte
            order mark, which is of the file and not of the program.

    Raises:
        InputError: a value that is not a finite number, or is for an input that is not declared.
        CircuitError: kind `syntax` or `semantic` where the header breaks the rule or the reference
            importer says no (with line and column where it tells them); kind `limit` or
            `parameter` for a program that it accepts but that cannot be simulated: too many gates,
            inputs without a value. Kind `limit` also for a program too large to be read at all (see
            `precheck`): `on_accepted` is then not called.
    """
    values = read_values(parameters) if parameters else {}
    accepted = on_accepted or _nobody
    if is_converted(text, header):
        return _parse_converted(text, max_gates, max_qubits, accepted, values)
    text, broken = _headed(text, header)
    program = _at_once(text, max_gates, max_qubits, accepted, values, broken)
    return program or _parse_reference(text, max_gates, accepted, values, broken)


def is_converted(text: str, header: HeaderRule) -> bool:
    """Whether this is OpenQASM 2 that is converted before it is read, as by the language alone."""
    return header == "language" and is_openqasm_2(text.removeprefix(BYTE_ORDER_MARK))


def _parse_converted(
    text: str,
    max_gates: int,
    max_qubits: int | None,
    accepted: Callable[[int], None],
    values: Mapping[str, float],
) -> Program:
    """OpenQASM 2; faults found behind the conversion have no place in the text."""
    made = to_openqasm_3(text.removeprefix(BYTE_ORDER_MARK))
    try:
        program = _at_once(made, max_gates, max_qubits, accepted, values, None)
        return program or _parse_reference(made, max_gates, accepted, values, None)
    except CircuitError as error:
        raise CircuitError(
            error.message, kind=error.kind, limit=error.limit, hint=error.hint
        ) from error


def parse_at_once(
    text: str,
    *,
    max_gates: int = MAX_GATES,
    max_qubits: int | None = None,
    parameters: Values | None = None,
    header: HeaderRule = "published",
) -> Program | None:
    """As `parse`, in time linear in the text; None where the reference importer has to decide."""
    values = read_values(parameters) if parameters else {}
    if is_converted(text, header):
        return None
    text, broken = _headed(text, header)
    return _at_once(text, max_gates, max_qubits, _nobody, values, broken)


def _nobody(n_qubits: int) -> None:
    """The default of `on_accepted`."""


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
    circuit = read_flat(text, max_gates)
    if not isinstance(circuit, Circuit):
        small = is_surely_small(text)
        if not small:
            precheck(text, max_gates=max_gates, max_qubits=max_qubits)
        refused = None if circuit is None else refuse_flat(text, circuit)
        if refused is not None:
            raise broken or refused
        if small:
            precheck(text, max_gates=max_gates, max_qubits=max_qubits)
        return None
    accepted(circuit.n_qubits)
    if values:
        match_inputs((), values)
    if broken is not None:
        raise broken
    if circuit.n_gates > max_gates:
        raise too_many_gates(max_gates)
    return Program(circuit.n_qubits, circuit, None, "fast")


def parses(text: str) -> bool:
    """Syntactic correctness as the paper counts it: `OPENQASM 3.0`, and the importer's verdict.

    Takes as long as the importer does, without any limit.
    """
    return VERSION in text and _accepted(text)


def parses_by_language(text: str) -> bool:
    """Whether it is a valid OpenQASM 3 program, with any minor version in its header.

    A text without a version statement is one, too; a byte order mark before it is passed over.
    Takes as long as the importer does, without any limit.
    """
    text = text.removeprefix(BYTE_ORDER_MARK)
    return read_header(text).language and _accepted(text)


def _accepted(text: str) -> bool:
    found = read_flat(text, 0)
    if isinstance(found, Circuit):
        return True
    if found is not None and refuse_flat(text, found) is not None:
        return False
    try:
        import_reference(text)
    except CircuitError:
        return False
    return True


def _parse_reference(
    text: str,
    max_gates: int,
    accepted: Callable[[int], None],
    values: Mapping[str, float],
    broken: CircuitError | None,
) -> Program:
    """Args: broken: the verdict on the header, which takes precedence over any other."""
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
        CircuitError: the importer's refusal, for any exception that it raises, with line and column
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
