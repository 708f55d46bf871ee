"""`quasar generate`: have circuits written, verify them, and refine them if asked to."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from quasar.cli import generate_options as own
from quasar.cli import options as shared
from quasar.cli.bar import Bar
from quasar.cli.generate_task import asked_task, generate_for
from quasar.cli.idle_options import Given, refuse_idle
from quasar.cli.targets import Basis, Coupling, Target, compiled, compiled_text, read_target
from quasar.core.errors import EXIT_INFEASIBLE, EXIT_INTERRUPTED, InputError, Interrupted
from quasar.core.files import new_folder

if TYPE_CHECKING:
    from rich.status import Status

    from quasar.agent.generate import Generation
    from quasar.agent.settings import GenerationSettings
    from quasar.circuits.statistics import Compiled
    from quasar.core.cluster import Cluster
    from quasar.core.interrupt import Interrupt
    from quasar.models.protocol import Model
    from quasar.problems.base import EncodedProblem
    from quasar.prompts.chat import Request

COMPILED = "compiled.qasm"
"""In the folder: the best circuit on the target."""
_FOR_A_FILE = "--type, --attribute, --weight and --penalty are for the problem file of --problem."
_ONE_OF_THREE = (
    "give one of --problem FILE, --prompt TEXT or --records FILE, or --type alone with --attribute "
    "for a type that needs no file."
)


def command(
    context: typer.Context,
    problem: own.ProblemOrNone = None,
    prompt: own.Prompt = None,
    task: shared.TaskName = None,
    qubits: shared.TaskQubits = None,
    records: own.RecordsFile = None,
    problem_type: shared.ProblemType = None,
    attribute: shared.Attributes = None,
    weight: shared.WeightKey = None,
    penalty: shared.Penalty = None,
    out: own.Out = None,
    model: own.ModelName = None,
    algorithm: own.Algorithm = None,
    layers: own.Layers = None,
    style: own.Style = "converged",
    start: own.Start = None,
    warm_start: own.WarmStart = None,
    cvar: own.Cvar = None,
    mixer: own.Mixer = None,
    samples: own.Samples = None,
    seed: own.Seed = 0,
    temperature: own.Temperature = None,
    top_p: own.TopP = None,
    max_tokens: own.MaxTokens = None,
    constrained: own.Constrained = False,
    guided: own.Guided = None,
    model_option: own.ModelOptions = None,
    batch_size: own.BatchSize = 64,
    refine: own.Refine = False,
    refine_evaluations: own.RefineEvaluations = None,
    max_evaluations: own.MaxEvaluations = None,
    max_seconds: own.MaxSeconds = None,
    with_qaoa: own.WithQaoa = None,
    basis: Basis = None,
    coupling: Coupling = None,
    device: own.DeviceName = None,
    force: own.Force = False,
    executor: shared.OnExecutor = "local",
    ray_address: shared.RayAddress = None,
    jobs: shared.ConeJobs = 1,
    trace: own.WithTrace = False,
    as_json: shared.AsJson = False,
) -> None:
    """Have circuits for a problem or a target task written, verify them, and keep the best.

    --out gets circuit.qasm, report.json, manifest.json and pictures (circuit, measurement
    histogram, optimisation curve, graph with the solution); of a language model also its answers.
    Without --out the answer and the program are printed, and nothing is written. Ctrl-C ends with
    the best so far and exit code 130; a second one ends at once.
    """
    from quasar.agent.names import DEFAULT_MODEL, DESIGNER
    from quasar.core.cluster import Cluster
    from quasar.core.processes import cores
    from quasar.verifier.sandbox.warm import start_early

    wanted = asked_task(context)
    if wanted is not None:
        generate_for(wanted, context.params)
        return
    sources = sum(given is not None for given in (problem, prompt, records))
    if sources != 1 and (sources or problem_type is None):
        raise InputError(_ONE_OF_THREE)
    of_qaoa = any(option is not None for option in (start, warm_start, cvar, mixer))
    writer = model or (DESIGNER if of_qaoa else DEFAULT_MODEL)
    if writer != DESIGNER:
        start_early()
    given = Given(
        designer=writer == DESIGNER,
        records=records is not None,
        refine=refine,
        out=out is not None,
    )
    if records is not None:
        refuse_idle(given, context.params)
    target = read_target(basis, coupling)
    if device is not None and target is not None:
        raise InputError("--device names gates and couplings: leave out --basis and --coupling.")
    how = _settings(context.params)
    loading = _loading(context.params)
    options = own.model_options(model_option or [])
    if records is not None:
        if out is None:
            raise InputError("say which file to write the answers to: --out FILE.jsonl.")
        if any(value is not None for value in loading.values()):
            raise InputError(_FOR_A_FILE)
        cluster = None
        if executor == "ray":
            cluster = Cluster(ray_address, cores())
        _many(records, out, writer, how, options, cluster=cluster, as_json=as_json)
        return

    refuse = partial(_refuse_idle, given, context.params)
    compared = writer != DESIGNER and model is None if with_qaoa is None else with_qaoa
    spread = partial(shared.cone_workers, jobs=jobs, executor=executor, ray_address=ray_address)
    asked = _Asked(
        problem, prompt, loading, writer, options, refuse, spread, compared, trace, target
    )
    _one(asked, how, out, force=force, as_json=as_json)


def _refuse_idle(given: Given, options: Mapping[str, Any], problem: EncodedProblem) -> None:
    """Refuse options without effect on the problem, and say where a model named has no part."""
    from quasar.agent.large import NOT_FOR_MODELS, is_designed

    designed = is_designed(problem)
    refuse_idle(given._replace(designer=given.designer or designed), options)
    if designed and not given.designer and options["model"] is not None:
        typer.echo(f"note: {NOT_FOR_MODELS}", err=True)


def _loading(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the problem file, by the names that `load_problem` has."""
    plain = {name: given[name] for name in ("problem_type", "weight", "penalty")}
    return {**plain, "attributes": shared.read_attributes(given["attribute"])}


