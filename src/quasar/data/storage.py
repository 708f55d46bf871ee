"""Parquet files of records: written whole or not at all, read in pieces.

The bytes of two files with equal records may differ between versions of pyarrow; what identifies a
data set is the hash of its records (`record.record_line`).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from quasar.core.errors import InputError
from quasar.core.output import disk_errors
from quasar.data.record import record_line
from quasar.data.schema import arrow_schema

_ROW_GROUP = 1000
_TEMPORARY = ".tmp"


def require_parquet() -> None:
    """Say what to install where pyarrow is missing.

    Raises:
        InputError: it is.
    """
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        raise InputError("data sets need pyarrow: pip install 'quasar-synthesis[data]'.") from None


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is there completely or not at all.

    Raises:
        InfrastructureError: the disk is full.
    """
    temporary = _temporary(path)
    try:
        with disk_errors(path):
            with temporary.open("wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_records(
    path: Path, records: Sequence[Mapping[str, Any]], metadata: Mapping[str, str]
) -> None:
    """Write records as a parquet file that is there completely or not at all.

    Raises:
        InfrastructureError: the disk is full.
    """
    with ParquetFile(path, metadata) as file:
        file.add(records)


class ParquetFile:
    """A parquet file being written; it appears under its name when the block ends well."""

    def __init__(self, path: Path, metadata: Mapping[str, str] | None = None) -> None:
        self.path = path
        self.rows = 0
        self._schema = arrow_schema(metadata)
        self._temporary = _temporary(path)
        self._waiting: list[Mapping[str, Any]] = []

    def __enter__(self) -> ParquetFile:
        from pyarrow import parquet

        with disk_errors(self.path):
            self._writer = parquet.ParquetWriter(self._temporary, self._schema, compression="zstd")
        return self

    def add(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Append records."""
        self.rows += len(records)
        self._waiting += records
        if len(self._waiting) >= _ROW_GROUP:
            self._write()

    def _write(self) -> None:
        import pyarrow as pa

        table = pa.Table.from_pylist(self._waiting, schema=self._schema)
        self._waiting = []
        with disk_errors(self.path):
            self._writer.write_table(table)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                if self._waiting:
                    self._write()
                with disk_errors(self.path):
                    self._writer.close()
                    with self._temporary.open("rb") as stream:
                        os.fsync(stream.fileno())
                    self._temporary.replace(self.path)
        finally:
            with suppress(OSError):
                self._writer.close()
            with suppress(OSError):
                self._temporary.unlink(missing_ok=True)


def footer(path: Path) -> tuple[int, dict[str, str]] | None:
    """Rows and metadata of a parquet file; None where there is no whole one."""
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


class SplitWriter:
    """Records of one split, in files of a fixed number of rows; keeps their hash.

    Without records there is no file: `datasets` knows no empty splits.

    Attributes:
        rows: records written.
    """

    def __init__(self, folder: Path, split: str, rows_per_file: int) -> None:
        self.rows = 0
        self._folder, self._split, self._limit = folder, split, rows_per_file
        self._hash = hashlib.sha256()
        self._file: ParquetFile | None = None

    def add(self, record: Mapping[str, Any]) -> None:
        """Append one record."""
        number, row = divmod(self.rows, self._limit)
        if row == 0:
            self.close()
            path = self._folder / f"{self._split}-{number:05d}.parquet"
            self._file = ParquetFile(path).__enter__()
        if self._file is not None:
            self._file.add([record])
        self._hash.update(record_line(record))
        self.rows += 1

    def close(self, kind: type[BaseException] | None = None) -> str:
        """Finish the last file; returns the hash of all records.

        Args:
            kind: the exception that ended the work, if one did: the last file is dropped.
        """
        file, self._file = self._file, None
        if file is not None:
            file.__exit__(kind)
        return self._hash.hexdigest()


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}{_TEMPORARY}")


def remove_leftovers(folder: Path) -> None:
    """Delete what killed writers left behind."""
    for path in folder.glob(f".*{_TEMPORARY}"):
        path.unlink(missing_ok=True)
