"""`quasar compile`: a circuit in a device's gates, proved to be the same circuit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quasar.cli import options as shared
from quasar.cli.circuit_input import Assignments, read_program
from quasar.cli.devices import device_names
from quasar.cli.waiting import waiting
from quasar.core.errors import InputError

if TYPE_CHECKING:
    from quasar.compile.equivalence import NotEquivalentError
    from quasar.compile.result import CompiledCircuit
    from quasar.problems.base import EncodedProblem

CircuitOrFolder = Annotated[
    Path,
    typer.Argument(
        metavar="CIRCUIT",
        help="OpenQASM or QPY file, or a folder that `quasar generate` wrote; - reads standard "
        "input.",
        show_default=False,
    ),
]
DeviceName = Annotated[
    str,
    typer.Option(
        "--device",
        metavar="DEVICE",
        help="A snapshot such as fake_torino (`quasar devices` lists them), generic:27:heavy-hex, "
        "ions:11, or a device file.",
        show_default=False,
        autocompletion=device_names,
    ),
]
ProblemOrNone = Annotated[
    Path | None,
    typer.Option(
        "--problem",
        help="Problem file: the compiled circuit is judged for it as well. Default: the folder's.",
        rich_help_panel=shared.PROBLEM,
    ),
]
Compilers = Annotated[
    list[str] | None,
    typer.Option(
        "--compiler",
        help="qiskit, commuting (reorders commuting terms) or pytket; may be repeated. Default: "
        "qiskit and commuting.",
        show_default=False,
    ),
]
Layout = Annotated[
    str | None,
    typer.Option(
        metavar="QUBITS",
        help="Physical qubit on which each qubit of the circuit starts, in its order, such as "
        "0,4,7. Default: where the estimated success is best.",
        show_default=False,
    ),
]


def command(
    circuit: CircuitOrFolder,
    device: DeviceName,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the circuit in every form, its layout and its numbers."),
    ] = None,
    problem: ProblemOrNone = None,
    compiler: Compilers = None,
    seeds: Annotated[
        int, typer.Option(help="Random choices of each compiler.", min=1, max=10_000)
    ] = 20,
    seed: Annotated[int, typer.Option(help="The first seed.", min=0, max=2**62)] = 0,
    layout: Layout = None,
    second_opinion: Annotated[
        bool, typer.Option("--second-opinion", help="Have mqt.qcec check the equivalence, too.")
    ] = False,
    picture: Annotated[
        bool, typer.Option("--picture", help="Also draw the layout on the coupling map in --out.")
    ] = False,
    assignments: Assignments = None,
    problem_type: shared.ProblemType = None,
    attribute: shared.Attributes = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing --out.")] = False,
    as_json: shared.AsJson = False,
) -> None:
    """Compile a circuit for a device: the best of many by estimated success, proved equivalent.

    Without --out the compiled OpenQASM 3 is printed. Exit code 4: the compiled circuit is not the
    original, or nobody can show that it is; then both are kept in --out and neither is given out.
    """
    from quasar.circuits.parameters import read_assignments
    from quasar.compile.compile import COMPILERS, compile_circuit
    from quasar.compile.equivalence import NotEquivalentError
    from quasar.devices.load import device as load_device

    if picture and out is None:
        raise InputError("--picture is written into the folder of --out: give one.")
    if out is not None:
        _check_folder(out, force=force)
    start = None if layout is None else _read_layout(layout)
    values: dict[str, Any] = dict(read_assignments(assignments or ()))
    circuit, problem, values = _folder(circuit, problem, values)
    text, values = read_program(circuit, problem, values)
    encoded = None
    if problem is not None:
        encoded = shared.read_problem(problem, problem_type, attribute)
    with waiting("compiling"):
        machine = load_device(device)
        try:
            found = compile_circuit(
                text,
                machine,
                seeds=seeds,
                seed=seed,
                layout=start,
                compilers=tuple(compiler or COMPILERS),  # type: ignore[arg-type]
                parameters=values,
                second_opinion=second_opinion,
            )
        except NotEquivalentError as error:
            _keep(error, out, force=force)
            raise
    judged = None if encoded is None else _judged(found, encoded)
    if out is not None:
        found.save(out, force=force)
        if picture:
            from quasar.report.coupling_picture import device_figure
            from quasar.report.style import save

            save(device_figure(machine, found.layout.initial), out / "layout.png")
    if as_json:
        extra = {"qasm": found.qasm} if out is None else {}
        shared.print_json({**found.data(), **({"problem": judged} if judged else {}), **extra})
        return
    typer.echo(found.qasm if out is None else str(found), nl=out is not None)
    if judged is not None and out is not None:
        typer.echo(f"problem     {_said(judged)}")
    if out is None:
        typer.echo(str(found), err=True)
    else:
        typer.echo(f"written to  {out}")


def _read_layout(text: str) -> tuple[int, ...]:
    """The physical qubits of --layout.

    Raises:
        InputError: other than numbers with commas between them.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and len(part) < 10 for part in parts):
        raise InputError(
            f"--layout takes physical qubits with commas between them, such as 0,4,7, not {text!r}."
        )
    return tuple(map(int, parts))


