"""Stage 1: does the text parse, and can it be simulated within the limits?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import BaseModel

from quasar.circuits.qasm import Program, parse
from quasar.core.errors import CircuitError
from quasar.simulate.engine import Engine
from quasar.simulate.outcome import Outcome, run
from quasar.verifier.settings import Limits


class Fault(BaseModel):
    """Why a circuit is infeasible, for people and models to act on."""

    kind: str
    """`syntax`, `semantic`, `limit`, `parameter`, `numeric`, `unsimulable` or `qubits`."""
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

    def __str__(self) -> str:
        return str(
            CircuitError(
                self.message, kind=self.kind, line=self.line, column=self.column, hint=self.hint
            )
        )


class Feasibility(BaseModel):
    """Raw result of stage 1."""

    parses: bool
    """The reference importer accepts the text (the paper's syntactic correctness)."""
    simulable: bool
    """It also ran within the limits."""
    n_qubits: int | None = None
    """Qubits declared, None if it does not parse."""
    dynamic: bool = False
    """Mid-circuit measurement, reset or branches: simulated as an exact mixture."""
    fault: Fault | None = None
    """What is wrong, if anything."""


@dataclass(frozen=True, eq=False)
class Execution:
    """What later stages build on."""

    program: Program
    outcome: Outcome


def too_long(text: str | bytes, limits: Limits) -> Fault | None:
    """The verdict on a text over the limit; bytes only where no reading as UTF-8 can be under."""
    least = len(text) if isinstance(text, str) else len(text) // 4
    if least <= limits.max_characters:
        return None
    unit = "characters" if isinstance(text, str) else "bytes"
    return Fault(
        kind="limit",
        limit="characters",
        message=f"the text has {len(text):,} {unit}; the limit is "
        f"{limits.max_characters:,} characters.",
        hint="Write a shorter circuit.",
    )


def _decoded(raw: bytes) -> tuple[str, Fault | None]:
    try:
        return raw.decode("utf-8"), None
    except UnicodeDecodeError as error:
        return "", Fault(
            kind="syntax",
            message=f"the text is not UTF-8 (byte {error.start}).",
            line=raw.count(b"\n", 0, error.start) + 1,
            hint="Save it as UTF-8.",
        )


def measure(
    text: str | bytes,
    engine: Engine,
    limits: Limits,
    on_parsed: Callable[[int], None] | None = None,
) -> tuple[Feasibility, Execution | None]:
    """Parse and simulate; a bad circuit is a result, not an exception.

    Args:
        on_parsed: told the number of qubits once the text has parsed, before it is simulated.
    """
    fault = too_long(text, limits)
    if fault is None and isinstance(text, bytes):
        text, fault = _decoded(text)
        fault = fault or too_long(text, limits)
    if fault is not None or isinstance(text, bytes):
        return Feasibility(parses=False, simulable=False, fault=fault), None
    n_qubits: int | None = None

    def accepted(n: int) -> None:
        nonlocal n_qubits
        n_qubits = n
        if on_parsed is not None:
            on_parsed(n)

    try:
        program = parse(
            text,
            max_gates=limits.max_gates,
            max_qubits=limits.max_qubits,
            on_accepted=accepted,
        )
        outcome = run(program, engine, max_qubits=limits.max_qubits)
    except CircuitError as error:
        parsed = n_qubits is not None
        stage = Feasibility(
            parses=parsed, simulable=False, n_qubits=n_qubits, fault=Fault.from_error(error)
        )
        return stage, None
    return (
        Feasibility(
            parses=True,
            simulable=True,
            n_qubits=program.n_qubits,
            dynamic=program.circuit is None,
        ),
        Execution(program, outcome),
    )
