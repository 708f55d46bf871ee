"""Options that several commands share, and how results are printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from quasar.cli.completion import attributes, problem_types, tasks

if TYPE_CHECKING:
    from quasar.problems.base import EncodedProblem
    from quasar.tasks.task import TargetTask
    from quasar.verifier.on_device import DeviceRun

DEVICE = "Device and noise"
"""Panel of help for the options of a noisy circuit."""

PROBLEM = "Problem"
LARGE = "Beyond 24 qubits"
"""Panel of help for the options of a problem."""

ProblemFile = Annotated[
    Path | None,
    typer.Option(
        "--problem",
        help="Problem file: JSON, any benchmark record, or another format (edge list, CSV, "
        "GraphML, DIMACS, Gset, TSPLIB, .qubo, ...; see docs/formats.md); - reads standard input. "
        "A type that is stated by attributes alone, such as tfim, needs no file.",
        show_default=False,
        rich_help_panel=PROBLEM,
    ),
]
ProblemType = Annotated[
    str | None,
    typer.Option(
        "--type",
        metavar="TYPE",
        help="What to find in a graph or matrix, such as maxcut (`quasar problems` lists the "
        "types). Default: what the file says.",
        autocompletion=problem_types,
        rich_help_panel=PROBLEM,
    ),
]
Attributes = Annotated[
    list[str] | None,
    typer.Option(
        "--attribute",
        metavar="NAME=VALUE",
        help="Attribute of the problem that the file does not give, such as k=3 (`quasar problems "
        "TYPE` lists them); lists and objects in JSON; may be repeated.",
        autocompletion=attributes,
        rich_help_panel=PROBLEM,
    ),
]
TaskName = Annotated[
    str | None,
    typer.Option(
        "--task",
        metavar="TASK",
        help="A target task in place of a problem: its name, such as ghz (`quasar tasks` lists "
        "them), with --qubits and --attribute for its parameters, or a JSON file.",
        show_default=False,
        autocompletion=tasks,
        rich_help_panel=PROBLEM,
    ),
]
TaskQubits = Annotated[
    int | None,
    typer.Option(
        "--qubits", help="Qubits of --task.", min=1, show_default=False, rich_help_panel=PROBLEM
    ),
]
WeightKey = Annotated[
    str | None,
    typer.Option(
        "--weight",
        metavar="KEY",
        help="Key of the graph's edges (or nodes) that holds their weights or capacities, such as "
        "distance. Default: the problem file's own choice, else weight or capacity.",
        rich_help_panel=PROBLEM,
    ),
]


Penalty = Annotated[
    float | None,
    typer.Option(
        help="Weight of the constraints in the Hamiltonian of the exact encoding.",
        show_default="one that is proved to be sufficient",
        rich_help_panel=PROBLEM,
    ),
]


DeviceName = Annotated[
    str | None,
    typer.Option(
        "--device",
        help="Also judge the circuit as this device would run it, compiled and with its noise: "
        "fake_torino or another snapshot, generic:27:heavy-hex, ions:11, or a device file.",
        rich_help_panel=DEVICE,
    ),
]
Noise = Annotated[
    str | None,
    typer.Option(
        "--noise",
        help="Noise model, with or without a device: depolarizing:P1,P2, amplitude-damping:G, "
        "readout:P, thermal:T1,T2, detuning:HERTZ, device, idle; several with + between them.",
        show_default="the device's",
        rich_help_panel=DEVICE,
    ),
]
Mitigate = Annotated[
    str,
    typer.Option(
        "--mitigate",
        help="Error mitigation, such as readout,zne: readout, m3, zne, twirl, dd (see "
        "docs/noise.md).",
        show_default="none",
        rich_help_panel=DEVICE,
    ),
]
Shots = Annotated[
    int | None,
    typer.Option(
        help="Shots of each noisy circuit.",
        show_default="endlessly many",
        min=1,
        rich_help_panel=DEVICE,
    ),
]
NoiseSeed = Annotated[
    int,
    typer.Option(
        "--seed",
        help="Seed of shots, trajectories and twirls.",
        min=0,
        rich_help_panel=DEVICE,
    ),
]

OnExecutor = Annotated[
    Literal["local", "ray"],
    typer.Option(
        "--executor",
        "--engine",
        help="Processes of this machine, or tasks on a Ray cluster. (--engine: its old name.)",
    ),
]
RayAddress = Annotated[
    str | None,
    typer.Option(help="Running Ray cluster.", show_default="RAY_ADDRESS, else one is started here"),
]
VerifyEngine = Annotated[
    str,
    typer.Option(
        "--engine",
        help="What simulates the circuit, to 24 qubits: qulacs, qiskit, aer or aer-single. "
        "From 25 to 28 qubits aer-single computes energy and samples from the whole state, in "
        "single precision; else causal cones and matrix product states do.",
    ),
]
ConeJobs = Annotated[
    int,
    typer.Option(
        "--jobs",
        min=1,
        help="Processes of this machine for exact energies beyond 24 qubits.",
        rich_help_panel=LARGE,
    ),
]
ConeExecutor = Annotated[
    Literal["local", "ray"],
    typer.Option(
        "--executor",
        help="Where exact energies beyond 24 qubits are computed: processes of this machine, or "
        "tasks on a Ray cluster.",
        rich_help_panel=LARGE,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


@contextmanager
def cone_workers(
    encoded: EncodedProblem,
    jobs: int,
    executor: str,
    ray_address: str | None,
    *,
    shown: bool = False,
) -> Iterator[None]:
    """Contract causal cones where the options say, while this lasts.

    Args:
        shown: with a bar on standard error.

    Raises:
        InputError: so small a problem has no use for them.
    """
    from quasar.core.cluster import Cluster
    from quasar.core.errors import InputError
    from quasar.core.hamiltonian import MAX_EXACT_QUBITS

    if jobs == 1 and executor == "local":
        yield
        return
    if encoded.n_qubits <= MAX_EXACT_QUBITS:
        raise InputError(
            f"--jobs and --executor spread exact energies beyond {MAX_EXACT_QUBITS} qubits; this "
            f"problem has {encoded.n_qubits}: leave them out."
        )
    from quasar.cli.bar import Bar
    from quasar.core.processes import cores
    from quasar.core.progress import Progress
    from quasar.simulate.cones.spread import ConeWorkers, working_on

    cluster = Cluster(ray_address, cores()) if executor == "ray" else None
    bar = Bar(patience_s=2.0) if shown else nullcontext(Progress())
    with bar as progress, working_on(ConeWorkers(jobs, cluster, progress)):
        yield


def need_problem(problem: Path | None, problem_type: str | None) -> None:
    """Refuse a call without a problem, before anything is read.

    Raises:
        InputError: neither a file nor a type.
    """
    from quasar.core.errors import InputError

    if problem is None and problem_type is None:
        raise InputError(
            "--problem is missing: give a file, or --type with --attribute for a type that "
            "needs none, such as --type tfim --attribute n=8."
        )


def problem_source(problem: Path | None, problem_type: str | None = None) -> Any:
    """What `load_problem` takes for --problem: standard input for a dash, and for no file a type
    that needs none.

    Raises:
        InputError: neither a file nor a type.
    """
    need_problem(problem, problem_type)
    if problem is None:
        return {}
    return sys.stdin.buffer.read() if str(problem) == "-" else problem


def read_problem(
    problem: Path | None, problem_type: str | None, attribute: list[str] | None, **how: Any
) -> EncodedProblem:
    """The problem of --problem with --type and --attribute; `how` is for `load_problem`.

    Raises:
        ProblemError: it cannot be read.
    """
    from quasar.problems.load import load_problem

    attributes = read_attributes(attribute)
    source = problem_source(problem, problem_type)
    return load_problem(source, problem_type=problem_type, attributes=attributes, **how)


def target_task(name: str, qubits: int | None, attribute: list[str] | None) -> TargetTask:
    """The task of --task with --qubits and --attribute.

    Raises:
        InputError: no such task or file, or parameters that state none.
    """
    from quasar.tasks.registry import read_task

    given = read_attributes(attribute) or {}
    return read_task(name, **given, **({} if qubits is None else {"qubits": qubits}))


def refuse_for_task(context: typer.Context, kept: set[str]) -> None:
    """Refuse options that have no meaning for a target task.

    Args:
        kept: the parameters that have.

    Raises:
        InputError: the command line sets another.
    """
    from quasar.core.errors import InputError

    for parameter in context.command.params:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        if name not in kept and source is not None and source.name == "COMMANDLINE":
            raise InputError(f"{parameter.opts[0]} has no meaning for --task: leave it out.")


def device_run(
    device: str | None, noise: str | None, mitigate: str, shots: int | None, seed: int
) -> DeviceRun | None:
    """What --device, --noise and their kin ask for; None for nothing.

    Raises:
        InputError: an unknown device, noise or step, or steps without noise.
    """
    from quasar.core.errors import InputError
    from quasar.verifier.on_device import DeviceRun
    from quasar.verifier.settings import DeviceSettings

    if device is None and noise is None:
        if mitigate or shots is not None:
            raise InputError(
                "--mitigate and --shots are of a noisy circuit: give --device or --noise."
            )
        return None
    chosen = DeviceSettings(device=device, noise=noise, mitigate=mitigate, shots=shots, seed=seed)
    return DeviceRun.of(chosen)


def read_attributes(given: list[str] | None) -> dict[str, Any] | None:
    """The attributes that `NAME=VALUE` texts state; a value that is not JSON is text.

    Raises:
        InputError: one is not such a pair, or a name stands twice.
    """
    from quasar.core.errors import InputError
    from quasar.core.json_text import loads

    found: dict[str, Any] = {}
    for text in given or ():
        name, separator, value = text.partition("=")
        if not separator or not name.strip():
            raise InputError(f"--attribute takes NAME=VALUE, such as k=3, not {text!r}.")
        if name.strip() in found:
            raise InputError(f"--attribute {name.strip()} is given twice: keep one.")
        try:
            found[name.strip()] = loads(value)
        except ValueError:
            found[name.strip()] = value
    return found or None


def print_json(value: dict[str, Any]) -> None:
    """Write one JSON object to standard output."""
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False, allow_nan=False)
    sys.stdout.write("\n")
