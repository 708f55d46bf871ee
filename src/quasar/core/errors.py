"""Every error a user can meet, and the exit code it maps to.

Covers who is at fault: the caller's input (`InputError`), the circuit under judgement
(`CircuitError`), or the machinery (`InfrastructureError`). A circuit error is a verdict and is
reported as data; an infrastructure error is never turned into a verdict.
"""

from __future__ import annotations

from typing import Self

EXIT_OK = 0
EXIT_USAGE = 2
EXIT_INFEASIBLE = 3
EXIT_INFRASTRUCTURE = 4
EXIT_INTERRUPTED = 130


class QuasarError(Exception):
    """Base of all errors that carry a sentence for the user.

    Attributes:
        exit_code: process exit status for the command line.
    """

    exit_code = EXIT_USAGE


class InputError(QuasarError):
    """The caller's file, graph, option or folder is wrong; the message says how to mend it."""


class ProblemError(InputError):
    """A problem file or graph cannot be understood or is outside the supported limits."""


class NoSolution(ProblemError):
    """A problem that obviously has no solution as it is stated."""


class CircuitError(QuasarError):
    """The circuit text is not a usable circuit: a verdict about the circuit, not a fault of ours.

    Args:
        message: what is wrong, one sentence.
        kind: machine-readable class of the verdict: `syntax`, `semantic`, `limit`, `parameter`,
            `numeric`, `unsimulable`, `measurement` or `qubits`.
        limit: for kind `limit`, which one: `characters`, `nesting`, `gates`, `qubits`,
            `outcomes`, `steps`, `time` or `memory`.
        line: 1-based line of the fault, if known.
        column: 1-based column of the fault, if known.
        hint: what to write instead, if known.
    """

    exit_code = EXIT_INFEASIBLE

    def __init__(
        self,
        message: str,
        *,
        kind: str = "semantic",
        line: int | None = None,
        column: int | None = None,
        hint: str | None = None,
        limit: str | None = None,
    ) -> None:
        self.message = message
        self.kind = kind
        self.limit = limit
        self.line = line
        self.column = column
        self.hint = hint
        super().__init__(message)

    @classmethod
    def over(cls, limit: str, message: str, hint: str | None = None) -> Self:
        """The verdict on a circuit over a limit; see the class for the arguments."""
        return cls(message, kind="limit", limit=limit, hint=hint)

    def __str__(self) -> str:
        where = ""
        if self.line is not None:
            where = f"line {self.line}"
            if self.column is not None:
                where += f", column {self.column}"
            where += ": "
        tail = f" {self.hint}" if self.hint else ""
        return f"{where}{self.message}{tail}"

    def __reduce__(self) -> tuple[object, ...]:
        state = (self.message, self.kind, self.line, self.column, self.hint, self.limit)
        return (_rebuild_circuit_error, state)


def _rebuild_circuit_error(
    message: str,
    kind: str,
    line: int | None,
    column: int | None,
    hint: str | None,
    limit: str | None,
) -> CircuitError:
    return CircuitError(message, kind=kind, line=line, column=column, hint=hint, limit=limit)


class Interrupted(QuasarError):
    """The user ended it; the message says what is left of the work."""

    exit_code = EXIT_INTERRUPTED


class InfrastructureError(QuasarError):
    """The machinery failed (worker died, out of memory, disk full): says nothing of the circuit."""

    exit_code = EXIT_INFRASTRUCTURE
