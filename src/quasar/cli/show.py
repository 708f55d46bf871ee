"""`quasar show`: what a folder that quasar wrote holds, in short."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from quasar.cli.options import AsJson, print_json
from quasar.core.errors import InputError

_KNOWN = "a result of generate, an evaluation, a data set, a training run or a model"


def command(
    folder: Annotated[Path, typer.Argument(help="Folder that a command wrote with --out.")],
    trace: Annotated[
        bool, typer.Option("--trace", help="Of a result: each step of a refinement too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say what a folder holds: the kept answer of generate, an evaluation, a data set, a model."""
    if not folder.is_dir():
        there = "a file" if folder.exists() else "not there"
        raise InputError(f"{folder} is {there}: name a folder that quasar wrote.")
    names = {path.name for path in folder.iterdir()}
    if {"generation.json", "report.json"} & names:
        _result(folder, names, trace=trace, as_json=as_json)
        return
    if "table.json" in names:
        _evaluation(folder, as_json=as_json)
        return
    manifest = _manifest(folder, names)
    if as_json:
        print_json(dict(manifest))
        return
    for line in _about(folder, manifest):
        typer.echo(line)


def _result(folder: Path, names: set[str], *, trace: bool, as_json: bool) -> None:
    from quasar.report.bundle import report_data
    from quasar.report.store import load_generation, load_report
    from quasar.report.terminal import generation_text, report_text, trace_text

    if "generation.json" in names:
        found = load_generation(folder)
        if as_json:
            print_json(report_data(found))
            return
        typer.echo(generation_text(found))
        if trace:
            typer.echo(trace_text(found))
    elif as_json:
        print_json(_read(folder / "report.json"))
    else:
        typer.echo(report_text(load_report(folder)))


def _evaluation(folder: Path, *, as_json: bool) -> None:
    from quasar.evaluation.result import EvaluationTable

    rows = _read(folder / "table.json")
    if as_json:
        print_json(rows)
        return
    typer.echo(f"evaluation  {len(rows)} runs; {folder / 'report.md'} has all of it")
    typer.echo(str(EvaluationTable(rows)))


def _manifest(folder: Path, names: set[str]) -> Mapping[str, Any]:
    """The manifest of a data set, a model, or a run with its model.

    Raises:
        InputError: the folder holds none.
    """
    for path in (folder / "manifest.json", folder / "model" / "manifest.json"):
        if path.is_file():
            found = _read(path)
            if "splits" in found or "validation" in found:
                return found
    if "checkpoints" in names or "settings.json" in names:
        raise InputError(
            f"{folder} holds a training that has not finished: run its command again to go on."
        )
    raise InputError(f"{folder} holds nothing that quasar wrote: name the folder of {_KNOWN}.")


def _about(folder: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    if "splits" in manifest:
        splits = manifest["splits"].items()
        shares = ", ".join(f"{name} {split['records']:,}" for name, split in splits)
        yield f"data set    {manifest['records']:,} records ({shares})"
        yield f"content     sha256 {manifest['content_sha256']}"
    else:
        minutes = manifest["training_seconds"] / 60
        yield f"model       {manifest['steps']:,} steps in {minutes:,.0f} minutes"
        for name, value in sorted(manifest["validation"].items()):
            yield f"  {name:<28} {value:.4f}"
    yield f"created     {manifest['created']} by quasar {manifest['quasar']}"
    yield f"command     {' '.join(map(str, manifest['command']))}"
    card = folder / "README.md"
    if card.is_file():
        yield f"more        {card}"


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {' '.join(str(error).split())}.") from error
    if not isinstance(found, dict):
        raise InputError(f"{path} is damaged: it is not a JSON object.")
    return found
