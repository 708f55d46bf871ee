"""Records from wherever they are: our data sets, record files, folders of parquet or arrow, a hub.

Each record comes with its place, so that findings can name it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from quasar.core.errors import InputError, ProblemError
from quasar.core.jsonl import read_jsonl
from quasar.core.parallel import chunked, map_ordered
from quasar.data import storage
from quasar.data.identity import instance_id
from quasar.problems.base import Problem
from quasar.problems.load import build_problem, read_problem_data

_CHUNK = 64  # records handed to a worker at a time


class Place(NamedTuple):
    """Where a record is.

    Attributes:
        file: its file.
        row: from 0; for a text file the line, from 1.
        split: None where the source has none.
    """

    file: str
    row: int
    split: str | None

    def __str__(self) -> str:
        return f"{self.file}, {'line' if self.file.endswith(_LINES) else 'row'} {self.row}"


_LINES = (".jsonl", ".jsonl.gz", ".json")
STATEMENT = ("problem", "problem_type", "graph", "problem_specific_attributes", "split")
"""Columns that state the problem, of those that a source may have."""


@dataclass(frozen=True)
class Source:
    """Records at a path.

    Attributes:
        path: a data set's folder, a folder saved by `datasets`, a parquet or arrow file, or lines
            of JSON.
        split: only this split, where the source has several.
    """

    path: Path
    split: str | None = None

    def records(
        self, columns: Sequence[str] | None = None
    ) -> Iterator[tuple[Place, dict[str, Any]]]:
        """Yield every record with its place.

        Args:
            columns: read only those of these that there are, where the format allows.

        Raises:
            InputError: nothing readable there, or no such split.
        """
        seen = False
        for place, record in self._all(columns):
            if self.split is None or place.split == self.split:
                seen = True
                yield place, record
        if self.split is not None and not seen:
            raise InputError(f"{self.path} has no records in a split {self.split!r}.")

    def _all(self, columns: Sequence[str] | None) -> Iterator[tuple[Place, dict[str, Any]]]:
        path = self.path
        if not path.exists():
            raise InputError(f"nothing at {path}: check the path.")
        if path.is_dir():
            yield from self._folder(columns)
        elif path.name.endswith(_LINES):
            for line, record in read_jsonl(path, what="records file"):
                yield Place(str(path), line, record.get("split")), record
        elif path.suffix == ".parquet":
            yield from _parquet(path, columns)
        elif path.suffix == ".arrow":
            yield from _arrow(path)
        else:
            raise InputError(
                f"{path} is neither a data set's folder nor a .jsonl, .jsonl.gz, .parquet or "
                ".arrow file."
            )

    def _folder(self, columns: Sequence[str] | None) -> Iterator[tuple[Place, dict[str, Any]]]:
        kinds: tuple[tuple[str, Callable[[Path], Iterator[tuple[Place, dict[str, Any]]]]], ...] = (
            ("*.parquet", partial(_parquet, columns=columns)),
            ("*.arrow", _arrow),
        )
        for pattern, read in kinds:
            files = sorted(
                p
                for p in self.path.rglob(pattern)
                if not any(part.startswith(".") for part in p.relative_to(self.path).parts)
                and not p.name.startswith("cache-")
            )
            for file in files:
                yield from read(file)
            if files:
                return
        raise InputError(f"{self.path} holds no .parquet or .arrow files.")


def _parquet(path: Path, columns: Sequence[str] | None) -> Iterator[tuple[Place, dict[str, Any]]]:
    split = _split_in_name(path)
    if columns is not None:
        present = storage.columns(path)
        columns = [name for name in columns if name in present]
    for row, record in enumerate(storage.read_records(path, columns)):
        yield Place(str(path), row, record.get("split") or split), record


def _arrow(path: Path) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Files of `datasets.save_to_disk`, one folder a split."""
    import pyarrow as pa

    split = path.parent.name if (path.parent / "state.json").exists() else None
    row = 0
    try:
        with pa.memory_map(str(path)) as stream:
            for batch in pa.ipc.open_stream(stream):
                for record in batch.to_pylist():
                    yield Place(str(path), row, split), record
                    row += 1
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path} cannot be read as arrow: {error}") from error


def _split_in_name(path: Path) -> str | None:
    """`train` of `train-00000.parquet`, as hubs name their files."""
    name = path.stem.split("-")[0]
    return name if name in {"train", "validation", "test"} else None


def problem_of(record: dict[str, Any]) -> Problem:
    """The problem that a record states.

    Raises:
        ProblemError: it states none.
    """
    return build_problem(read_problem_data(record, record=True), record=True)


def instance_ids(source: Source, *, jobs: int = 1) -> Iterator[tuple[Place, str]]:
    """Yield place and instance id of every record, in the source's order.

    Raises:
        InputError: a record that states no problem; names it.
    """
    for found in map_ordered(_identify, chunked(source.records(STATEMENT), _CHUNK), jobs=jobs):
        yield from found


def known_instances(paths: Iterable[Path]) -> frozenset[str]:
    """Instance ids of all records in some files and data sets.

    Raises:
        InputError: one cannot be read, or has a record that states no problem.
    """
    return frozenset(name for path in paths for _, name in instance_ids(Source(path)))


def _identify(chunk: list[tuple[Place, dict[str, Any]]]) -> list[tuple[Place, str]]:
    found = []
    for place, record in chunk:
        try:
            found.append((place, instance_id(problem_of(record))))
        except ProblemError as error:
            raise InputError(f"{place}: {error}") from error
    return found
