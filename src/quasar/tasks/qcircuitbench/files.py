"""Where the files of a copy of QCircuitBench lie, and how its small text files are read.

A place in the set is its path below the folder that holds `Algorithm_Design`. Python files of the
set are never read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from quasar.core.errors import InputError

TOP = ("Algorithm_Design", "Oracle_Construction", "Random_Circuits", "Cirq_Version")
"""Folders that stand side by side in a copy."""
_COPIES = "qcircuitbench"  # a folder that holds further oracles of the same algorithms
_MOST_BYTES = 4 << 20
_LINE = re.compile(r"^\s*([^:\n]+?)\s*:[ \t]*(.*?)\s*$", re.MULTILINE)


class SetPlace(NamedTuple):
    """A file or folder of a copy.

    Attributes:
        root: the folder of the copy.
        path: below it, with `/`.
    """

    root: Path
    path: str

    @property
    def here(self) -> Path:
        """Its path on this machine."""
        return self.root / self.path


def place_of(given: str) -> SetPlace:
    """The place that a path names; of an oracle's files their folder.

    Raises:
        InputError: there is no such file, or it is not in a copy of the set.
    """
    path = Path(given).expanduser().resolve()
    if not path.exists():
        raise InputError(f"there is no file or folder {given!r} in the copy of QCircuitBench.")
    if path.name in ("oracle.inc", "oracle_info.txt", "state_info.txt"):
        path = path.parent
    parts = path.parts
    for at in range(len(parts) - 1, 0, -1):
        root = Path(*parts[:at])
        if parts[at] in TOP or (parts[at] == _COPIES and (root / TOP[0]).is_dir()):
            return SetPlace(root, "/".join(parts[at:]))
    raise InputError(
        f"{given!r} is not in a copy of QCircuitBench: the path must hold one of the folders "
        f"{', '.join(TOP)}."
    )


def text_of(path: Path) -> str:
    """A text file of the set.

    Raises:
        InputError: it is missing, larger than 4 MiB, or not UTF-8.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"{path} has more than 4 MiB: it is not a file of QCircuitBench.")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise InputError(f"{path} of QCircuitBench cannot be read: {reason}.") from error


def facts_of(path: Path) -> dict[str, str]:
    """The lines `name: value` of a file, names in lower case.

    Raises:
        InputError: see `text_of`.
    """
    return {name.lower(): value for name, value in _LINE.findall(text_of(path))}


def only(folder: Path, pattern: str, what: str) -> Path:
    """The one file of a folder that a glob pattern names; of several the first by name.

    Raises:
        InputError: there is none.
    """
    found = sorted(path for path in folder.glob(pattern) if path.suffix != ".py")
    if not found:
        raise InputError(f"{what} is missing: {folder} holds no file {pattern}.")
    return found[0]


def places(root: Path) -> Iterator[SetPlace]:
    """Everything in a copy that might be a task: programs, and folders with an oracle."""
    for top in (*TOP[:3], _COPIES):
        for at, _, names in sorted(os.walk(root / top)):
            folder = Path(at).relative_to(root).as_posix()
            if "oracle.inc" in names:
                yield SetPlace(root, folder)
            for name in sorted(names):
                if name.endswith(".qasm"):
                    yield SetPlace(root, f"{folder}/{name}")
