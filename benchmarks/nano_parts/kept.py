"""What a run has made already, kept so that an interrupted one goes on.

One file for each piece of work, under `runs/bench-nano/`; its name holds a digest of everything
that the piece depends on: weights, the sources of quasar and of this benchmark, the problems, and
what the piece says of itself. So nothing is taken from a run of other code.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from benchmarks._common import ROOT

from quasar.core.errors import InputError
from quasar.models.registry import checkpoint

T = TypeVar("T")


class Kept:
    """Pieces of work in a folder.

    Args:
        folder: where they lie.
        basis: digest of what all pieces depend on.
        fresh: forget what is there.
    """

    def __init__(self, folder: Path, basis: str, *, fresh: bool = False) -> None:
        if fresh and folder.is_dir():
            shutil.rmtree(folder)
        self.folder = folder
        self.basis = basis
        self.found = 0
        self.made = 0

    def get(self, name: str, told: str, make: Callable[[], T]) -> T:
        """A JSON-able piece: read if it is there, else made and written.

        Args:
            name: for people, may hold any characters.
            told: what the piece depends on besides the basis.
        """
        digest = hashlib.sha256(f"{self.basis}\0{name}\0{told}".encode()).hexdigest()[:16]
        file = self.folder / f"{re.sub(r'[^a-zA-Z0-9.]+', '-', name)}-{digest}.json"
        if file.is_file():
            self.found += 1
        else:
            text = json.dumps(make())
            file.parent.mkdir(parents=True, exist_ok=True)
            unfinished = file.with_suffix(".part")
            unfinished.write_text(text, encoding="utf-8")
            unfinished.replace(file)
            self.made += 1
        content: T = json.loads(file.read_text(encoding="utf-8"))
        return content


def basis(model: str, data: Path | None = None) -> str:
    """Digest of a checkpoint's weights, the sources and the problems.

    Args:
        data: a data set that is measured too; it counts by name and the size of its files.
    """
    told = hashlib.sha256()
    try:
        files = [f for f in sorted(Path(checkpoint(model)).rglob("*")) if f.suffix != ".md"]
    except InputError:
        files = []
    told.update(b"" if files else model.encode())
    _add(told, files)
    source = ROOT / "src" / "quasar"
    _add(told, (f for f in sorted(source.rglob("*")) if f.suffix in (".py", ".json")))
    _add(told, sorted((ROOT / "benchmarks" / "nano_parts").glob("*.py")))
    problems = (ROOT / "benchmarks" / "held_out").iterdir()
    _add(told, sorted(f for f in problems if f.name != "qaoa_best.json"))
    for file in sorted(data.rglob("*")) if data is not None else ():
        told.update(f"{file} {file.stat().st_size}".encode())
    return told.hexdigest()


def digest(files: Iterable[Path]) -> str:
    """Of some files' names and contents."""
    told = hashlib.sha256()
    _add(told, files)
    return told.hexdigest()


def _add(told: Any, files: Iterable[Path]) -> None:
    for file in files:
        if file.is_file():
            told.update(file.name.encode())
            told.update(hashlib.sha256(file.read_bytes()).digest())
