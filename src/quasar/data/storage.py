"""Parquet files of records: written completely or not at all, read in pieces.

The bytes of two files with equal records may differ between versions of pyarrow; what identifies a
data set is the hash of its records (`record.record_line`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

from quasar.core.errors import InputError
from quasar.core.files import replacing
from quasar.data.record import record_line
from quasar.data.schema import arrow_schema, is_large

_ROW_GROUP = 1000


def require_parquet() -> None:
    """Say what to install where pyarrow is missing.

    Raises:
        InputError: it is.
    """
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        raise InputError(
            "data sets need pyarrow: pip install -e '.[data]' in your clone of quasar."
        ) from None


def write_records(
    path: Path, records: Sequence[Mapping[str, Any]], metadata: Mapping[str, str]
) -> None:
    """Write records as a parquet file that is there completely or not at all.

    Raises:
        InfrastructureError: the disk is full.
    """
    with ParquetFile(path, metadata, large=any(map(is_large, records))) as file:
        file.add(records)


class ParquetFile(AbstractContextManager["ParquetFile"]):
    """A parquet file being written; it appears under its name when the block ends well."""

    def __init__(
        self, path: Path, metadata: Mapping[str, str] | None = None, *, large: bool = False
    ) -> None:
        self.path = path
        self._schema = arrow_schema(metadata, large=large)
        self._waiting: list[Mapping[str, Any]] = []
        self._stack = ExitStack()

    def __enter__(self) -> ParquetFile:
        from pyarrow import parquet

        with ExitStack() as stack:
            partial = stack.enter_context(replacing(self.path))
            writer = parquet.ParquetWriter(partial, self._schema, compression="zstd")
            self._writer = stack.enter_context(writer)
            stack.push(self._flush)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    def add(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Append records."""
        self._waiting += records
        if len(self._waiting) >= _ROW_GROUP:
            self._write()

    def _flush(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and self._waiting:
            self._write()

    def _write(self) -> None:
        import pyarrow as pa

        self._writer.write_table(pa.Table.from_pylist(self._waiting, schema=self._schema))
        self._waiting = []


def footer(path: Path) -> tuple[int, dict[str, str]] | None:
    """Rows and metadata of a parquet file; None if there is no complete one."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        found = parquet.read_metadata(path)
    except (OSError, pa.ArrowException):
        return None
    metadata = {k.decode(): v.decode() for k, v in (found.metadata or {}).items()}
    return found.num_rows, metadata


def read_records(path: Path, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """Yield the records of a parquet file, a thousand in memory at a time.

    Raises:
        InputError: no such file, or not a parquet file with these columns.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(_ROW_GROUP, columns=columns and list(columns)):
                yield from batch.to_pylist()
    except FileNotFoundError:
        raise InputError(f"no data file at {path}: check the path.") from None
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path} cannot be read as parquet: {error}") from error


def columns(path: Path) -> list[str]:
    """Names of the columns of a parquet file.

    Raises:
        InputError: not a parquet file.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        return list(parquet.read_schema(path).names)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path} cannot be read as parquet: {error}") from error


class SplitWriter(AbstractContextManager["SplitWriter"]):
    """Records of one split, in files of a fixed number of rows.

    Without records there is no file: `datasets` cannot read empty splits.

    Attributes:
        rows: records written.
    """

    def __init__(self, folder: Path, split: str, rows_per_file: int) -> None:
        self.rows = 0
        self._folder, self._split, self._limit = folder, split, rows_per_file
        self._hash = hashlib.sha256()
        self._file: ParquetFile | None = None
        self._open = ExitStack()

    def __exit__(self, *error: Any) -> None:
        self._open.__exit__(*error)

    def add(self, record: Mapping[str, Any]) -> None:
        """Append one record."""
        number, row = divmod(self.rows, self._limit)
        if row == 0 or self._file is None:
            self._open.close()
            path = self._folder / f"{self._split}-{number:05d}.parquet"
            self._file = self._open.enter_context(ParquetFile(path, large=is_large(record)))
        self._file.add([record])
        self._hash.update(record_line(record))
        self.rows += 1

    @property
    def digest(self) -> str:
        """SHA-256 of all records so far, as `record.record_line` writes them."""
        return self._hash.hexdigest()
