"""`quasar evaluate`: judge generations and write the table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from quasar.cli.bar import Bar
from quasar.cli.options import (
    DEVICE,
    AsJson,
    DeviceName,
    Mitigate,
    Noise,
    OnExecutor,
    RayAddress,
    device_run,
    print_json,
)
from quasar.core.errors import InputError

if TYPE_CHECKING:
    from quasar.verifier.sandbox import SandboxLimits
    from quasar.verifier.settings import DeviceSettings

_BEYOND = "Beyond 24 qubits"
_MEMORY_MIB = 2048
RecordsFile = Annotated[
    Path,
    typer.Option(
        help="Records with their reference circuits, one JSON object a line (.jsonl or .jsonl.gz)."
    ),
]
GenerationsFiles = Annotated[
    list[Path],
    typer.Option(
        help="Candidates to judge: run, sample_index, candidate, qasm a line; may be given several "
        "times."
    ),
]
OutFolder = Annotated[
    Path,
    typer.Option(
        help="Folder to write. An evaluation of the same records that is already there is "
        "continued; further runs join its table."
    ),
]
Convention = Annotated[
    Literal["physical", "agent-q"],
    typer.Option(
        help="Energies that SREV compares; agent-q: the Hamiltonian's qubits in reversed order, as "
        "in the paper's tables."
    ),
]

MaxSeconds = Annotated[
    float | None,
    typer.Option(
        help="Processor seconds that a candidate may take; after them it is rejected. Beyond 24 "
        "qubits an energy or samples that would take longer are left out.",
        show_default="10; beyond 24 qubits 60",
    ),
]
MaxMemory = Annotated[
    int,
    typer.Option("--max-memory-mib", help="Memory that a candidate may take, in MiB.", min=64),
]
Shots = Annotated[int, typer.Option(help="Samples of a circuit.", min=1, rich_help_panel=_BEYOND)]
MaxWidth = Annotated[
    int,
    typer.Option(
        help="Variables of the largest tensor of an exact energy; memory is 16 bytes times 2 to "
        "this.",
        min=1,
        max=28,
        rich_help_panel=_BEYOND,
    ),
]
SolveSeconds = Annotated[
    float,
    typer.Option(help="Seconds for each record's optimum and its bound.", rich_help_panel=_BEYOND),
]


def command(
    records: RecordsFile,
    generations: GenerationsFiles,
    out: OutFolder,
    energy_convention: Convention = "physical",
    jobs: Annotated[
        int | None,
        typer.Option(help="Worker processes; default: one a core.", min=1),
    ] = None,
    baselines: Annotated[
        bool,
        typer.Option("--baselines", help="Add trivial baselines and the reference circuits."),
    ] = False,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="RUN",
            help="Also show how much every other run differs from this one, record by record.",
        ),
    ] = None,
    against_paper: Annotated[
        bool, typer.Option("--against-paper", help="Show the published figures beside ours.")
    ] = False,
    warm_start: Annotated[
        bool,
        typer.Option(
            "--warm-start", help="Also measure how good a start the angles are (minutes)."
        ),
    ] = False,
    compiled: Annotated[
        bool,
        typer.Option("--compiled", help="Also compile the best candidates for a device (minutes)."),
    ] = False,
    device: DeviceName = None,
    noise: Noise = None,
    mitigate: Mitigate = "",
    device_shots: Annotated[
        int | None,
        typer.Option(
            help="Shots of each noisy circuit.",
            show_default="endlessly many",
            min=1,
            rich_help_panel=DEVICE,
        ),
    ] = None,
    no_sandbox: Annotated[
        bool,
        typer.Option(
            "--no-sandbox", help="No limits on time and memory: only for candidates you trust."
        ),
    ] = False,
    max_seconds: MaxSeconds = None,
    max_memory_mib: MaxMemory = _MEMORY_MIB,
    shots: Shots = 1024,
    max_width: MaxWidth = 24,
    solve_seconds: SolveSeconds = 15.0,
    seed: Annotated[int, typer.Option(help="Seed of all randomness.", min=0)] = 0,
    force: Annotated[
        bool, typer.Option("--force", help="Start again in a folder that holds another evaluation.")
    ] = False,
    executor: OnExecutor = "local",
    ray_address: RayAddress = None,
    as_json: AsJson = False,
) -> None:
    """Judge generations against their records: likeness to the references, and quality.

    Writes table.json, candidates.jsonl, references.jsonl, report.md, plots and manifest.json.
    Stopped or killed, the same command continues where it was.
    """
    _start_early(no_sandbox or executor != "local")
    from quasar.core.cluster import Cluster
    from quasar.core.processes import cores
    from quasar.evaluation.evaluate import run
    from quasar.evaluation.report import write_report
    from quasar.evaluation.result import EvaluationSettings, EvaluationTable
    from quasar.verifier.settings import LargeSettings

    settings = EvaluationSettings(
        energy_convention=energy_convention,
        baselines=baselines,
        warm_start=warm_start,
        compiled=compiled,
        jobs=jobs,
        sandbox=_limits(no_sandbox, max_seconds, max_memory_mib),
        large=LargeSettings(shots=shots, max_width=max_width, time_limit=solve_seconds),
        seed=seed,
        against=against,
        device=_device(device, noise, mitigate, device_shots, seed),
    )
    cluster = None
    if executor == "ray":
        cluster = Cluster(ray_address, jobs or cores())
    with Bar() as bar:
        done = run(records, generations, out, settings, force=force, cluster=cluster, progress=bar)
    write_report(done, out, against_paper=against_paper)
    if as_json:
        print_json(done.table)
    else:
        table = EvaluationTable(done.table, against_paper=against_paper)
        typer.echo(f"{table}\nwritten: {out}/ (report.md, table.json, candidates.jsonl, plots)")


def _start_early(other: bool) -> None:
    """Have workers load their libraries while this process loads its own.

    Args:
        other: there will be none in a sandbox here.
    """
    from quasar.verifier.sandbox.warm import start_early

    if not other:
        start_early()


def _device(
    device: str | None, noise: str | None, mitigate: str, shots: int | None, seed: int
) -> DeviceSettings | None:
    """The settings of a noisy evaluation, found to be right before any work."""
    run = device_run(device, noise, mitigate, shots, seed)
    return None if run is None else run.settings


def _limits(
    no_sandbox: bool, max_seconds: float | None, max_memory_mib: int
) -> SandboxLimits | None:
    """What a candidate may use; None: anything.

    Raises:
        InputError: limits for what has none.
    """
    from quasar.verifier.sandbox import SandboxLimits

    if no_sandbox:
        if max_seconds is not None or max_memory_mib != _MEMORY_MIB:
            raise InputError(
                "--no-sandbox has no limits: leave out --max-seconds and --max-memory-mib."
            )
        return None
    limits: dict[str, float] = {"max_memory_mib": max_memory_mib}
    if max_seconds is not None:
        limits |= {"max_seconds": max_seconds, "max_large_seconds": max_seconds}
    return SandboxLimits.parse(limits)
