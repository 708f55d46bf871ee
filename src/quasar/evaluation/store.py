"""The folder of an evaluation: what was measured stays, however the process ends.

`candidates.jsonl` grows line by line and is sorted at the end; `references.jsonl` is written as a
whole; `manifest.json` says for which records, settings and versions both hold. Only one process
writes at a time.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import IO, Any, NamedTuple, Self

from quasar.core.errors import InputError
from quasar.core.files import (
    disk_errors,
    drop_torn_line,
    locked,
    remove_partial,
    replacing,
    write_json,
    write_text,
)
from quasar.core.jsonl import read_jsonl
from quasar.evaluation.rows import Key, Row, measurement_from_row, reference_from_row, reference_row
from quasar.verifier.measurement import Measurement, Reference

MANIFEST, CANDIDATES, REFERENCES, EXTRAS = (
    "manifest.json",
    "candidates.jsonl",
    "references.jsonl",
    "extras.jsonl",
)
TABLE, REPORT = "table.json", "report.md"
OWN_FILES = (MANIFEST, CANDIDATES, REFERENCES, EXTRAS, TABLE, REPORT)
PLOTS = "plots"

_MUST_MATCH = {
    "records": "other records",
    "settings": "other settings",
    "versions": "other library versions",
}


def data_files(folder: Path) -> dict[str, bytes]:
    """Everything in an evaluation's folder that is not drawn from the table: content by name."""
    names = (name for name in OWN_FILES if name != REPORT)
    paths = {name: folder / name for name in names}
    return {name: path.read_bytes() for name, path in paths.items() if path.exists()}


class Stored(NamedTuple):
    """A measured candidate: fingerprint of its text, what was found, and its line where this
    process has written one.
    """

    digest: str
    measured: Measurement
    line: str | None = None


