"""`quasar verify`: judge one circuit for a problem."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from quasar.cli import options
from quasar.cli.circuit_input import CircuitFile, parse_program, read_program
from quasar.core.errors import EXIT_INFEASIBLE, InputError

if TYPE_CHECKING:
    from quasar.circuits.statistics import Statistics
    from quasar.verifier.report import Report


def command(
    circuit: CircuitFile,
    problem: options.ProblemFile,
    reference: Annotated[
        Path | None,
        typer.Option(
            help="Reference circuit to compare with; default: the problem file's own, if any."
        ),
    ] = None,
    stages: Annotated[
        str,
        typer.Option(
            help="Stages to compute, as 1-4 or one number: 1 feasibility, 2 likeness to the "
            "reference, 3 energy, 4 use as an optimiser's start. Or names, such as "
            "behaviour,objective, or both, such as 1-3,mine; stages of installed packages are "
            "taken by name only."
        ),
    ] = "1-4",
    basis: Annotated[
        str | None,
        typer.Option(
            help="Also give the size once compiled to native gates: generic, ibm-heron, "
            "ibm-eagle or ion. Default with --coupling: generic."
        ),
    ] = None,
    coupling: Annotated[
        str | None,
        typer.Option(
            help="Connections to compile for: full, line, ring, grid or heavy-hex. Default with "
            "--basis: full."
        ),
    ] = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Value of an input parameter, such as gamma=0.4 or beta=pi/3; may be repeated.",
        ),
    ] = None,
    problem_type: options.ProblemType = None,
    attribute: options.Attributes = None,
    weight: options.WeightKey = None,
    penalty: options.Penalty = None,
    max_seconds: Annotated[
        float,
        typer.Option(
            help="Processor seconds that the circuit may take; after them it is rejected."
        ),
    ] = 10.0,
    as_json: options.AsJson = False,
) -> None:
    """Judge one circuit: feasible, how good, and what it answers.

    Exit code 0: feasible; 3: infeasible circuit, or a problem without any valid solution; 2: bad
    usage or bad input file.
    """
    from quasar.circuits.parameters import read_assignments
    from quasar.circuits.source import circuit_text
    from quasar.problems.load import load_problem
    from quasar.verifier.bounded import verify_bounded
    from quasar.verifier.sandbox.limits import SandboxLimits
    from quasar.verifier.settings import VerifierSettings

    settings = VerifierSettings(**_stages(stages), header="language")
    parameters = read_assignments(assignments or ())
    target = _target(basis, coupling)
    text = read_program(circuit, problem)
    given = None if reference is None else circuit_text(reference)
    encoded = load_problem(
        options.problem_source(problem),
        problem_type=problem_type,
        attributes=options.read_attributes(attribute),
        weight=weight,
        penalty=penalty,
        verifiable=True,
    )
    limits = SandboxLimits(max_seconds=max_seconds)
    report = verify_bounded(text, encoded, given, settings, limits, parameters)
    compiled = None
    if target is not None and (report.parses_by_language or report.feasible):
        compiled = _compiled(text, parameters, target)
    if as_json:
        size = compiled and compiled.model_dump(mode="json")
        extra = {} if target is None else {"target": target._asdict(), "compiled": size}
        options.print_json({**report.model_dump(mode="json"), **extra})
    else:
        _print(report, compiled, target)
    if not report.feasible or report.no_solution:
        raise typer.Exit(EXIT_INFEASIBLE)


def _stages(given: str) -> dict[str, Any]:
    """The verifier's settings `max_stage` and `stages` from --stages.

    Raises:
        InputError: neither numbers nor names.
    """
    from quasar.verifier.settings import BUILT_IN_STAGES

    parts = [part.strip() for part in given.split(",")]
    names = [part for part in parts if part.isidentifier()]
    numbers = [re.fullmatch("(?:1-)?([1-4])", part) for part in parts if part not in names]
    last = max((int(number[1]) for number in numbers if number), default=1)
    if not all(numbers) or len(numbers) > 1:
        raise InputError(
            "--stages takes 1, 1-2, 1-3, 1-4, names, or both with commas between them, not "
            f"{given!r}."
        )
    if not names:
        return {"max_stage": last}
    others = [name for name in names if name != "feasibility"]
    return {"stages": (*BUILT_IN_STAGES[: last - 1], *others)}


class _Target(NamedTuple):
    """What to compile for."""

    basis: str
    coupling: str


def _target(basis: str | None, coupling: str | None) -> _Target | None:
    """The target that the options name; either is enough.

    Raises:
        InputError: an unknown name.
    """
    from quasar.circuits.statistics import BASES, COUPLINGS

    if basis is None and coupling is None:
        return None
    if basis is not None and basis not in BASES:
        raise InputError(f"--basis takes {', '.join(BASES)}, not {basis!r}.")
    if coupling is not None and coupling not in COUPLINGS:
        raise InputError(f"--coupling takes {', '.join(COUPLINGS)}, not {coupling!r}.")
    return _Target(basis or "generic", coupling or "full")


def _compiled(
    text: str | bytes, parameters: dict[str, float], target: _Target
) -> Statistics | None:
    """Size after transpiling; None for a dynamic program or one that cannot be simulated."""
    from quasar.circuits.statistics import transpiled_statistics
    from quasar.core.errors import CircuitError

    try:
        circuit = parse_program(text, parameters).circuit
    except CircuitError:
        return None
    return None if circuit is None else transpiled_statistics(circuit, *target)


def _print(report: Report, compiled: Statistics | None, target: _Target | None) -> None:
    from quasar.problems.overlay import counted
    from quasar.report.terminal import report_text

    typer.echo(report_text(report))
    if compiled is not None:
        size = f"{counted(compiled.gates, 'gate')} ({compiled.two_qubit_gates} on two qubits)"
        typer.echo(f"compiled   {size}, depth {compiled.depth} ({', '.join(target or ())})")
    elif target is not None and report.parses:
        typer.echo("compiled   not possible: the program has no fixed list of gates")
