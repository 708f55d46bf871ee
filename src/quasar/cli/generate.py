"""`quasar generate`: design circuits and verify them."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quasar.cli.options import AsJson, print_json
from quasar.core.errors import EXIT_INFEASIBLE, InputError

if TYPE_CHECKING:
    from quasar.agent.generate import Generation
    from quasar.models.designer import DesignerSettings


class AlgorithmName(StrEnum):
    """Choices of --algorithm."""

    qaoa = "qaoa"
    vqe = "vqe"
    adaptive_vqe = "adaptive_vqe"


class StyleName(StrEnum):
    """Choices of --style."""

    converged = "converged"
    agent_q = "agent-q"


def command(
    problem: Annotated[
        Path | None,
        typer.Option(help="Problem file (JSON) or one benchmark record.", show_default=False),
    ] = None,
    records: Annotated[
        Path | None,
        typer.Option(
            help="Records, one JSON object a line (.jsonl or .jsonl.gz); writes one line a "
            "candidate and resumes where it stopped.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder to write (--problem) or generations file to write (--records).",
            show_default=False,
        ),
    ] = None,
    model: Annotated[str, typer.Option(help="Which generator: designer.")] = "designer",
    algorithm: Annotated[
        AlgorithmName | None,
        typer.Option(help="Default: try all, keep the best measured.", show_default=False),
    ] = None,
    layers: Annotated[
        int | None,
        typer.Option(help="Layers p of QAOA or VQE.", min=1, max=20, show_default=False),
    ] = None,
    style: Annotated[
        StyleName,
        typer.Option(
            help="converged: optimised as far as the budget goes; agent-q: like the benchmark's "
            "reference circuits, with algorithm and layers drawn as there."
        ),
    ] = StyleName.converged,
    samples: Annotated[int, typer.Option(help="Independent attempts.", min=1)] = 1,
    seed: Annotated[int, typer.Option(help="Seed of all randomness.", min=0)] = 0,
    max_evaluations: Annotated[
        int | None,
        typer.Option(
            help="Energy evaluations for each algorithm; default: 600, or what the agent-q recipe "
            "sets.",
            min=1,
            show_default=False,
        ),
    ] = None,
    max_seconds: Annotated[
        float,
        typer.Option(help="Seconds for each algorithm; a cut-off is reported.", min=0.1),
    ] = 30.0,
    force: Annotated[
        bool, typer.Option("--force", help="Replace an existing --out folder.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Design circuits for a problem, verify them, and keep the best with its evidence.

    Writes circuit.qasm, report.json, manifest.json and pictures (circuit, measurement histogram,
    optimisation curve, graph with the solution).
    """
    from quasar.models.designer import DesignerSettings

    if (problem is None) == (records is None):
        raise InputError("give either --problem FILE or --records FILE.")
    if out is None:
        raise InputError("say where to write: --out PATH.")
    settings = DesignerSettings(
        style=style.value,
        algorithm=None if algorithm is None else algorithm.value,
        layers=layers,
        seed=seed,
        max_evaluations=max_evaluations,
        max_seconds=max_seconds,
    )
    if problem is not None:
        _one(problem, out, model, settings, samples, force=force, as_json=as_json)
    elif records is not None:
        _many(records, out, model, settings, samples, as_json=as_json)


def _one(
    path: Path,
    out: Path,
    model: str,
    settings: DesignerSettings,
    samples: int,
    *,
    force: bool,
    as_json: bool,
) -> None:
    from rich.console import Console

    from quasar.agent.generate import Candidate, generate
    from quasar.core.manifest import manifest
    from quasar.core.output import new_folder
    from quasar.evaluation.folder import report_data, write_folder

    console = Console(stderr=True)
    with new_folder(out, force=force) as folder, console.status("designing …") as status:

        def show(candidate: Candidate) -> None:
            status.update(f"verified {candidate.design.ansatz}; designing …")

        found = generate(path, model, settings=settings, samples=samples, progress=show)
        status.update("drawing …")
        record = manifest(
            {**settings.model_dump(), "model": model, "samples": samples, "problem": str(path)},
            settings.seed,
        )
        files = write_folder(found, folder, record)
    if as_json:
        print_json({**report_data(found), "out": str(out), "files": files})
    else:
        _print(found, out, files)
    if not found.best.report.feasible:
        raise typer.Exit(EXIT_INFEASIBLE)


