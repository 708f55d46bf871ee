"""Stage 1: does the text parse, and can it be simulated within the limits?"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel

from quasar.circuits.qasm import Program, parse
from quasar.core.errors import CircuitError
from quasar.simulate.engine import Engine
from quasar.simulate.outcome import Outcome, run
from quasar.verifier.settings import Limits

_NOT_PARSED = frozenset({"syntax", "semantic"})


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
            message=error.message,
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


def measure(
    text: str | bytes, engine: Engine, limits: Limits
) -> tuple[Feasibility, Execution | None]:
    """Parse and simulate; a bad circuit is a result, not an exception."""
    program: Program | None = None
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            fault = Fault(
                kind="syntax",
                message=f"the text is not UTF-8 (byte {error.start}).",
                line=text.count(b"\n", 0, error.start) + 1,
                hint="Save it as UTF-8.",
            )
            return Feasibility(parses=False, simulable=False, fault=fault), None
    if len(text) > limits.max_characters:
        fault = Fault(
            kind="limit",
            limit="characters",
            message=f"the text has {len(text):,} characters; the limit is "
            f"{limits.max_characters:,}.",
            hint="Write a shorter circuit.",
        )
        return Feasibility(parses=False, simulable=False, fault=fault), None
    try:
        program = parse(text, max_gates=limits.max_gates)
        outcome = run(program, engine, max_qubits=limits.max_qubits)
    except CircuitError as error:
        return (
            Feasibility(
                parses=program is not None or error.kind not in _NOT_PARSED,
                simulable=False,
                n_qubits=None if program is None else program.n_qubits,
                fault=Fault.from_error(error),
            ),
            None,
        )
    return (
        Feasibility(
            parses=True,
            simulable=True,
            n_qubits=program.n_qubits,
            dynamic=program.circuit is None,
        ),
        Execution(program, outcome),
    )
