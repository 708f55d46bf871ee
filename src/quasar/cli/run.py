"""`quasar run`: a circuit on a device, its answers, and how they are to what was predicted."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quasar.cli import options as shared
from quasar.cli.bar import Bar
from quasar.cli.circuit_input import Assignments, read_program
from quasar.core.errors import InputError

if TYPE_CHECKING:
    from quasar.hardware.result import HardwareReport


CircuitOrNone = Annotated[
    Path | None,
    typer.Argument(
        help="OpenQASM or QPY file; - reads standard input. Left out with --resume.",
        show_default=False,
    ),
]
ProblemOrNone = Annotated[
    Path | None,
    typer.Option(
        "--problem",
        help="Problem file, as for `quasar verify`; - reads standard input.",
        rich_help_panel=shared.PROBLEM,
    ),
]
BackendName = Annotated[
    str,
    typer.Option(
        help="An offline snapshot such as fake_torino, simulated here; aer_simulator, without "
        "noise; or a device of the account that qiskit-ibm-runtime has saved."
    ),
]
Instance = Annotated[
    str | None,
    typer.Option(help="Instance of the account. Default: the account's own."),
]
Shots = Annotated[int, typer.Option(help="Measurements.", min=1)]
Seed = Annotated[int, typer.Option(help="Seed of the compiler and of a local simulation.", min=0)]
Out = Annotated[
    Path | None,
    typer.Option(
        help="Folder for the job's id, counts, report and pictures. Without it a killed run "
        "cannot be resumed, so a device of an account needs it."
    ),
]
ResumeFolder = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Go on with a run by the folder of its --out."),
]
Resubmit = Annotated[
    bool,
    typer.Option("--resubmit", help="Of --resume: submit a failed or cancelled job again."),
]
TimeoutSeconds = Annotated[
    float,
    typer.Option(help="Seconds to wait for the job; it goes on after them, for --resume.", min=0.1),
]
PollSeconds = Annotated[
    float, typer.Option(help="Seconds between questions to the service.", min=0.1)
]
Predict = Annotated[
    bool,
    typer.Option(
        "--predict/--no-predict",
        help="Also simulate the circuit, without noise and with the device's, and compare.",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing --out.")]


def command(
    circuit: CircuitOrNone = None,
    problem: ProblemOrNone = None,
    backend: BackendName = "fake_torino",
    instance: Instance = None,
    shots: Shots = 4096,
    seed: Seed = 0,
    out: Out = None,
    resume: ResumeFolder = None,
    resubmit: Resubmit = False,
    timeout: TimeoutSeconds = 3600.0,
    poll: PollSeconds = 5.0,
    predict: Predict = True,
    assignments: Assignments = None,
    problem_type: shared.ProblemType = None,
    attribute: shared.Attributes = None,
    weight: shared.WeightKey = None,
    penalty: shared.Penalty = None,
    force: Force = False,
    as_json: shared.AsJson = False,
) -> None:
    """Run a circuit on a device, decode its answers, and compare them with the prediction.

    The job's id is in --out as soon as there is one; after a kill, Ctrl-C or a timeout, --resume
    goes on. The account is the one that qiskit-ibm-runtime has saved: no option takes a token.
    Exit code 4: the job failed or the service cannot be reached; 130: interrupted.
    """
    from quasar.circuits.parameters import read_assignments
    from quasar.core.interrupt import heeding
    from quasar.hardware.folder import RunFolder
    from quasar.hardware.jobs import Patience
    from quasar.hardware.run import RunOptions, start
    from quasar.hardware.run import resume as go_on

    if (resume is None) == (circuit is None):
        raise InputError("give a circuit with --problem, or --resume FOLDER.")
    with heeding(_say_ending) as interrupt, Bar(patience_s=2.0) as bar:
        how = RunOptions(
            shots=shots,
            seed=seed,
            instance=instance,
            patience=Patience(timeout_s=timeout, poll_s=poll),
            predict=predict,
            progress=bar,
            interrupt=interrupt,
        )
        if resume is not None:
            if problem is not None or out is not None:
                raise InputError("--resume FOLDER goes by the folder: leave out --problem, --out.")
            report, out = go_on(resume, options=how, resubmit=resubmit), resume
        elif circuit is not None:
            if problem is None:
                raise InputError("say which problem the circuit is for: --problem FILE.")
            if resubmit:
                raise InputError("--resubmit belongs to --resume FOLDER.")
            text, values = read_program(circuit, problem, read_assignments(assignments or ()))
            encoded = shared.read_problem(
                problem, problem_type, attribute, weight=weight, penalty=penalty
            )
            report = start(text, encoded, backend, how, RunFolder(out), values, force=force)
    _print(report, out, as_json=as_json)


def _print(report: HardwareReport, out: Path | None, *, as_json: bool) -> None:
    from quasar.report.hardware import hardware_text, save_pictures
    from quasar.report.plain_text import labelled

    if not as_json:  # the answer need not wait for its pictures
        typer.echo(hardware_text(report))
    if out is not None:
        save_pictures(report, out)
    if as_json:
        told = {"out": None if out is None else str(out)}
        shared.print_json({**report.model_dump(mode="json"), **told})
    elif out is not None:
        files = sorted(path.name for path in out.iterdir() if not path.name.startswith("."))
        typer.echo(labelled("written", f"{out}/ ({', '.join(files)})"))


def _say_ending() -> None:
    os.write(2, b"\nending; a job that was submitted goes on.\n")
