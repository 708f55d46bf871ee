"""`quasar optimise`: better angles for a circuit that somebody has."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from quasar.cli.bar import Bar
from quasar.cli.circuit_input import Assignments, CircuitFile, parse_program, read_program
from quasar.cli.options import (
    AsJson,
    Attributes,
    DeviceName,
    Mitigate,
    Noise,
    Penalty,
    ProblemFile,
    ProblemType,
    Shots,
    WeightKey,
    device_run,
    print_json,
    read_problem,
)
from quasar.cli.output import check_new_file
from quasar.core.errors import EXIT_INFEASIBLE, EXIT_INTERRUPTED

if TYPE_CHECKING:
    from quasar.agent.optimise import Optimised
    from quasar.agent.polish import Polish
    from quasar.core.interrupt import Interrupt
    from quasar.optimize.trace import Budget
    from quasar.problems.base import EncodedProblem
    from quasar.verifier.report import Report
    from quasar.verifier.settings import DeviceSettings

_EVALUATIONS = 2000


def command(
    circuit: CircuitFile,
    problem: ProblemFile = None,
    out: Annotated[
        Path | None,
        typer.Option(help="File to write the program to. Default: it is printed."),
    ] = None,
    method: Annotated[
        Literal["lbfgs", "cobyla"],
        typer.Option(
            help="Local optimiser: lbfgs follows gradients; cobyla sees energies alone, and takes "
            "more evaluations."
        ),
    ] = "lbfgs",
    max_evaluations: Annotated[
        int | None,
        typer.Option(
            "--max-evaluations",
            "--budget",
            help="Energy evaluations; default: 2000, fewer on large circuits.",
            min=1,
        ),
    ] = None,
    max_seconds: Annotated[
        float | None,
        typer.Option(help="Also stop after this many seconds. Default: no limit.", min=0.1),
    ] = None,
    cvar: Annotated[
        float | None,
        typer.Option(
            metavar="FRACTION",
            help="Lower the mean of this fraction of the lowest energies, such as 0.1. Default: "
            "the mean of all.",
            min=1e-3,
            max=1.0,
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(help="Seed of the restarts; of shots, trajectories and twirls too.", min=0),
    ] = 0,
    assignments: Assignments = None,
    problem_type: ProblemType = None,
    attribute: Attributes = None,
    weight: WeightKey = None,
    penalty: Penalty = None,
    device: DeviceName = None,
    noise: Noise = None,
    mitigate: Mitigate = "",
    shots: Shots = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing --out.")] = False,
    as_json: AsJson = False,
) -> None:
    """Lower a circuit's energy by changing its angles only; its gates stay as they are.

    Every angle is free, so a QAOA circuit is none afterwards. With --device or --noise the circuit
    is judged under noise before and after. Ctrl-C ends with the best so far. Exit code 3: the
    circuit is infeasible, or has no plain list of gates.
    """
    from quasar.circuits.parameters import read_assignments

    if out is not None:
        check_new_file(out, force=force)
    parameters = read_assignments(assignments or ())
    text, parameters = read_program(circuit, problem, parameters)
    encoded = read_problem(
        problem, problem_type, attribute, weight=weight, penalty=penalty, verifiable=True
    )
    noisy = device_run(device, noise, mitigate, shots, seed)
    how = _Effort(
        max_evaluations, max_seconds, method, seed, cvar, None if noisy is None else noisy.settings
    )
    found, allowed, interrupted = _optimise(text, encoded, parameters, how, as_json=as_json)
    if out is not None:
        from quasar.core.files import write_text

        write_text(out, found.qasm)
    if as_json:
        print_json(
            {
                "qasm": found.qasm,
                "improved": found.improved,
                "note": found.polish.note,
                "device_note": found.device_note,
                "evaluations": len(found.polish.trace.energies),
                "max_evaluations": allowed,
                "method": method,
                "cvar": cvar,
                "seed": seed,
                "out_of_time": found.polish.out_of_time,
                "interrupted": interrupted,
                "out": None if out is None else str(out),
                "before": found.before.model_dump(mode="json"),
                "report": found.report.model_dump(mode="json"),
            }
        )
    else:
        _print(found, out, allowed, cvar, interrupted=interrupted)
    if interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)


class _Effort(NamedTuple):
    """How to optimise, as the options say it."""

    max_evaluations: int | None
    max_seconds: float | None
    method: Literal["lbfgs", "cobyla"]
    seed: int
    cvar: float | None
    device: DeviceSettings | None


def _optimise(
    text: str | bytes,
    problem: EncodedProblem,
    parameters: dict[str, float],
    how: _Effort,
    *,
    as_json: bool,
) -> tuple[Optimised, int, bool]:
    """What came of it, the evaluations allowed, and whether it was interrupted."""
    from quasar.agent.optimise import optimise
    from quasar.core.interrupt import heeding
    from quasar.optimize.trace import affordable_evaluations
    from quasar.verifier.bounded import verify_bounded
    from quasar.verifier.pipeline import Verifier
    from quasar.verifier.sandbox.limits import SandboxLimits
    from quasar.verifier.settings import VerifierSettings

    settings = VerifierSettings(max_stage=3, header="language")
    first = verify_bounded(text, problem, None, settings, SandboxLimits(), parameters)
    if not first.feasible:
        _refuse(first, as_json)
    program = parse_program(text, parameters)
    gates = 0 if program.circuit is None else len(program.circuit.gates)
    allowed = how.max_evaluations or affordable_evaluations(problem.n_qubits, gates, _EVALUATIONS)
    verifier = Verifier(problem, None, settings.model_copy(update={"device": how.device}))
    with heeding(_say_finishing) as interrupt, Bar(patience_s=2.0) as bar:
        bar.start("optimising the angles", allowed)
        budget = _shown(bar, allowed, how.max_seconds, interrupt)
        found = optimise(
            program, verifier, seed=how.seed, budget=budget, method=how.method, cvar=how.cvar
        )
    return found, allowed, interrupt.requested


def _shown(bar: Bar, allowed: int, max_seconds: float | None, interrupt: Interrupt) -> Budget:
    """A budget whose evaluations move a bar."""
    from quasar.optimize.trace import Budget

    class ShownBudget(Budget):
        def take(self) -> None:
            super().take()
            bar.advance()

    return ShownBudget(allowed, max_seconds, stop=lambda: interrupt.requested)


def _refuse(report: Report, as_json: bool) -> None:
    from quasar.report.terminal import report_text

    if as_json:
        print_json({"improved": False, "before": report.model_dump(mode="json")})
    else:
        typer.echo(report_text(report))
    raise typer.Exit(EXIT_INFEASIBLE)


def _say_finishing() -> None:
    os.write(2, b"\nfinishing with the best so far; once more to end at once.\n")


def _print(
    found: Optimised, out: Path | None, allowed: int, cvar: float | None, *, interrupted: bool
) -> None:
    """Figures on standard output, or on standard error where the program is printed."""
    done = found.polish
    told = [
        _measured("before", found.before),
        *_under_noise(found.before),
        _measured("after", found.report),
        *_under_noise(found.report, but=found.before),
        _tail(cvar, done),
        f"optimum     energy {found.before.optimum.e_min:.6g}" if found.before.optimum else "",
        f"evaluations {len(done.trace.energies):,} of {allowed:,}",
        f"note        {done.note}" if done.note else "",
        f"note        {found.device_note}" if found.device_note else "",
        "note        interrupted: this is the best there was by then" if interrupted else "",
        "note        the time limit cut it short: another run may end elsewhere"
        if done.out_of_time and not interrupted
        else "",
    ]
    for line in filter(None, told):
        typer.echo(line, err=out is None)
    if out is None:
        typer.echo(found.qasm, nl=False)
    else:
        typer.echo(f"written     {out}")


def _tail(cvar: float | None, done: Polish) -> str:
    if cvar is None or not done.trace.energies:
        return ""
    return f"CVaR {cvar:<6g} {done.energy_before:.6g} to {done.energy:.6g}"


def _under_noise(report: Report, but: Report | None = None) -> list[str]:
    """What the device makes of a circuit, as `quasar verify` says it.

    Args:
        but: what is said already, and not again.
    """
    from quasar.report.device_text import device_facts
    from quasar.report.plain_text import labelled

    said = [] if but is None else list(device_facts(but))
    facts = list(device_facts(report))
    return [] if facts == said else [labelled(*fact, indent=2) for fact in facts]


def _measured(when: str, report: Report) -> str:
    from quasar.core.numerals import share
    from quasar.report.ground_text import gist

    if report.stages.ground is not None:
        return f"{when:<11} {gist(report.stages.ground)}"
    ratio, optimal = share(report.approximation_ratio), share(report.p_optimal, 3)
    top = "optimal" if report.top_is_optimal else "not optimal"
    return (
        f"{when:<11} energy {report.energy:.6g}, ratio {ratio}, P(opt) {optimal}, "
        f"most probable state {top}"
    )