def _settings(given: Mapping[str, Any]) -> GenerationSettings:
    """How to generate, from the options by their parameters' names."""
    from quasar.agent.refine import RefineSettings
    from quasar.agent.settings import GenerationSettings
    from quasar.models.designer import DesignerSettings
    from quasar.models.protocol import Sampling
    from quasar.prompts.chat import Request

    seed, max_seconds = given["seed"], given["max_seconds"]
    request = Request(given["algorithm"], given["layers"], given["style"])
    drawing = {name: given[name] for name in ("temperature", "top_p", "max_tokens")}
    polishing = RefineSettings(
        max_evaluations=given["refine_evaluations"], max_seconds=max_seconds, seed=seed
    )
    return GenerationSettings(
        request=request,
        settings=DesignerSettings(
            **request._asdict(),
            **{name: given[name] for name in ("start", "warm_start", "cvar", "mixer")},
            seed=seed,
            max_evaluations=given["max_evaluations"],
            max_seconds=max_seconds,
        ),
        samples=given["samples"],
        sampling=Sampling.parse(
            {"seed": seed, **{k: v for k, v in drawing.items() if v is not None}}
        ),
        constrained=given["constrained"],
        guided=given["guided"],
        refine=polishing if given["refine"] else None,
        batch_size=given["batch_size"],
        device=given["device"],
    )


@dataclass(frozen=True)
class _Asked:
    """One problem, and who is to write for it.

    Attributes:
        loading: the options of the problem file.
        refuse: refuses options that have no effect on a problem; a large one is the designer's.
        spread: where the exact energies of a large problem are computed.
        with_qaoa: the designer's QAOA stands beside a model's answers.
        trace: each step of a refinement is printed.
        target: what to compile the best circuit for.
    """

    problem: Path | None
    prompt: str | None
    loading: Mapping[str, Any]
    model: str
    options: dict[str, Any]
    refuse: Callable[[EncodedProblem], None]
    spread: Callable[[EncodedProblem], AbstractContextManager[None]]
    with_qaoa: bool
    trace: bool = False
    target: Target | None = None


def _read(asked: _Asked, request: Request) -> tuple[EncodedProblem, Request, list[str]]:
    """The problem, the request with what the prompt adds, and what the prompt left open."""
    from quasar.problems.load import load_problem

    if asked.prompt is None:
        source = shared.problem_source(asked.problem, asked.loading["problem_type"])
        return load_problem(source, **asked.loading), request, []
    from quasar.prompts.read_back import open_choices, read_prompt

    if any(value is not None for value in asked.loading.values()):
        raise InputError(_FOR_A_FILE)
    encoded, stated = read_prompt(asked.prompt or "")
    algorithm = request.algorithm or stated.algorithm
    layers = request.layers
    if layers is None and algorithm != "adaptive_vqe":
        layers = stated.layers
    return encoded, request._replace(algorithm=algorithm, layers=layers), open_choices(encoded)


def _one(
    asked: _Asked, how: GenerationSettings, out: Path | None, *, force: bool, as_json: bool
) -> None:
    from rich.console import Console

    from quasar.core.interrupt import heeding
    from quasar.report.bundle import report_data, write_folder
    from quasar.report.plain_text import labelled

    console = Console(stderr=True, highlight=False)
    encoded, request, choices = _read(asked, how.request)
    asked.refuse(encoded)
    for choice in choices:
        console.print(f"note: {choice}", markup=False)
    files: list[str] = []
    with (
        asked.spread(encoded),
        _nothing_yet(),
        heeding(_say_finishing) as interrupt,
        nullcontext() if out is None else new_folder(out, force=force) as folder,
        console.status(f"loading {asked.model} …") as status,
    ):
        found, writer, how = _generated(asked, encoded, request, how, interrupt, status)
        best = found.best
        done = None
        if asked.target is not None and best.report.feasible:
            done = compiled(best.qasm, asked.target)
        if not as_json:  # the answer need not wait for its pictures
            status.stop()
            _print(found, asked, done)
            status.start()
        if folder is not None:
            status.update("drawing …")
            if done is not None:
                (folder / COMPILED).write_text(done.qasm, encoding="utf-8")
            stated = _manifest(asked, how, writer, found)
            files = write_folder(found, folder, stated, _on_target(asked.target, done))
    if as_json:
        program = {"qasm": best.qasm, "out": None if out is None else str(out), "files": files}
        target = _on_target(asked.target, done)
        shared.print_json({**report_data(found), **target, "open_choices": choices, **program})
    elif out is not None:
        typer.echo(labelled("written", f"{out}/ ({', '.join(files)})", indent=2))
    elif best.qasm:
        typer.echo(f"\n{best.qasm}", nl=False)
    if found.interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)
    if not best.report.feasible or best.report.no_solution:
        raise typer.Exit(EXIT_INFEASIBLE)


