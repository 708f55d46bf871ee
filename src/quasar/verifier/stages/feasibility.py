"""Stage 1: does the text parse, and can it be simulated within the limits?"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from quasar.circuits.header import BYTE_ORDER_MARK, HeaderRule, read_header
from quasar.circuits.parameters import Values
from quasar.circuits.qasm import Program, is_converted, parse
from quasar.core.documented import Documented
from quasar.core.errors import CircuitError
from quasar.simulate.engine import Engine, FloatVector, Outcome, Readout
from quasar.verifier.settings import Limits, VerifierSettings


class Fault(Documented):
    """Why a circuit is infeasible, for people and models to act on."""

    kind: str
    """`syntax`, `semantic`, `limit`, `parameter`, `numeric`, `unsimulable`,
    `measurement` or `qubits`."""
    limit: str | None = None
    """For kind `limit`, which one: `characters`, `nesting`, `gates`, `qubits`, `outcomes`,
    `steps`, `time` or `memory`."""
    message: str
    """What is wrong."""
    line: int | None = None
    """1-based line of the text, if known."""
    column: int | None = None
    """1-based column, if known."""
    hint: str | None = None
    """What to write instead, if known."""

    @classmethod
    def from_error(cls, error: CircuitError) -> Fault:
        """The verdict as data."""
        return cls(
            kind=error.kind,
            limit=error.limit,
            # Messages quote the text, which may hold what no UTF-8 can: lone surrogates.
            message=error.message.encode("utf-8", "replace").decode(),
            line=error.line,
            column=error.column,
            hint=error.hint,
        )

    @classmethod
    def over(cls, limit: str, message: str, hint: str) -> Fault:
        """The verdict on a circuit over a limit."""
        return cls.from_error(CircuitError.over(limit, message, hint))

    def __str__(self) -> str:
        return str(
            CircuitError(
                self.message, kind=self.kind, line=self.line, column=self.column, hint=self.hint
            )
        )


class Feasibility(Documented):
    """Raw result of stage 1."""

    parses: bool
    """The text contains `OPENQASM 3.0` and the reference importer accepts it: the paper's syntactic
    correctness, regardless of `VerifierSettings.header`."""
    parses_by_language: bool = False
    """It is a valid OpenQASM 3 program, with any minor version in its header."""
    header: str | None = None
    """Its version statement as written, None where there is none."""
    converted: bool = False
    """It is OpenQASM 2, and what is judged is its conversion to OpenQASM 3 by Qiskit."""
    simulable: bool
    """Its header satisfies the chosen rule, and it ran within the limits."""
    n_qubits: int | None = None
    """Qubits declared, None if it does not parse."""
    dynamic: bool = False
    """Mid-circuit measurement, reset or branches: simulated as an exact mixture."""
    fault: Fault | None = None
    """What is wrong, if anything."""


@dataclass(eq=False)
class Execution:
    """What later stages build on."""

    program: Program
    outcome: Outcome

    @cached_property
    def distribution(self) -> FloatVector:
        """Of the answer's w bits, shape [2**w]."""
        return self.outcome.distribution()


