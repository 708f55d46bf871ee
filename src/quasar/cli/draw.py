"""`quasar draw`: pictures of a circuit, a problem, or a result, in a file or as text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from quasar.cli.circuit_input import Assignments, parse_program, read_program
from quasar.cli.options import (
    PROBLEM,
    Attributes,
    ProblemType,
    WeightKey,
    read_problem,
)
from quasar.cli.output import check_new_file
from quasar.core.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from quasar.problems.base import EncodedProblem, Problem
    from quasar.report.gallery import Gallery

Kind = Literal["circuit", "answer", "histogram", "optimisation", "problem"]
_CIRCUITS = (".qasm", ".qasm2", ".qasm3", ".qpy")


def command(
    source: Annotated[
        Path,
        typer.Argument(
            help="Circuit file, problem file, or folder of a result; - reads a circuit from "
            "standard input."
        ),
    ],
    problem: Annotated[
        Path | None,
        typer.Option(
            help="Problem of a circuit, for pictures of its answer and its measurements.",
            rich_help_panel=PROBLEM,
        ),
    ] = None,
    kind: Annotated[
        Kind | None,
        typer.Option(
            help="What to draw. Default: the circuit, of a problem its graph, of a result its "
            "answer on the graph."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="File to write, .png, .svg or .pdf. Default: text on the terminal."),
    ] = None,
    width: Annotated[int, typer.Option(help="Columns of the text.", min=40, max=400)] = 80,
    assignments: Assignments = None,
    problem_type: ProblemType = None,
    attribute: Attributes = None,
    weight: WeightKey = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing --out.")] = False,
) -> None:
    """Draw a circuit, a problem's graph, or a result: to a picture, or as text without --out."""
    from quasar.circuits.parameters import read_assignments
    from quasar.report import style

    if out is not None:
        check_new_file(out, force=force)
        if out.suffix.lower() not in style.FORMATS:
            raise InputError(f"--out ends in {', '.join(style.FORMATS)}, not {out.suffix!r}.")
    if source.is_dir():
        gallery, asked = _of_result(source), kind or "answer"
    elif _is_circuit(source):
        parameters = read_assignments(assignments or ())
        encoded = (
            None
            if problem is None
            else read_problem(problem, problem_type, attribute, weight=weight)
        )
        gallery, asked = _of_circuit(source, encoded, parameters), kind or "circuit"
    else:
        from quasar.report.gallery import Gallery

        found = read_problem(source, problem_type, attribute, weight=weight)
        gallery, asked = Gallery(found, None), kind or "problem"
    if out is None:
        typer.echo(_text(gallery, asked, width))
        return
    figure = _problem_figure(gallery) if asked == "problem" else gallery.draw(asked)
    from quasar.core.files import disk_errors

    with disk_errors(out):
        style.save(figure, out, tight=asked in {"histogram", "optimisation"})
    typer.echo(f"written: {out}")


def _is_circuit(source: Path) -> bool:
    if str(source) == "-" or source.suffix.lower() in _CIRCUITS:
        return True
    try:
        with source.open("rb") as file:
            start = file.read(4096)
    except OSError:
        return False
    return b"OPENQASM" in start or start.startswith(b"QISKIT")


def _of_result(folder: Path) -> Gallery:
    from quasar.report.gallery import Gallery
    from quasar.report.store import load_generation, load_report

    if (folder / "generation.json").is_file():
        return Gallery.of(load_generation(folder))
    report = load_report(folder)
    judged = report.judged
    return Gallery(judged.problem, report, judged.qasm, judged.parameters)


def _of_circuit(
    source: Path, problem: EncodedProblem | None, parameters: dict[str, float]
) -> Gallery:
    from quasar.report.gallery import Gallery
    from quasar.verifier.bounded import verify_bounded
    from quasar.verifier.sandbox.limits import SandboxLimits
    from quasar.verifier.settings import VerifierSettings

    text, parameters = read_program(source, None, parameters)
    plain = text if isinstance(text, str) else text.decode("utf-8", "replace")
    if problem is None:
        return Gallery(None, None, plain, parameters)
    settings = VerifierSettings(max_stage=3, header="language")
    report = verify_bounded(text, problem, None, settings, SandboxLimits(), parameters)
    if not report.feasible:
        raise InputError(f"the circuit is infeasible for this problem: {report.fault}")
    return Gallery(problem, report, plain, parameters)


def _problem_figure(gallery: Gallery) -> Figure:
    from quasar.problems.overlay import SolutionOverlay
    from quasar.report.graph_picture import MOST_NODES, GraphPicture

    problem, graph = _graph(gallery)
    if len(graph) > MOST_NODES:
        raise InputError(
            f"a graph of {len(graph):,} nodes is not drawn: pictures end at {MOST_NODES:,}. "
            "Without --out its edges are listed."
        )
    return GraphPicture(SolutionOverlay(graph, problem.title)).figure


def _graph(gallery: Gallery) -> tuple[Problem, Any]:
    """A problem and its graph.

    Raises:
        InputError: there is none.
    """
    problem = None if gallery.problem is None else gallery.problem.problem
    graph = getattr(problem, "graph", None)
    if problem is None or not hasattr(graph, "edges"):
        what = "there is no problem" if problem is None else f"{problem.problem_type} has no graph"
        raise InputError(f"{what}: nothing can be drawn of it; `quasar encode` shows its terms.")
    return problem, graph


def _text(gallery: Gallery, kind: Kind, width: int) -> str:
    if kind == "problem":
        return _problem_text(gallery)
    if kind not in ("circuit", "answer") or not gallery.qasm:
        raise InputError(f"a picture of kind {kind} needs a file: --out {kind}.png.")
    from quasar.report.circuit_picture import draw_text

    circuit = parse_program(gallery.qasm, dict(gallery.parameters)).circuit
    if circuit is None:
        raise InputError("a dynamic program has no picture: it is not a fixed list of gates.")
    return draw_text(circuit, width)


def _problem_text(gallery: Gallery) -> str:
    """The graph as lists of neighbours."""
    from quasar.problems.overlay import label_text

    problem, graph = _graph(gallery)
    lines = [
        problem.title,
        f"{graph.number_of_nodes()} nodes, {graph.number_of_edges()} edges",
    ]
    for node in graph:
        joined = ", ".join(label_text(other) for other in graph[node])
        lines.append(f"  {label_text(node)}: {joined or '-'}")
    return "\n".join(lines)
