"""Candidates for many records: batched, appended line by line, resumed where they stopped.

A line has `run`, `sample_index`, `candidate` and `qasm`, as every generations file; of a language
model also the raw `text`, `finish_reason`, the tokens, `expanded_characters` (so many at the text's
end followed from what the model had decided), and `error` where there was no answer. With
refinement there is one line a record, its `run` says so, and `origin` and `written` tell what the
model wrote from what was polished.

What counts as a model's failure: no program in its answer, a prompt longer than its context, a
problem beyond its size, a refusal. What does not: an endpoint that cannot be reached or has no
answer, or too little memory. Such candidates get no line; running the same command again asks for
them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path
from typing import IO, Any, NamedTuple

from quasar.agent.generate import (
    DEFAULT_MODEL,
    DESIGNER,
    Generation,
    default_samples,
    generate,
    resolve_model,
)
from quasar.agent.propose import NoAnswer, Proposal, Proposer, Question
from quasar.agent.refine import RefineSettings
from quasar.agent.steering import steering
from quasar.core.cluster import Cluster, on_ray
from quasar.core.errors import InfrastructureError, InputError
from quasar.core.files import disk_errors, drop_torn_line, write_json
from quasar.core.jsonl import read_jsonl
from quasar.core.manifest import LIBRARIES, loaded_libraries, manifest
from quasar.core.progress import Progress
from quasar.models.designer import DesignerSettings
from quasar.models.protocol import Model, Sampling
from quasar.problems.base import EncodedProblem
from quasar.problems.load import load_problem
from quasar.prompts.chat import Request

REFINED = "+refine"
"""Ends the name of a run whose candidates were refined: they are not the model's alone."""
BATCH_SIZE = 64
"""Answers asked for at a time."""
_RECORDS_A_TASK = 16  # on a cluster


class Record(NamedTuple):
    """One problem.

    Attributes:
        sample_index: its number; the line's position (from 0) where the file gives none.
        data: the record.
    """

    sample_index: int
    data: dict[str, Any]


@dataclass
class Written:
    """What became of the candidates.

    Attributes:
        run: name of the run.
        written: lines added.
        kept: candidates that were there already.
        failed: of the lines added, those of which the model gave no answer.
        lost: candidates that could not be had, through no fault of the model.
        reason: why, of the first of these.
    """

    run: str
    written: int = 0
    kept: int = 0
    failed: int = 0
    lost: int = 0
    reason: str = ""


@dataclass
class RecordsSettings:
    """How records are answered; see `generate` for what is not explained here.

    Attributes:
        request: its layers go before those of a record.
        settings: the designer's.
        samples: candidates of each record; with `refine`, answers a refinement begins with.
        batch_size: answers of a language model asked for at a time; after each batch its lines are
            on disk.
    """

    request: Request = field(default_factory=Request)
    settings: DesignerSettings | None = None
    samples: int | None = None
    sampling: Sampling | None = None
    constrained: bool = False
    guided: bool | None = None
    refine: RefineSettings | None = None
    batch_size: int = BATCH_SIZE


