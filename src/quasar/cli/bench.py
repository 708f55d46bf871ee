"""`quasar bench`: the benchmarks of a source checkout."""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from quasar.cli.options import AsJson, print_json
from quasar.core.errors import InputError


def command(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Which one; without it, the names.")] = None,
    as_json: AsJson = False,
) -> None:
    """Run a benchmark and write benchmarks/results/NAME.json; without a name, list them.

    Further options are the benchmark's own; `python -m benchmarks.NAME --help` tells them.
    """
    folder = _folder()
    known = {
        path.stem: _title(path)
        for path in sorted(folder.glob("*.py"))
        if not path.stem.startswith("_") and "\ndef main(" in path.read_text(encoding="utf-8")
    }
    if name is None:
        if as_json:
            print_json({"benchmarks": known})
        else:
            width = max(map(len, known))
            typer.echo("\n".join(f"{key:{width}}  {title}" for key, title in known.items()))
        return
    if name not in known:
        raise InputError(f"unknown benchmark {name!r}; choose one of {', '.join(known)}.")
    sys.path.insert(0, str(folder.parent))
    module = importlib.import_module(f"benchmarks.{name}")
    with contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext():
        module.main(context.args)
    result = folder / "results" / f"{name}.json"
    if as_json and result.exists():
        print_json(json.loads(result.read_text(encoding="utf-8")))


def _folder() -> Path:
    """The checkout's benchmarks.

    Raises:
        InputError: this is an installed package, which has none.
    """
    folder = Path(__file__).resolve().parents[3] / "benchmarks"
    if not (folder / "_common.py").is_file():
        raise InputError(
            "the benchmarks come with the source and not with the installed package: clone the "
            "repository, run `make`, and repeat the command with .venv/bin/quasar."
        )
    return folder


def _title(path: Path) -> str:
    """First line of a file's docstring."""
    return path.read_text(encoding="utf-8").partition('"""')[2].partition("\n")[0].rstrip('"')
