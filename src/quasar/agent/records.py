"""Candidates for many records: batched, appended line by line, resumed where they stopped.

A line has `run`, `sample_index`, `candidate` and `qasm`, as every generations file; of a language
model also the raw `text`, `finish_reason`, the tokens, `expanded_characters` (how many at the
text's end followed from what the model had decided), and `error` where there was no answer. With
refinement there is one line a record, its `run` says so, and `origin` and `written` tell what the
model wrote from what was polished. With a device the best candidate on it gets the line, its `run`
ends in the device's name, and `on_device` and `compiled` say what it is there.

What counts as a model's failure: no program in its answer, a prompt longer than its context, a
problem beyond its size, a refusal. What does not: an endpoint that cannot be reached or has no
answer, or too little memory. Such candidates get no line; running the same command again asks for
them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from quasar.agent.generate import default_samples, resolve_model
from quasar.agent.names import DEFAULT_MODEL, DESIGNER
from quasar.agent.record_lines import Record, Shared, Written, lines_of, remote_lines_of
from quasar.agent.settings import GenerationSettings
from quasar.agent.steering import steering
from quasar.core.cluster import Cluster
from quasar.core.errors import InfrastructureError, InputError
from quasar.core.files import disk_errors, drop_torn_line, write_json
from quasar.core.jsonl import read_jsonl
from quasar.core.manifest import LIBRARIES, loaded_libraries, manifest
from quasar.core.progress import Progress
from quasar.devices.load import device as load_device
from quasar.models.designer import DesignerSettings
from quasar.models.protocol import Model, Sampling

REFINED = "+refine"
"""Ends the name of a run whose candidates were refined: they are not the model's alone."""


def generate_records(
    records: Path,
    out: Path,
    model: str | Model = DEFAULT_MODEL,
    settings: GenerationSettings | None = None,
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
    settings = settings or GenerationSettings()
    if out.is_dir():
        raise InputError(f"{out} is a folder: name a file for the generations, e.g. {out}/g.jsonl.")
    if out.suffix == ".gz":
        raise InputError("generations are appended line by line: name a .jsonl file, not .gz.")
    tasks = read_records(records)
    there_on = None if settings.device is None else load_device(settings.device).name
    writer = resolve_model(model, model_options)
    name = DESIGNER if writer is None else writer.name
    run = name if settings.refine is None else name + REFINED
    done = Written(run if there_on is None else f"{run}+{there_on}")
    options = {"model": model if isinstance(model, str) else name, "model_options": model_options}
    stated = {**_steering(writer, settings), **options, "records": str(records)}
    there = _there(out, done.run)
    compared = settings.refine is not None or (writer is not None and settings.one_a_record)
    per_record = 1 if compared else settings.samples or 1
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
        lines = lines_of(waiting, todo, writer, settings, done)
    else:
        if not isinstance(model, str):
            raise InputError("on a cluster the model is given by its name.")
        shared = Shared(model, model_options, settings, done.run)
        lines = remote_lines_of(waiting, todo, shared, cluster, done)
    with disk_errors(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        _write_manifest(out, done.run, stated)
        shown = progress or Progress()
        shown.start("writing", count)
        with out.open("a", encoding="utf-8") as stream:
            try:
                _write(lines, stream, done, shown)
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


def _steering(writer: Model | None, settings: GenerationSettings) -> dict[str, Any]:
    designing = settings.settings or DesignerSettings()
    seed = designing.seed if writer is None else (settings.sampling or Sampling()).seed
    return {
        "seed": seed,
        **steering(
            writer, settings, samples=settings.samples or default_samples(writer, settings.refine)
        ),
        "batch_size": settings.batch_size,
        "device": settings.device,
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
        InputError: it cannot be read, a number is not an integer or occurs twice, or there
            are no records.
    """
    found: dict[int, Record] = {}
    for number, data in read_jsonl(path, what="records file"):
        index = data.get("sample_index", number - 1)
        if not isinstance(index, int) or isinstance(index, bool):
            raise InputError(f"{path}, line {number}: 'sample_index' must be an integer.")
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