def generate_records(
    records: Path,
    out: Path,
    model: str | Model = DEFAULT_MODEL,
    settings: RecordsSettings | None = None,
    *,
    model_options: dict[str, Any] | None = None,
    cluster: Cluster | None = None,
    progress: Progress | None = None,
) -> Written:
    """Write the candidates of each record that are not in `out` yet.

    A language model's answer depends on seed, prompt and its number, not on what else is asked. It
    is asked for the layers that a record states, as the benchmark's prompts do.

    Args:
        cluster: work on this Ray cluster, where each core loads the model for itself; the same
            lines in another order.

    Raises:
        InputError: a file that cannot be used, or a model that no record can be asked of.
        InfrastructureError: candidates could not be had; all others are on disk.
    """
    settings = settings or RecordsSettings()
    if out.is_dir():
        raise InputError(f"{out} is a folder: name a file for the generations, e.g. {out}/g.jsonl.")
    if out.suffix == ".gz":
        raise InputError("generations are appended line by line: name a .jsonl file, not .gz.")
    tasks = read_records(records)
    writer = resolve_model(model, model_options)
    name = DESIGNER if writer is None else writer.name
    done = Written(name if settings.refine is None else name + REFINED)
    options = {"model": model if isinstance(model, str) else name, "model_options": model_options}
    stated = {**_steering(writer, settings), **options, "records": str(records)}
    there = _there(out, done.run)
    per_record = 1 if settings.refine is not None else settings.samples or 1
    todo = {
        record.sample_index: missing
        for record in tasks
        if (
            missing := [
                k for k in range(1, per_record + 1) if (record.sample_index, k) not in there
            ]
        )
    }
    waiting = [record for record in tasks if record.sample_index in todo]
    count = sum(map(len, todo.values()))
    done.kept = len(tasks) * per_record - count
    if cluster is None:
        lines = _lines(waiting, todo, writer, settings, done)
    else:
        if not isinstance(model, str):
            raise InputError("on a cluster the model is given by its name.")
        shared = _Shared(model, model_options, settings, done.run)
        lines = _remote_lines(waiting, todo, shared, cluster, done)
    with disk_errors(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        _write_manifest(out, done.run, stated)
        told = progress or Progress()
        told.start("writing", count)
        with out.open("a", encoding="utf-8") as stream:
            try:
                _write(lines, stream, done, told)
            except InfrastructureError as error:
                raise InfrastructureError(
                    f"{error} {done.written} candidates were written before that; run the same "
                    "command again for the rest."
                ) from error
    if done.lost:
        raise InfrastructureError(
            f"{done.lost} of {count} candidates could not be had: {done.reason} The other "
            f"{done.written} are in {out}; run the same command again for the rest."
        )
    return done


def manifest_path(out: Path) -> Path:
    """Where the manifests of the runs in a generations file are kept, by name of the run."""
    return out.with_name(f"{out.stem}.manifest.json")


def _steering(writer: Model | None, settings: RecordsSettings) -> dict[str, Any]:
    designing = settings.settings or DesignerSettings()
    seed = designing.seed if writer is None else (settings.sampling or Sampling()).seed
    return {
        "seed": seed,
        **steering(
            writer,
            settings.request,
            settings=settings.settings,
            sampling=settings.sampling,
            constrained=settings.constrained,
            guided=settings.guided,
            refine=settings.refine,
            samples=settings.samples or default_samples(writer, settings.refine),
        ),
        "batch_size": settings.batch_size,
    }


def _write_manifest(out: Path, run: str, stated: dict[str, Any]) -> None:
    """Add a run's manifest, or replace it by that of the command that goes on with it."""
    path = manifest_path(out)
    try:
        known = json.loads(path.read_bytes()) if path.exists() else {}
    except ValueError:
        known = {}
    libraries = (*LIBRARIES, *loaded_libraries())
    known[run] = manifest(stated, stated["seed"], libraries)
    write_json(path, known)


def read_records(path: Path) -> list[Record]:
    """All records of a file.

    Raises:
        InputError: it cannot be read, a number is none or comes twice, or there is no record.
    """
    found: dict[int, Record] = {}
    for number, data in read_jsonl(path, what="records file"):
        index = data.get("sample_index", number - 1)
        if not isinstance(index, int) or isinstance(index, bool):
            raise InputError(f"{path}, line {number}: 'sample_index' must be a whole number.")
        if index in found:
            raise InputError(f"{path}, line {number}: sample_index {index} is there already.")
        found[index] = Record(index, data)
    if not found:
        raise InputError(f"{path} holds no records.")
    return list(found.values())


def _there(out: Path, run: str) -> set[tuple[Any, Any]]:
    """(sample_index, candidate) of the run's lines; a torn last line is cut off."""
    with disk_errors(out):
        drop_torn_line(out)
    return {
        (line.get("sample_index"), line.get("candidate"))
        for _, line in (read_jsonl(out) if out.exists() else ())
        if line.get("run") == run
    }


def _write(
    lines: Iterable[list[dict[str, Any]]], stream: IO[str], done: Written, progress: Progress
) -> None:
    for batch in lines:
        before = done.lost
        stream.writelines(json.dumps(line) + "\n" for line in batch)
        stream.flush()
        done.written += len(batch)
        done.failed += sum("error" in line for line in batch)
        progress.advance(len(batch) + done.lost - before)


def _lines(
    records: Sequence[Record],
    todo: dict[int, list[int]],
    writer: Model | None,
    settings: RecordsSettings,
    done: Written,
) -> Iterator[list[dict[str, Any]]]:
    """Finished lines, as many at a time as are made together."""
    if writer is None:
        for record in records:
            for candidate in todo[record.sample_index]:
                yield [_designed(record, candidate, settings, done.run)]
        return
    proposer = Proposer(
        writer, settings.sampling, constrained=settings.constrained, guided=settings.guided
    )
    asked: list[_Asked] = []
    refused: list[list[dict[str, Any]]] = []
    first: InputError | None = None
    for record in records:
        missing, request = todo[record.sample_index], _request(record, settings.request)
        problem = _load(record)
        try:
            question = proposer.question(problem, request)
        except InputError as error:
            first = first or error
            refused.append([_refusal(record, k, str(error), done.run) for k in missing])
        else:
            asked.append(_Asked(record, request, question, missing))
    if first is not None and not asked and not done.kept:
        raise first
    yield from refused
    if settings.refine is None:
        yield from _answers(asked, proposer, settings.batch_size, done)
    else:
        for one in asked:
            yield [_refined(one, writer, settings, done.run)]


class _Shared(NamedTuple):
    """What every worker of a cluster needs."""

    model: str
    options: dict[str, Any] | None
    settings: RecordsSettings
    run: str


class _Part(NamedTuple):
    """Some records, with the numbers of the candidates that each lacks."""

    records: list[Record]
    todo: dict[int, list[int]]


def _remote_lines(
    records: Sequence[Record],
    todo: dict[int, list[int]],
    shared: _Shared,
    cluster: Cluster,
    done: Written,
) -> Iterator[list[dict[str, Any]]]:
    source = iter(records)
    parts = (
        _Part(some, {r.sample_index: todo[r.sample_index] for r in some})
        for some in iter(lambda: list(islice(source, _RECORDS_A_TASK)), [])
    )
    for lines, lost, reason in on_ray(_work, shared, parts, cluster):
        done.lost += lost
        done.reason = done.reason or reason
        yield lines


_kept: dict[str, Model | None] = {}
"""Of a worker of a cluster: the model that it has loaded."""


def _work(shared: _Shared, part: _Part) -> tuple[list[dict[str, Any]], int, str]:
    name = json.dumps([shared.model, shared.options], default=str)
    if name not in _kept:
        _kept.clear()
        _kept[name] = resolve_model(shared.model, shared.options)
    # As if something were kept: that no record of this part can be asked says nothing of others.
    done = Written(shared.run, kept=1)
    made = _lines(part.records, part.todo, _kept[name], shared.settings, done)
    return [line for batch in made for line in batch], done.lost, done.reason


def _load(record: Record) -> EncodedProblem:
    try:
        return load_problem(record.data, verifiable=True)
    except InputError as error:
        raise InputError(f"record {record.sample_index}: {error}") from error


def _designed(
    record: Record, candidate: int, settings: RecordsSettings, run: str
) -> dict[str, Any]:
    try:
        found = generate(
            record.data,
            DESIGNER,
            settings=settings.settings,
            samples=None if settings.refine is None else settings.samples,
            first_sample=candidate - 1,
            refine=settings.refine,
        )
    except InputError as error:
        raise InputError(f"record {record.sample_index}: {error}") from error
    line = {**_start(record, candidate, run), "qasm": found.best.qasm}
    return line if settings.refine is None else {**line, **_provenance(found)}


class _Asked(NamedTuple):
    record: Record
    request: Request
    question: Question
    missing: list[int]


def _refined(one: _Asked, writer: Model, settings: RecordsSettings, run: str) -> dict[str, Any]:
    try:
        found = generate(
            _load(one.record),
            writer,
            request=one.request,
            samples=settings.samples,
            sampling=settings.sampling,
            constrained=settings.constrained,
            guided=settings.guided,
            refine=settings.refine,
        )
    except NoAnswer as error:
        return _refusal(one.record, 1, str(error), run)
    return {**_start(one.record, 1, run), "qasm": found.best.qasm, **_provenance(found)}


def _provenance(found: Generation) -> dict[str, Any]:
    """Who wrote the best candidate, and what was written before it was polished."""
    best = found.best
    text = {} if best.proposal is None else {"text": best.proposal.text}
    return {"origin": best.origin, "written": best.written, **text}


def _answers(
    asked: Sequence[_Asked], proposer: Proposer, batch_size: int, done: Written
) -> Iterator[list[dict[str, Any]]]:
    """A language model's answers, many records at a time."""
    for batch in _batches(asked, batch_size):
        rows = proposer.propose([one.question for one in batch], max(batch[0].missing))
        lines = []
        for one, proposals in zip(batch, rows, strict=True):
            for k in one.missing:
                proposal = proposals[k - 1]
                if proposal.outage:
                    done.lost += 1
                    done.reason = done.reason or str(proposal.error)
                else:
                    lines.append(_line(one.record, k, proposal, done.run))
        yield lines


def _batches(asked: Sequence[_Asked], size: int) -> Iterator[list[_Asked]]:
    """Neighbours that lack equally many answers, no chat twice.

    A back end gives different answers to a chat asked twice in one call; asked in two calls it
    gives the same, however the records are batched.
    """
    for samples, group in groupby(asked, key=lambda one: max(one.missing)):
        batch: list[_Asked] = []
        for one in group:
            repeated = any(one.question.chat == other.question.chat for other in batch)
            if batch and (repeated or (len(batch) + 1) * samples > size):
                yield batch
                batch = []
            batch.append(one)
        yield batch


def _request(record: Record, request: Request) -> Request:
    """The request, with the record's layers where it names none and takes some."""
    layers = record.data.get("number_of_layers")
    takes = request.layers is None and request.algorithm != "adaptive_vqe"
    if not takes or not isinstance(layers, int) or isinstance(layers, bool):
        return request
    return request._replace(layers=layers)


def _start(record: Record, candidate: int, run: str) -> dict[str, Any]:
    return {"run": run, "sample_index": record.sample_index, "candidate": candidate}


def _line(record: Record, candidate: int, proposal: Proposal, run: str) -> dict[str, Any]:
    line = {
        **_start(record, candidate, run),
        "qasm": proposal.qasm or "",
        "text": proposal.text,
        "finish_reason": proposal.finish_reason,
        "prompt_tokens": proposal.prompt_tokens,
        "completion_tokens": proposal.completion_tokens,
    }
    if proposal.expanded:
        line["expanded_characters"] = len(proposal.expanded)
    return line if proposal.error is None else {**line, "error": proposal.error}


def _refusal(record: Record, candidate: int, why: str, run: str) -> dict[str, Any]:
    """The line of a problem that the model cannot be asked about."""
    return {
        **_start(record, candidate, run),
        "qasm": "",
        "text": "",
        "finish_reason": "error",
        "error": why,
    }
