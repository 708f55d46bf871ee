"""`quasar generate`: have circuits written, verify them, and refine them if asked to."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quasar.cli.bar import Bar
from quasar.cli.options import (
    AsJson,
    EngineName,
    OnEngine,
    Penalty,
    RayAddress,
    WeightKey,
    print_json,
)
from quasar.core.errors import EXIT_INFEASIBLE, EXIT_INTERRUPTED, InputError, Interrupted

if TYPE_CHECKING:
    from quasar.agent.records import RecordsSettings
    from quasar.core.cluster import Cluster
    from quasar.problems.base import EncodedProblem
    from quasar.prompts.chat import Request

_ONE_OF_THREE = "give one of --problem FILE, --prompt TEXT or --records FILE."


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
    prompt: Annotated[
        str | None,
        typer.Option(
            help="The problem in words, in the published prompts' form.", show_default=False
        ),
    ] = None,
    records: Annotated[
        Path | None,
        typer.Option(
            help="Records, one JSON object a line (.jsonl or .jsonl.gz); writes one line a "
            "candidate and resumes where it stopped.",
            show_default=False,
        ),
    ] = None,
    weight: WeightKey = None,
    penalty: Penalty = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder to write (--problem, --prompt) or generations file to write (--records).",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="Who writes: designer (classical), nano, a checkpoint folder, owner/name on the "
            "Hugging Face hub, openai:NAME, vllm:NAME. See docs/models.md.",
            show_default=False,
        ),
    ] = None,
    algorithm: Annotated[
        AlgorithmName | None,
        typer.Option(
            help="Default: the model's choice; the designer tries all and keeps the best measured.",
            show_default=False,
        ),
    ] = None,
    layers: Annotated[
        int | None,
        typer.Option(
            help="Layers p of QAOA or VQE. Default: the writer's choice; for records, of language "
            "models, as the record states.",
            min=1,
            max=20,
            show_default=False,
        ),
    ] = None,
    style: Annotated[
        StyleName,
        typer.Option(
            help="converged: as good as can be; agent-q: like the benchmark's reference circuits "
            "(the designer then draws algorithm and layers as there)."
        ),
    ] = StyleName.converged,
    samples: Annotated[
        int | None,
        typer.Option(
            help="Independent attempts. Default: 1; 8 of a language model with --refine.",
            min=1,
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of all randomness.", min=0)] = 0,
    temperature: Annotated[
        float | None,
        typer.Option(
            help="Language models: 0 takes the likeliest token each time. Default: 0.7.",
            min=0.0,
            max=5.0,
            show_default=False,
        ),
    ] = None,
    top_p: Annotated[
        float | None,
        typer.Option(
            help="Language models: draw from the likeliest tokens of this total probability. "
            "Default: 0.8.",
            min=0.0,
            max=1.0,
            show_default=False,
        ),
    ] = None,
    max_tokens: Annotated[
        int | None,
        typer.Option(
            help="Language models: longest answer. Default: what the context leaves.",
            min=1,
            show_default=False,
        ),
    ] = None,
    constrained: Annotated[
        bool,
        typer.Option(
            "--constrained/--no-constrained",
            help="Language models: hold answers to a grammar of circuits on the right qubits.",
        ),
    ] = False,
    guided: Annotated[
        bool | None,
        typer.Option(
            "--guided/--free-running",
            help="Language models: leave to the model what takes thought (structure, depth, bits, "
            "angles), and write out the program that follows; or take every word from the model. "
            "Default: guided, where the model can be.",
            show_default=False,
        ),
    ] = None,
    model_option: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE",
            help="Setting of the model's back end, such as dtype=bfloat16; may be repeated.",
            show_default=False,
        ),
    ] = None,
    batch_size: Annotated[
        int, typer.Option(help="Records: answers of a language model asked for at a time.", min=1)
    ] = 64,
    refine: Annotated[
        bool,
        typer.Option(
            "--refine",
            help="Several proposals, the verifier's report as another turn, and the angles of the "
            "best few polished.",
        ),
    ] = False,
    budget: Annotated[
        int | None,
        typer.Option(
            help="Energy evaluations of --refine, all candidates together; default: 2000, fewer on "
            "large circuits.",
            min=1,
            show_default=False,
        ),
    ] = None,
    max_evaluations: Annotated[
        int | None,
        typer.Option(
            help="Designer: energy evaluations for each algorithm; default: 600, fewer on large "
            "circuits, or what the agent-q recipe sets.",
            min=1,
            show_default=False,
        ),
    ] = None,
    max_seconds: Annotated[
        float | None,
        typer.Option(
            help="Also stop after so many seconds for each algorithm of the designer, and for the "
            "polishing of --refine. What this cuts short may differ from run to run, and says so. "
            "Default: no limit.",
            min=0.1,
            show_default=False,
        ),
    ] = None,
    with_qaoa: Annotated[
        bool | None,
        typer.Option(
            "--with-qaoa/--without-qaoa",
            help="One problem: the designer's QAOA stands beside a language model's answers.",
            show_default="where no --model is named",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace an existing --out folder.")
    ] = False,
    engine: OnEngine = EngineName.local,
    ray_address: RayAddress = None,
    as_json: AsJson = False,
) -> None:
    """Have circuits for a problem written, verify them, and keep the best with its evidence.

    Writes circuit.qasm, report.json, manifest.json and pictures (circuit, measurement histogram,
    optimisation curve, graph with the solution); of a language model also its answers.
    """
    from quasar.agent.generate import DEFAULT_MODEL
    from quasar.agent.records import RecordsSettings
    from quasar.agent.refine import RefineSettings
    from quasar.core.cluster import Cluster
    from quasar.models.designer import DesignerSettings
    from quasar.models.protocol import Sampling
    from quasar.prompts.chat import Request
    from quasar.verifier.sandbox.pool import cores

    if sum(given is not None for given in (problem, prompt, records)) != 1:
        raise InputError(_ONE_OF_THREE)
    if out is None:
        raise InputError("say where to write: --out PATH.")
    drawing = {"temperature": temperature, "top_p": top_p, "max_tokens": max_tokens}
    request = Request(None if algorithm is None else algorithm.value, layers, style.value)
    how = RecordsSettings(
        request=request,
        settings=DesignerSettings(
            **request._asdict(),
            seed=seed,
            max_evaluations=max_evaluations,
            max_seconds=max_seconds,
        ),
        samples=samples,
        sampling=Sampling.parse(
            {"seed": seed, **{k: v for k, v in drawing.items() if v is not None}}
        ),
        constrained=constrained,
        guided=guided,
        refine=RefineSettings(max_evaluations=budget, max_seconds=max_seconds, seed=seed)
        if refine
        else None,
        batch_size=batch_size,
    )
    writer = model or DEFAULT_MODEL
    options = model_options(model_option or [])
    if records is not None:
        if weight is not None or penalty is not None:
            raise InputError("--weight and --penalty are for the problem file of --problem.")
        cluster = None
        if engine is EngineName.ray:
            cluster = Cluster(ray_address, cores())
        _many(records, out, writer, how, options, cluster=cluster, as_json=as_json)
        return
    if engine is EngineName.ray:
        raise InputError("--engine ray spreads --records; one problem is solved here.")
    loading = {"weight": weight, "penalty": penalty}
    _one(
        problem,
        prompt,
        out,
        writer,
        how,
        options,
        loading=loading,
        with_qaoa=model is None if with_qaoa is None else with_qaoa,
        force=force,
        as_json=as_json,
    )


def model_options(given: list[str]) -> dict[str, Any]:
    """The back end's settings from `key=value` texts; lists and objects are written as JSON.

    Raises:
        InputError: one is no such pair.
    """
    options: dict[str, Any] = {}
    for text in given:
        key, separator, value = text.partition("=")
        if not separator or not key:
            raise InputError(f"--model-option takes KEY=VALUE, not {text!r}.")
        options[key] = value
        if value[:1] in ("[", "{"):
            try:
                options[key] = json.loads(value)
            except ValueError as error:
                raise InputError(f"--model-option {key}: not JSON: {error}.") from error
    return options


def _read(
    problem: Path | None, prompt: str | None, request: Request, loading: Mapping[str, Any]
) -> tuple[EncodedProblem, Request, list[str]]:
    """The problem, the request with what the prompt adds, and what the prompt left open."""
    from quasar.problems.load import load_problem
    from quasar.prompts.read_back import open_choices, read_prompt

    if problem is not None:
        return load_problem(problem, verifiable=True, **loading), request, []
    if any(value is not None for value in loading.values()):
        raise InputError("--weight and --penalty are for the problem file of --problem.")
    encoded, stated = read_prompt(prompt or "")
    algorithm = request.algorithm or stated.algorithm
    asked = request.layers
    layers = stated.layers if asked is None and algorithm != "adaptive_vqe" else asked
    return encoded, request._replace(algorithm=algorithm, layers=layers), open_choices(encoded)


def _one(
    path: Path | None,
    prompt: str | None,
    out: Path,
    model: str,
    how: RecordsSettings,
    options: dict[str, Any],
    *,
    loading: Mapping[str, Any],
    with_qaoa: bool,
    force: bool,
    as_json: bool,
) -> None:
    from rich.console import Console

    from quasar.agent.candidate import Candidate
    from quasar.agent.generate import check_size, generate, resolve_model
    from quasar.agent.steering import steering
    from quasar.cli.show import generation_text
    from quasar.core.files import new_folder
    from quasar.core.interrupt import heeding
    from quasar.core.manifest import LIBRARIES, loaded_libraries, manifest
    from quasar.report.bundle import report_data, write_folder

    console = Console(stderr=True, highlight=False)
    encoded, request, choices = _read(path, prompt, how.request, loading)
    for choice in choices:
        console.print(f"note: {choice}", markup=False)
    check_size(encoded, model, options)
    with (
        _nothing_yet(),
        heeding(_say_finishing) as interrupt,
        new_folder(out, force=force) as folder,
        console.status("designing …") as status,
    ):

        def show(candidate: Candidate) -> None:
            status.update(f"verified {candidate.name}; designing …")

        designer = how.settings
        if designer is not None:
            designer = designer.model_copy(
                update={"algorithm": request.algorithm, "layers": request.layers}
            )
        status.update(f"loading {model} …")
        with interrupt.at_once():
            writer = resolve_model(model, options)
        status.update("designing …")
        found = generate(
            encoded,
            model if writer is None else writer,
            settings=designer if writer is None else None,
            request=None if writer is None else request,
            samples=how.samples,
            sampling=how.sampling,
            constrained=how.constrained,
            guided=how.guided,
            refine=how.refine,
            compare=True,
            with_qaoa=with_qaoa,
            progress=show,
            interrupt=interrupt,
        )
        if not as_json:  # the answer need not wait for its pictures
            status.stop()
            generation_text(found)
            status.start()
        status.update("drawing …")
        used = steering(
            writer,
            request,
            settings=designer,
            sampling=how.sampling,
            constrained=how.constrained,
            guided=how.guided,
            refine=how.refine,
            samples=found.samples,
            found=found,
        )
        record = manifest(
            {
                **used,
                "model": model,
                "model_options": options,
                "problem": None if path is None else str(path),
                "prompt": prompt,
            },
            how.sampling.seed if how.sampling else None,
            (*LIBRARIES, *loaded_libraries()),
        )
        record |= {"interrupted": found.interrupted, "reproducible": not found.out_of_time}
        files = write_folder(found, folder, record)
    if as_json:
        print_json({**report_data(found), "open_choices": choices, "out": str(out), "files": files})
    else:
        print(f"  written     {out}/ ({', '.join(files)})")
    if found.interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)
    if not found.best.report.feasible or found.best.report.no_solution:
        raise typer.Exit(EXIT_INFEASIBLE)


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
    how: RecordsSettings,
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
        print_json(result if not done.failed else {**result, "failed": done.failed})
        return
    print(
        f"{done.written} candidates written to {out}, {done.kept} already there.", file=sys.stderr
    )
    if done.failed:
        print(f"{done.failed} of them are no answer; the lines say why.", file=sys.stderr)
