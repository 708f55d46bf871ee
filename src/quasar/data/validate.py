"""`quasar data validate`: every record of a data set checked, and what the set as a whole promises.

Which checks a record must pass is in `check.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from quasar.core.errors import InputError
from quasar.core.parallel import Tick, map_unordered
from quasar.core.processes import cores
from quasar.core.seeds import generator
from quasar.data import storage
from quasar.data.build import DATA, describe, read_manifest
from quasar.data.check import check_record
from quasar.data.record import record_line
from quasar.data.settings import BuildSettings

_CHUNK = 16  # records handed to a worker at a time


class Finding(NamedTuple):
    """Something wrong.

    Attributes:
        file: relative to the data set; the manifest for what concerns the whole set.
        row: in the file, from 0; None for what concerns a whole file or set.
        record: its index, None likewise or where it has none.
        fault: what is wrong, one sentence.
    """

    file: str
    row: int | None
    record: int | None
    fault: str

    def __str__(self) -> str:
        where = self.file if self.row is None else f"{self.file}, row {self.row}"
        number = "" if self.record is None else f" (record {self.record})"
        return f"{where}{number}: {self.fault}"


@dataclass
class Validation:
    """What a validation found.

    Attributes:
        records: in the data set.
        checked: of those, simulated again.
        findings: everything wrong, in order of the files.
    """

    records: int = 0
    checked: int = 0
    findings: list[Finding] = field(default_factory=list)


class _CheckedRow(NamedTuple):
    file: str
    row: int
    record: dict[str, Any]


def validate(
    folder: Path,
    *,
    jobs: int | None = None,
    sample: int | None = None,
    seed: int = 0,
    start: Callable[[int], None] = lambda total: None,
    tick: Tick = lambda: None,
) -> Validation:
    """Check a data set.

    Args:
        jobs: processes; default: one for each core.
        sample: number of records, chosen at random, to simulate again; hashes, indices and counts
            are always checked on all.
        start: called with the number of records that will be simulated again.
        tick: called for each of them.

    Raises:
        InputError: no data set there.
    """
    storage.require_parquet()
    manifest = read_manifest(folder)
    if manifest is None:
        raise InputError(
            f"{folder} holds no finished data set (no manifest.json); `quasar data build` finishes "
            "one that was interrupted."
        )
    files = sorted((folder / DATA).glob("*.parquet"))
    rows = sum(found[0] for found in map(storage.footer, files) if found is not None)
    chosen = _chosen(rows, sample, seed)
    start(rows if chosen is None else len(chosen))
    found = Validation()
    whole = _Whole(folder, manifest)
    source = whole.read(files, chosen)
    work = partial(_check_chunk, _settings(manifest))
    for findings, count in map_unordered(work, source, jobs=jobs or cores(), tick=tick):
        found.checked += count
        found.findings += findings
    found.records = whole.rows
    found.findings += whole.findings()
    found.findings.sort(key=lambda f: (f.file, -1 if f.row is None else f.row))
    return found


def _chosen(rows: int, sample: int | None, seed: int) -> frozenset[int] | None:
    if sample is None or sample >= rows:
        return None
    picked = generator(seed, "validate").choice(rows, size=sample, replace=False)
    return frozenset(picked.tolist())


def _settings(manifest: Mapping[str, Any]) -> BuildSettings | None:
    """Those that the data set was built with; None for an imported one."""
    settings = manifest.get("settings", {})
    return BuildSettings.parse(settings) if "recipe" in settings else None


def _check_chunk(
    settings: BuildSettings | None, chunk: list[_CheckedRow], tick: Tick
) -> tuple[list[Finding], int]:
    findings = []
    for file, row, record in chunk:
        index = record.get("index")
        for fault in check_record(record, settings):
            findings.append(Finding(file, row, index if isinstance(index, int) else None, fault))
        tick()
    return findings, len(chunk)


class _Whole:
    """What is checked across records while they stream by."""

    def __init__(self, folder: Path, manifest: Mapping[str, Any]) -> None:
        self._folder, self._manifest = folder, manifest
        self.rows = 0
        self._found: list[Finding] = []
        self._splits: dict[str, tuple[int, Any]] = {
            name: (0, hashlib.sha256()) for name in manifest.get("splits", {})
        }
        self._seen = bytearray()

    def read(self, files: list[Path], chosen: frozenset[int] | None) -> Iterator[list[_CheckedRow]]:
        """The chosen rows in chunks; all rows pass the checks here."""
        chunk: list[_CheckedRow] = []
        for path in files:
            name = str(path.relative_to(self._folder))
            split = path.stem.rpartition("-")[0]
            try:
                for row, record in enumerate(storage.read_records(path)):
                    self._pass(name, row, split, record)
                    if chosen is None or self.rows - 1 in chosen:
                        chunk.append(_CheckedRow(name, row, record))
                    if len(chunk) == _CHUNK:
                        yield chunk
                        chunk = []
            except InputError as error:
                self._found.append(Finding(name, None, None, str(error)))
        if chunk:
            yield chunk

    def _pass(self, file: str, row: int, split: str, record: Mapping[str, Any]) -> None:
        self.rows += 1
        index = record.get("index")
        if record.get("split") != split:
            fault = f"split is {record.get('split')!r}, but the file is one of {split!r}"
            self._found.append(Finding(file, row, index, fault))
        if split in self._splits:
            rows, digest = self._splits[split]
            digest.update(record_line(record))
            self._splits[split] = rows + 1, digest
        if isinstance(index, int) and index >= 0:
            if index >= len(self._seen):
                self._seen.extend(bytes(index + 1 - len(self._seen)))
            if self._seen[index]:
                self._found.append(Finding(file, row, index, "the index occurs twice"))
            self._seen[index] = 1

    def findings(self) -> list[Finding]:
        """What is wrong, once everything has passed."""
        found, manifest = list(self._found), self._manifest

        def say(fault: str) -> None:
            found.append(Finding("manifest.json", None, None, fault))

        gaps = [index for index, seen in enumerate(self._seen) if not seen]
        if gaps:
            say(f"{len(gaps)} records are missing, the first is number {gaps[0]}")
        if self.rows != manifest.get("records"):
            say(f"states {manifest.get('records')} records, there are {self.rows}")
        now = {name: (rows, digest.hexdigest()) for name, (rows, digest) in self._splits.items()}
        for name, (_, digest) in now.items():
            if digest != manifest["splits"][name].get("sha256"):
                say(f"the records of {name} are not those that were written: their hash differs")
        if describe(now)["content_sha256"] != manifest.get("content_sha256"):
            say("content_sha256 is not the hash of the records")
        return found