class Store(AbstractContextManager["Store"]):
    """An evaluation's folder, opened for writing.

    Args:
        folder: made where it does not exist.
        identity: what stored measurements depend on; see `_MUST_MATCH`.
        force: drop what an earlier evaluation left.

    Raises:
        InputError: the folder holds something else, an evaluation of something else, or is in use.
    """

    def __init__(self, folder: Path, identity: Mapping[str, Any], *, force: bool = False) -> None:
        self.folder = folder
        self.identity = json.loads(json.dumps(identity))
        self.force = force
        self.manifest: dict[str, Any] = {}
        self._stack = ExitStack()
        self._stream: IO[str] | None = None

    def __enter__(self) -> Self:
        self._stack.enter_context(disk_errors(self.folder))
        try:
            if self.folder.exists() and not self.folder.is_dir():
                raise InputError(f"{self.folder} is a file: choose a folder for --out.")
            self.folder.mkdir(parents=True, exist_ok=True)
            busy = (
                f"another evaluation is writing to {self.folder}: wait for it, or choose another "
                "--out."
            )
            self._stack.enter_context(locked(self.folder, busy))
            self._stack.callback(self._close_stream)  # which can find the disk full too
            self._check()
            remove_partial(self.folder)
            drop_torn_line(self.path(CANDIDATES))
            drop_torn_line(self.path(EXTRAS))
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    def path(self, name: str) -> Path:
        """A file of the folder."""
        return self.folder / name

    def _check(self) -> None:
        if not self.path(MANIFEST).exists():
            names = sorted(path.name for path in self.folder.iterdir())
            foreign = [name for name in names if not name.endswith(".partial")]
            if foreign and not self.force:
                raise InputError(
                    f"{self.folder} holds other files ({', '.join(foreign[:3])}): choose another "
                    "--out, or --force to write beside them."
                )
            self._clear()
            return
        if self.force:
            self._clear()
            return
        try:
            self.manifest = json.loads(self.path(MANIFEST).read_text(encoding="utf-8"))
            known = self.manifest["identity"]
        except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError):
            raise InputError(
                f"{self.path(MANIFEST)} is not the manifest of an evaluation: choose another "
                "--out, or --force to start again."
            ) from None
        for name, what in _MUST_MATCH.items():
            if known.get(name) != self.identity[name]:
                where = _difference(known, self.identity, name)
                raise InputError(
                    f"{self.folder} was measured with {what}{where}: choose another --out, or "
                    "--force to start again."
                )

    def _clear(self) -> None:
        for name in OWN_FILES:
            self.path(name).unlink(missing_ok=True)
        shutil.rmtree(self.path(PLOTS), ignore_errors=True)

    def write_manifest(self, content: Mapping[str, Any]) -> None:
        """Note what this folder is about, before anything is measured."""
        self.manifest = {**content, "identity": self.identity}
        write_json(self.path(MANIFEST), self.manifest)

    def write_table(self, table: Mapping[str, Any]) -> None:
        """Write `table.json`."""
        write_json(self.path(TABLE), table, allow_nan=False)

    def references(self) -> list[Reference] | None:
        """What was measured of the records; None before that."""
        if not self.path(REFERENCES).exists():
            return None
        return [reference_from_row(row) for _, row in read_jsonl(self.path(REFERENCES))]

    def write_references(self, references: Iterable[Reference]) -> None:
        """Keep what was measured of the records."""
        write_text(self.path(REFERENCES), "".join(_line(reference_row(r)) for r in references))

    def candidates(self) -> dict[Key, Stored]:
        """Everything measured so far."""
        found: dict[Key, Stored] = {}
        if not self.path(CANDIDATES).exists():
            return found
        for number, row in read_jsonl(self.path(CANDIDATES)):
            try:
                key = (row["run"], row["sample_index"], row["candidate"])
                found[key] = Stored(row["digest"], measurement_from_row(row))
            except KeyError as error:
                raise InputError(
                    f"{self.path(CANDIDATES)}, line {number} lacks {error}: --force starts again."
                ) from None
        return found

    def append(self, row: Row) -> str:
        """Add one measured candidate; on disk, or at least with the system, when this returns.

        Returns:
            The line.
        """
        if self._stream is None:
            self._stream = self.path(CANDIDATES).open("a", encoding="utf-8")
        line = _line(row)
        self._stream.write(line)
        self._stream.flush()
        return line

    def replace_candidates(self, rows: Iterable[Row | str]) -> None:
        """Write all candidates in their final order: rows, or lines that `append` returned."""
        self._close_stream()
        with (
            replacing(self.path(CANDIDATES)) as partial,
            partial.open("w", encoding="utf-8") as stream,
        ):
            stream.writelines(row if isinstance(row, str) else _line(row) for row in rows)

    def extras(self) -> list[Row]:
        """Lines of `extras.jsonl`: what was measured on request."""
        if not self.path(EXTRAS).exists():
            return []
        return [row for _, row in read_jsonl(self.path(EXTRAS))]

    def append_extra(self, row: Row) -> None:
        """Add one measurement made on request."""
        with self.path(EXTRAS).open("a", encoding="utf-8") as stream:
            stream.write(_line(row))

    def replace_extras(self, rows: Sequence[Row]) -> None:
        """Write them in their final order."""
        if rows:
            write_text(self.path(EXTRAS), "".join(map(_line, rows)))

    def _close_stream(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None


def _line(row: Row) -> str:
    return json.dumps(row, ensure_ascii=True, allow_nan=False) + "\n"


def _difference(known: Mapping[str, Any], wanted: Mapping[str, Any], name: str) -> str:
    """The first difference, in brackets; empty for fingerprints."""
    old, new = known.get(name), wanted[name]
    if not isinstance(old, dict) or not isinstance(new, dict):
        return ""
    for key in sorted(old.keys() | new.keys()):
        a, b = old.get(key), new.get(key)
        if a != b:
            if isinstance(a, dict) and isinstance(b, dict):
                return _difference(old, new, key)
            if key not in old or key not in new:
                return " (made by another version of quasar)"
            return f" ({key} {a!r} there, {b!r} now)"
    return ""