def _generated(
    asked: _Asked,
    encoded: EncodedProblem,
    request: Request,
    how: GenerationSettings,
    interrupt: Interrupt,
    status: Status,
) -> tuple[Generation, Model | None, GenerationSettings]:
    """What was found, who wrote it (None: the designer), and the settings as they were used."""
    from quasar.agent.candidate import Candidate
    from quasar.agent.generate import check_size, generate, resolve_model
    from quasar.agent.large import is_designed
    from quasar.agent.names import DESIGNER
    from quasar.optimize.minimize import load_early

    check_size(encoded, asked.model, asked.options)
    if is_designed(encoded):
        asked = replace(asked, model=DESIGNER)
    designer = how.settings and how.settings.model_copy(
        update={"algorithm": request.algorithm, "layers": request.layers}
    )

    def show(candidate: Candidate) -> None:
        status.update(f"verified {candidate.name}; designing …")

    with interrupt.at_once():
        writer = resolve_model(asked.model, asked.options)
    status.update("designing …")
    if asked.with_qaoa:
        load_early()
    found = generate(
        encoded,
        asked.model if writer is None else writer,
        settings=designer if writer is None else None,
        request=None if writer is None else request,
        **how.of_writer(),
        compare=True,
        with_qaoa=asked.with_qaoa,
        progress=show,
        interrupt=interrupt,
    )
    return found, writer, replace(how, request=request, settings=designer)


def _print(found: Generation, asked: _Asked, done: Compiled | None) -> None:
    from quasar.report.plain_text import labelled
    from quasar.report.terminal import generation_text, trace_text

    typer.echo(generation_text(found))
    if asked.trace:
        typer.echo(trace_text(found))
    if asked.target is not None and found.best.report.feasible:
        size = None if done is None else done.statistics
        typer.echo(labelled("compiled", compiled_text(size, asked.target), indent=2))


def _on_target(target: Target | None, done: Compiled | None) -> dict[str, Any]:
    """What report.json says of the compiled circuit, as `quasar verify --json` does."""
    if target is None:
        return {}
    size = None if done is None else done.statistics.model_dump(mode="json")
    return {"target": target._asdict(), "compiled": size}


def _manifest(
    asked: _Asked, how: GenerationSettings, writer: Model | None, found: Generation
) -> dict[str, Any]:
    """What steered the run."""
    from quasar.agent.steering import steering
    from quasar.core.manifest import LIBRARIES, loaded_libraries, manifest

    stated = {
        **steering(writer, how, samples=found.samples, found=found),
        "model": asked.model,
        "model_options": asked.options,
        "problem": None if asked.problem is None else str(asked.problem),
        "prompt": asked.prompt,
        "device": how.device,
    }
    seed = how.sampling.seed if how.sampling else None
    record = manifest(stated, seed, (*LIBRARIES, *loaded_libraries()))
    return {**record, "interrupted": found.interrupted, "reproducible": not found.out_of_time}


@contextmanager
def _nothing_yet() -> Iterator[None]:
    """Say what a second Ctrl-C, or one before the first circuit, leaves."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted("interrupted; nothing was written.") from None


def _say_finishing() -> None:
    text = "\nfinishing with the best so far; once more to end at once.\n"
    os.write(2, text.encode())


def _many(
    records: Path,
    out: Path,
    model: str,
    how: GenerationSettings,
    options: dict[str, Any],
    *,
    cluster: Cluster | None,
    as_json: bool,
) -> None:
    from quasar.agent.records import generate_records
    from quasar.core.interrupt import heeding

    try:
        with heeding() as interrupt, interrupt.at_once(), Bar() as bar:
            done = generate_records(
                records, out, model, how, model_options=options, cluster=cluster, progress=bar
            )
    except KeyboardInterrupt:
        raise Interrupted(
            f"interrupted; what is finished is in {out}. Run the same command again for the rest."
        ) from None
    if as_json:
        result = {"out": str(out), "written": done.written, "kept": done.kept}
        shared.print_json(result if not done.failed else {**result, "failed": done.failed})
        return
    print(
        f"{done.written} candidates written to {out}, {done.kept} already there.", file=sys.stderr
    )
    if done.failed:
        print(f"{done.failed} candidates have no answer; see their `error` field.", file=sys.stderr)