_OTHER_ENCODINGS = {  # of the marks with the same beginning, the longer ones first
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


def too_long(text: str | bytes, limits: Limits) -> Fault | None:
    """The verdict on a text over the limit; for bytes, only if no UTF-8 text of that size fits."""
    least = len(text) if isinstance(text, str) else len(text) // 4
    if least <= limits.max_characters:
        return None
    unit = "characters" if isinstance(text, str) else "bytes"
    return Fault.over(
        "characters",
        f"the text has {len(text):,} {unit}; the limit is {limits.max_characters:,} characters.",
        "Write a shorter circuit.",
    )


def _decoded(raw: bytes) -> tuple[str, Fault | None]:
    other = next((name for mark, name in _OTHER_ENCODINGS.items() if raw.startswith(mark)), None)
    if other is not None:
        message = f"the text is {other}, not UTF-8, as its byte order mark says."
        return "", Fault(kind="syntax", message=message, line=1, hint="Save it as UTF-8.")
    try:
        return raw.decode("utf-8"), None
    except UnicodeDecodeError as error:
        return "", Fault(
            kind="syntax",
            message=f"the text is not UTF-8 (byte {error.start}).",
            line=raw.count(b"\n", 0, error.start) + 1,
            hint="Save it as UTF-8.",
        )


@dataclass(frozen=True)
class Rules:
    """By which rules a text is read and run.

    Attributes:
        limits: what it may ask for.
        header: which rule the version statement must satisfy. By `language`, a byte order mark is
            not part of the text.
        n_variables: bits that the answer should have; None: as many as the program writes.
        all_qubits: every qubit is the answer, regardless of what the program measures.
        misfits: also simulate a circuit whose answer has another size than `n_variables`; where
            not, it is simulable all the same, but has no distribution.
        amplitudes: of the state are asked for.
    """

    limits: Limits
    header: HeaderRule = "published"
    n_variables: int | None = None
    all_qubits: bool = False
    misfits: bool = True
    amplitudes: bool = True

    @classmethod
    def of(cls, settings: VerifierSettings, n_variables: int) -> Rules:
        """Those of a verifier."""
        all_qubits = settings.measurement == "all-qubits"
        return cls(settings.limits, settings.header, n_variables, all_qubits)

    @cached_property
    def readout(self) -> Readout:
        """What the engine is asked for."""
        return Readout(
            self.n_variables,
            self.all_qubits,
            self.misfits,
            self.limits.max_qubits,
            self.amplitudes,
        )


def run_text(
    text: str | bytes,
    engine: Engine,
    rules: Rules,
    on_parsed: Callable[[int], None] | None = None,
    *,
    parameters: Values | None = None,
) -> tuple[Feasibility, Execution | None]:
    """Parse and simulate; a bad circuit is a result, not an exception.

    Args:
        on_parsed: called with the number of qubits once the importer has accepted the text, by
            either header rule, before it is simulated.
        parameters: values of the program's inputs.

    Raises:
        InputError: a parameter that the program does not declare, or that is not a finite number.
    """
    limits, header = rules.limits, rules.header
    fault = too_long(text, limits)
    if fault is None and isinstance(text, bytes):
        text, fault = _decoded(text)
        fault = fault or too_long(text, limits)
    if fault is not None or isinstance(text, bytes):
        return Feasibility(parses=False, simulable=False, fault=fault), None
    if header == "language":
        text = text.removeprefix(BYTE_ORDER_MARK)
    n_qubits: int | None = None

    def accepted(n: int) -> None:
        nonlocal n_qubits
        n_qubits = n
        if on_parsed is not None:
            on_parsed(n)

    found = read_header(text)
    converted = is_converted(text, header)
    try:
        program = parse(
            text,
            max_gates=limits.max_gates,
            max_qubits=limits.max_qubits,
            on_accepted=accepted,
            parameters=parameters,
            header=header,
        )
        outcome = engine.run(program, rules.readout)
    except CircuitError as error:
        parsed = n_qubits is not None
        stage = Feasibility.made(
            parses=parsed and found.published and not converted,
            parses_by_language=parsed and found.language and not converted,
            header=found.shown,
            converted=converted,
            simulable=False,
            n_qubits=n_qubits,
            fault=Fault.from_error(error),
        )
        return stage, None
    stage = Feasibility.whole(
        {
            "parses": found.published and not converted,
            "parses_by_language": found.language and not converted,
            "header": found.shown,
            "converted": converted,
            "simulable": True,
            "n_qubits": program.n_qubits,
            "dynamic": program.circuit is None,
            "fault": None,
        }
    )
    return stage, Execution(program, outcome)


def misfit(execution: Execution, n_variables: int) -> Fault | None:
    """The fault of an answer whose number of bits is not n, for n variables; None if it fits."""
    answer, n = execution.outcome.answer, n_variables
    if answer.width == n:
        return None
    if answer.bits is None:
        return Fault(
            kind="qubits",
            message=f"the circuit has {counted_qubits(answer.width)}, the problem has {n}.",
            hint=f"Declare exactly {n}: 'qubit[{n}] q;', one for each variable; or measure the {n} "
            f"that hold the answer into 'bit[{n}] c;'.",
        )
    bits = "classical bit" if answer.width == 1 else "classical bits"
    return Fault(
        kind="measurement",
        message=f"the program measures into {answer.width} {bits}, the problem has {n} variables.",
        hint=f"Measure one qubit for each variable: 'bit[{n}] c;' and "
        f"'c[i] = measure q[i];' for i = 0 to {n - 1}.",
    )


def counted_qubits(count: int) -> str:
    """`1 qubit`, `3 qubits`."""
    return f"{count} qubit{'' if count == 1 else 's'}"
