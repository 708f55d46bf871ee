"""`quasar verify`: judge one circuit for a problem."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quasar.cli.options import AsJson, ProblemFile, print_json
from quasar.core.errors import EXIT_INFEASIBLE, InputError

if TYPE_CHECKING:
    from quasar.circuits.statistics import Statistics
    from quasar.verifier.report import Report


def command(
    circuit: Annotated[
        Path, typer.Argument(help="OpenQASM 3 file; - reads standard input.", show_default=False)
    ],
    problem: ProblemFile,
    reference: Annotated[
        Path | None,
        typer.Option(
            help="Reference circuit to compare with; default: the problem file's own, if any.",
            show_default=False,
        ),
    ] = None,
    stages: Annotated[
        str,
        typer.Option(
            help="Stages to compute, as 1-4 or one number: 1 feasibility, 2 likeness to the "
            "reference, 3 energy, 4 use as an optimiser's start."
        ),
    ] = "1-4",
    basis: Annotated[
        str | None,
        typer.Option(
            help="Also give the size once compiled to native gates: generic, ibm-heron, "
            "ibm-eagle or ion.",
            show_default=False,
        ),
    ] = None,
    coupling: Annotated[
        str, typer.Option(help="Connections for --basis: full, line, ring, grid or heavy-hex.")
    ] = "full",
    max_seconds: Annotated[
        float,
        typer.Option(help="Processor seconds that the circuit may take; past them it is refused."),
    ] = 10.0,
    as_json: AsJson = False,
) -> None:
    """Judge one circuit: feasible, how good, and what it answers.

    Exit code 0: feasible; 3: infeasible circuit; 2: bad usage or bad input file.
    """
    from quasar.problems.load import load_problem
    from quasar.verifier.bounded import verify_bounded
    from quasar.verifier.sandbox.limits import SandboxLimits
    from quasar.verifier.settings import VerifierSettings

    settings = VerifierSettings(max_stage=_last_stage(stages))
    encoded = load_problem(problem, verifiable=True)
    text = sys.stdin.buffer.read() if str(circuit) == "-" else read_bytes(circuit)
    given = None
    if reference is not None:
        try:
            given = read_bytes(reference).decode("utf-8")
        except UnicodeDecodeError:
            raise InputError(f"{reference} is not UTF-8 text.") from None
    limits = SandboxLimits(max_seconds=max_seconds)
    report = verify_bounded(text, encoded, given, settings, limits)
    compiled = None if basis is None or not report.parses else _compiled(text, basis, coupling)
    if as_json:
        extra = {} if basis is None else {"compiled": compiled and compiled.model_dump(mode="json")}
        print_json({**report.model_dump(mode="json"), **extra})
    else:
        _print(report, compiled, f"{basis}, {coupling}")
    if not report.feasible:
        raise typer.Exit(EXIT_INFEASIBLE)


def _last_stage(stages: str) -> int:
    first, dash, last = stages.partition("-")
    if (
        (dash and first != "1")
        or not (last or first).isdigit()
        or int(last or first) not in range(1, 5)
    ):
        raise InputError(f"--stages takes 1, 1-2, 1-3 or 1-4, not {stages!r}.")
    return int(last or first)


def read_bytes(path: Path) -> bytes:
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


def _compiled(text: bytes, basis: str, coupling: str) -> Statistics | None:
    """Size after transpiling; None for a dynamic program or one that cannot be simulated."""
    from quasar.circuits.qasm import parse
    from quasar.circuits.statistics import transpiled_statistics
    from quasar.core.errors import CircuitError

    try:
        circuit = parse(text.decode("utf-8")).circuit
    except CircuitError:
        return None
    return None if circuit is None else transpiled_statistics(circuit, basis, coupling)


def _print(report: Report, compiled: Statistics | None, target: str) -> None:
    from quasar.cli.show import report_text

    typer.echo(report_text(report))
    if compiled is not None:
        typer.echo(
            f"compiled   {compiled.gates} gates ({compiled.two_qubit_gates} on two qubits), depth "
            f"{compiled.depth} ({target})"
        )