def _print(found: Generation, out: Path, files: list[str]) -> None:
    from rich.console import Console
    from rich.table import Table

    from quasar.cli.show import solution_text

    console = Console(highlight=False, soft_wrap=True)
    report, problem = found.best.report, found.problem
    source = problem.problem
    optimum, quality = report.optimum, report.quality
    title = "Find a state of lowest energy" if source is None else source.title
    console.print(f"[bold]{title}[/bold] ({problem.n_qubits} qubits, {problem.encoding} encoding)")
    if optimum is None or quality is None:
        return
    answer = quality.top_states[0]
    if answer.solution is not None:
        kind = "" if answer.feasible else " [red](breaks a constraint)[/red]"
        console.print(f"  answer      {solution_text(answer.solution)}{kind}", markup=True)
        console.print(f"  objective   {answer.objective:g}")
    proven = (
        f"proven optimal: best of all {2**problem.n_qubits:,} states"
        if answer.optimal
        else f"not optimal: energy {answer.energy:g}, best possible {optimum.e_min:g}"
    )
    console.print(f"  verdict     {proven}")
    console.print(
        f"  measured    this answer with probability {answer.probability:.3f}, "
        f"any of {optimum.n_ground_states} optimal answers with {report.p_optimal:.3f}"
    )
    console.print(f"  ratio       {report.approximation_ratio:.4f} of the energy range")
    size = quality.statistics
    if size is not None:
        console.print(
            f"  circuit     {found.best.design.ansatz}: {size.gates} gates, "
            f"{size.two_qubit_gates} on two qubits, depth {size.depth}"
        )
    table = Table("tried", "P(opt)", "ratio", "top", "gates", "2q", "depth", "evals", "s", box=None)
    for candidate in found.candidates:
        measured, design = candidate.report, candidate.design
        stats = None if measured.quality is None else measured.quality.statistics
        table.add_row(
            design.ansatz + (" (out of time)" if design.out_of_time else ""),
            f"{measured.p_optimal or 0:.3f}",
            f"{measured.approximation_ratio or 0:.4f}",
            "optimal" if measured.top_is_optimal else "-",
            *([str(stats.gates), str(stats.two_qubit_gates), str(stats.depth)] if stats else []),
            str(len(design.trace.energies)),
            f"{design.elapsed_s:.1f}",
        )
    console.print(table)
    for remark in report.remarks:
        console.print(f"  note        {remark}")
    console.print(f"  written     {out}/ ({', '.join(files)})")


def _many(
    records: Path,
    out: Path,
    model: str,
    settings: DesignerSettings,
    samples: int,
    *,
    as_json: bool,
) -> None:
    from rich.console import Console
    from rich.progress import track

    from quasar.agent.generate import generate
    from quasar.core.jsonl import drop_torn_line, read_jsonl
    from quasar.core.output import disk_errors

    if out.is_dir():
        raise InputError(f"{out} is a folder: name a file for the generations, e.g. {out}/g.jsonl.")
    if out.suffix == ".gz":
        raise InputError("generations are appended line by line: name a .jsonl file, not .gz.")
    tasks: list[tuple[int, dict[str, Any]]] = []
    for number, record in read_jsonl(records, what="records file"):
        index = record.get("sample_index", number - 1)
        if not isinstance(index, int):
            raise InputError(f"{records}, line {number}: 'sample_index' must be a whole number.")
        tasks.append((index, record))
    drop_torn_line(out)
    done = {
        (line.get("sample_index"), line.get("candidate"))
        for _, line in (read_jsonl(out) if out.exists() else ())
        if line.get("run") == model
    }
    todo = [
        (index, record, candidate)
        for index, record in tasks
        for candidate in range(1, samples + 1)
        if (index, candidate) not in done
    ]
    console = Console(stderr=True)
    with disk_errors(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("a", encoding="utf-8") as stream:
            for index, record, candidate in track(todo, "designing", console=console):
                try:
                    found = generate(record, model, settings=settings, first_sample=candidate - 1)
                except InputError as error:
                    raise InputError(f"record {index}: {error}") from error
                line = {
                    "run": model,
                    "sample_index": index,
                    "candidate": candidate,
                    "qasm": found.best.design.qasm,
                }
                stream.write(json.dumps(line) + "\n")
                stream.flush()
    result = {"out": str(out), "written": len(todo), "kept": len(tasks) * samples - len(todo)}
    if as_json:
        print_json(result)
    else:
        print(
            f"{result['written']} candidates written to {out}, {result['kept']} already there.",
            file=sys.stderr,
        )
