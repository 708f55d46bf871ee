"""The lines of a generations file: what a model or the designer gives for each record.

Made in this process or by the workers of a Ray cluster; `records` writes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any, NamedTuple

from quasar.agent.generate import Generation, generate, resolve_model
from quasar.agent.names import DESIGNER
from quasar.agent.propose import NoAnswer, Proposal, Proposer, Question
from quasar.agent.settings import GenerationSettings
from quasar.core.cluster import Cluster, on_ray
from quasar.core.errors import InputError
from quasar.models.protocol import Model
from quasar.problems.base import EncodedProblem
from quasar.problems.load import load_problem
from quasar.prompts.chat import Request

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


def lines_of(
    records: Sequence[Record],
    todo: dict[int, list[int]],
    writer: Model | None,
    settings: GenerationSettings,
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
    asked: list[_AskedRecord] = []
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
            asked.append(_AskedRecord(record, request, question, missing))
    if first is not None and not asked and not done.kept:
        raise first
    yield from refused
    if not settings.one_a_record:
        yield from _answers(asked, proposer, settings.batch_size, done)
    else:
        for one in asked:
            yield [_refined(one, writer, settings, done.run)]


class Shared(NamedTuple):
    """What every worker of a cluster needs."""

    model: str
    options: dict[str, Any] | None
    settings: GenerationSettings
    run: str


class _RecordsPart(NamedTuple):
    """Some records, with the numbers of the candidates that each lacks."""

    records: list[Record]
    todo: dict[int, list[int]]


def remote_lines_of(
    records: Sequence[Record],
    todo: dict[int, list[int]],
    shared: Shared,
    cluster: Cluster,
    done: Written,
) -> Iterator[list[dict[str, Any]]]:
    """As `lines_of`, by the workers of a cluster, as they finish."""
    source = iter(records)
    parts = (
        _RecordsPart(some, {r.sample_index: todo[r.sample_index] for r in some})
        for some in iter(lambda: list(islice(source, _RECORDS_A_TASK)), [])
    )
    for lines, lost, reason in on_ray(_work, shared, parts, cluster):
        done.lost += lost
        done.reason = done.reason or reason
        yield lines


_kept: dict[str, Model | None] = {}
"""Of a worker of a cluster: the model that it has loaded."""


def _work(shared: Shared, part: _RecordsPart) -> tuple[list[dict[str, Any]], int, str]:
    name = json.dumps([shared.model, shared.options], default=str)
    if name not in _kept:
        _kept.clear()
        _kept[name] = resolve_model(shared.model, shared.options)
    # As if something were kept: that no record of this part can be asked says nothing of others.
    done = Written(shared.run, kept=1)
    made = lines_of(part.records, part.todo, _kept[name], shared.settings, done)
    return [line for batch in made for line in batch], done.lost, done.reason


def _load(record: Record) -> EncodedProblem:
    try:
        return load_problem(record.data, verifiable=True)
    except InputError as error:
        raise InputError(f"record {record.sample_index}: {error}") from error


def _designed(
    record: Record, candidate: int, settings: GenerationSettings, run: str
) -> dict[str, Any]:
    try:
        found = generate(
            record.data,
            DESIGNER,
            settings=settings.settings,
            samples=None if settings.refine is None else settings.samples,
            first_sample=candidate - 1,
            refine=settings.refine,
            device=settings.device,
        )
    except InputError as error:
        raise InputError(f"record {record.sample_index}: {error}") from error
    line = {**_start(record, candidate, run), "qasm": found.best.qasm, **_there(found)}
    return line if settings.refine is None else {**line, **_provenance(found)}


class _AskedRecord(NamedTuple):
    record: Record
    request: Request
    question: Question
    missing: list[int]


def _refined(
    one: _AskedRecord, writer: Model, settings: GenerationSettings, run: str
) -> dict[str, Any]:
    try:
        found = generate(_load(one.record), writer, request=one.request, **settings.of_writer())
    except NoAnswer as error:
        return _refusal(one.record, 1, str(error), run)
    line = {**_start(one.record, 1, run), "qasm": found.best.qasm}
    return {**line, **_there(found), **_provenance(found)}


def _there(found: Generation) -> dict[str, Any]:
    """How good the best candidate is on the device that was named, and compiled for it."""
    if found.device is None:
        return {}
    best = found.best
    quality = None if best.on_device is None else best.on_device.model_dump(mode="json")
    return {"on_device": quality, "obstacle": best.obstacle, "compiled": found.compiled}


def _provenance(found: Generation) -> dict[str, Any]:
    """Who wrote the best candidate, and what was written before it was polished."""
    best = found.best
    text = {} if best.proposal is None else {"text": best.proposal.text}
    return {"origin": best.origin, "written": best.written, **text}


def _answers(
    asked: Sequence[_AskedRecord], proposer: Proposer, batch_size: int, done: Written
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


def _batches(asked: Sequence[_AskedRecord], size: int) -> Iterator[list[_AskedRecord]]:
    """Neighbours that lack equally many answers, no chat twice.

    A back end gives different answers to a chat asked twice in one call; asked in two calls it
    gives the same, however the records are batched.
    """
    for samples, group in groupby(asked, key=lambda one: max(one.missing)):
        batch: list[_AskedRecord] = []
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