def _check_folder(out: Path, *, force: bool) -> None:
    """Refuse, before any work, what saving would refuse after it."""
    if out.is_file():
        raise InputError(f"{out} is a file: choose a folder for --out.")
    if out.exists() and any(out.iterdir()) and not force:
        raise InputError(f"{out} already exists: choose another --out, or --force to replace it.")


def _folder(
    circuit: Path, problem: Path | None, values: dict[str, Any]
) -> tuple[Path, Path | None, dict[str, Any]]:
    """Circuit, problem and inputs of a folder that `quasar generate` wrote."""
    from quasar.core.json_text import loads
    from quasar.report.store import CIRCUIT, INPUTS, PROBLEM

    if not circuit.is_dir():
        return circuit, problem, values
    if not (circuit / CIRCUIT).is_file():
        raise InputError(f"{circuit} holds no {CIRCUIT}: name a folder of `quasar generate`.")
    if problem is None and (circuit / PROBLEM).is_file():
        problem = circuit / PROBLEM
    if (circuit / INPUTS).is_file():
        values = {**loads((circuit / INPUTS).read_text(encoding="utf-8")), **values}
    return circuit / CIRCUIT, problem, values


def _keep(error: NotEquivalentError, out: Path | None, *, force: bool) -> None:
    """Both circuits of a refused compilation in --out, to look into."""
    from quasar.compile.result import ORIGINAL, REFUSED
    from quasar.core.files import new_folder, write_text

    if out is None or not error.compiled:
        return
    with new_folder(out, force=force) as partial:
        write_text(partial / ORIGINAL, error.original)
        write_text(partial / REFUSED, error.compiled)


def _judged(found: CompiledCircuit, problem: EncodedProblem) -> dict[str, Any]:
    """What the compiled circuit is worth for a problem, without noise."""
    from quasar.verifier.bounded import verify_bounded
    from quasar.verifier.sandbox.limits import SandboxLimits
    from quasar.verifier.settings import VerifierSettings

    settings = VerifierSettings(max_stage=3, header="language")
    report = verify_bounded(
        found.qasm, problem, None, settings, SandboxLimits(max_seconds=60.0), {}
    )
    return {
        "feasible": report.feasible,
        "fault": None if report.fault is None else str(report.fault),
        "energy": report.energy,
        "approximation_ratio": report.approximation_ratio,
        "p_optimal": report.p_optimal,
    }


def _said(judged: dict[str, Any]) -> str:
    if not judged["feasible"]:
        return f"the circuit is not feasible for it: {judged['fault']}"
    parts = [("ratio", "approximation_ratio"), ("P(optimum)", "p_optimal")]
    known = [f"{name} {judged[key]:.4g}" for name, key in parts if judged[key] is not None]
    return f"{', '.join(known) or 'judged'} without noise"
