"""`quasar verify`: judge one circuit for a problem."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeVar

import typer

from quasar.cli import options
from quasar.cli.circuit_input import Assignments, CircuitFile, read_program
from quasar.cli.targets import Basis, Coupling, Target, compiled, compiled_text, read_target
from quasar.cli.waiting import waiting
from quasar.core.errors import EXIT_INFEASIBLE, InputError

if TYPE_CHECKING:
    from quasar.tasks.task import TargetTask
    from quasar.verifier.report import Report
    from quasar.verifier.task_report import TaskReport

AnyReport = TypeVar("AnyReport", "Report", "TaskReport")


_OF_TASKS = {
    *("circuit", "task", "qubits", "attribute", "assignments", "basis", "coupling"),
    *("max_seconds", "as_json"),
}
"""Parameters that have a meaning for target tasks."""


def command(
    context: typer.Context,
    circuit: CircuitFile,
    problem: options.ProblemFile = None,
    task: options.TaskName = None,
    qubits: options.TaskQubits = None,
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
    basis: Basis = None,
    coupling: Coupling = None,
    assignments: Assignments = None,
    problem_type: options.ProblemType = None,
    attribute: options.Attributes = None,
    weight: options.WeightKey = None,
    penalty: options.Penalty = None,
    precision: Annotated[
        float | None,
        typer.Option(
            help="Standard error of the energy that shots are counted for, where a ground state "
            "is asked for. Default: the accuracy that counts as solved.",
            show_default=False,
        ),
    ] = None,
    max_seconds: Annotated[
        float | None,
        typer.Option(
            help="Processor seconds that the circuit may take; after them it is rejected. Beyond "
            "24 qubits an energy or samples that would take longer are left out.",
            show_default="10; beyond 24 qubits 60",
        ),
    ] = None,
    device: options.DeviceName = None,
    noise: options.Noise = None,
    mitigate: options.Mitigate = "",
    shots: options.Shots = None,
    seed: options.NoiseSeed = 0,
    engine: options.VerifyEngine = "qulacs",
    jobs: options.ConeJobs = 1,
    executor: options.ConeExecutor = "local",
    ray_address: options.RayAddress = None,
    as_json: options.AsJson = False,
) -> None:
    """Judge one circuit for a problem or a target task: feasible, how good, what it answers.

    Exit code 0: feasible; 3: infeasible circuit, or a problem without any valid solution; 2: bad
    usage or bad input file.
    """
    from quasar.circuits.parameters import read_assignments
    from quasar.circuits.source import circuit_text
    from quasar.report.terminal import report_text
    from quasar.verifier.bounded import verify_bounded
    from quasar.verifier.sandbox.limits import SandboxLimits
    from quasar.verifier.settings import VerifierSettings

    if task is not None:
        options.refuse_for_task(context, _OF_TASKS)
        wanted = options.target_task(task, qubits, attribute)
        _judge_task(
            circuit, wanted, assignments, read_target(basis, coupling), max_seconds, as_json
        )
        return
    if qubits is not None:
        raise InputError("--qubits is of --task: add it, or leave --qubits out.")
    options.need_problem(problem, problem_type)
    settings = VerifierSettings(
        **_stages(stages), header="language", precision=precision, engine=engine
    )
    parameters = read_assignments(assignments or ())
    target = read_target(basis, coupling)
    text, parameters = read_program(circuit, problem, parameters)
    encoded = options.read_problem(problem, problem_type, attribute, weight=weight, penalty=penalty)
    given = None if reference is None else circuit_text(reference)
    limits = SandboxLimits()
    if max_seconds is not None:
        limits = SandboxLimits(
            max_seconds=max_seconds,
            max_large_seconds=max_seconds,
            max_device_seconds=max_seconds,
        )
    noisy = options.device_run(device, noise, mitigate, shots, seed)
    spread = jobs > 1 or executor == "ray"
    workers = options.cone_workers(encoded, jobs, executor, ray_address, shown=spread)
    with nullcontext() if spread else waiting("verifying"), workers:
        report = verify_bounded(text, encoded, given, settings, limits, parameters, noisy)
    _show(report, report_text, _Compiling(text, parameters, target), as_json)
    if not report.feasible or report.no_solution:
        raise typer.Exit(EXIT_INFEASIBLE)


def _judge_task(
    circuit: Path,
    task: TargetTask,
    assignments: list[str] | None,
    target: Target | None,
    max_seconds: float | None,
    as_json: bool,
) -> None:
    from quasar.circuits.parameters import read_assignments
    from quasar.report.task_text import task_report_text
    from quasar.verifier.bounded import verify_task
    from quasar.verifier.sandbox.limits import SandboxLimits
    from quasar.verifier.settings import VerifierSettings

    text, parameters = read_program(circuit, None, read_assignments(assignments or ()))
    limits = SandboxLimits() if max_seconds is None else SandboxLimits(max_seconds=max_seconds)
    with waiting("verifying"):
        report = verify_task(text, task, VerifierSettings(header="language"), limits, parameters)
    _show(report, task_report_text, _Compiling(text, parameters, target), as_json)
    if not report.feasible:
        raise typer.Exit(EXIT_INFEASIBLE)


class _Compiling(NamedTuple):
    """A circuit that is also compiled, where a target is given."""

    text: str | bytes
    parameters: dict[str, float]
    target: Target | None


def _show(
    report: AnyReport, shown: Callable[[AnyReport], str], also: _Compiling, as_json: bool
) -> None:
    from quasar.report.plain_text import labelled

    text, parameters, target = also
    size = None
    if target is not None and (report.parses_by_language or report.feasible):
        done = compiled(text, target, parameters)
        size = None if done is None else done.statistics
    if as_json:
        extra = {}
        if target is not None:
            data = None if size is None else size.model_dump(mode="json")
            extra = {"target": target._asdict(), "compiled": data}
        options.print_json({**report.model_dump(mode="json"), **extra})
        return
    typer.echo(shown(report))
    if target is not None and report.parses:
        typer.echo(labelled("compiled", compiled_text(size, target)))


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
