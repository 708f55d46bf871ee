"""Records from files of every kind, and what is said of files that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from quasar.core.errors import InputError
from quasar.data.source import Source
from support.small_data import records_of


def test_a_single_file_of_a_data_set_is_a_source(small_set: Path) -> None:
    path = min((small_set / "data").glob("train-*.parquet"))
    found = list(Source(path).records())
    known = {record["index"]: record for record in records_of(small_set)}
    assert [record for _, record in found] == [known[record["index"]] for _, record in found]
    assert [place.row for place, _ in found] == list(range(len(found)))


def test_an_arrow_file_is_a_source(tmp_path: Path) -> None:
    import pyarrow as pa

    path = tmp_path / "part.arrow"
    rows = [{"a": 1}, {"a": 2}]
    with (
        pa.OSFile(str(path), "wb") as sink,
        pa.ipc.new_stream(sink, pa.Table.from_pylist(rows).schema) as stream,
    ):
        stream.write_table(pa.Table.from_pylist(rows))
    assert [record for _, record in Source(path).records()] == rows


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("torn.arrow", "cannot be read as arrow"),
        ("torn.parquet", "cannot be read as parquet"),
        ("notes.txt", "neither a data set's folder nor"),
        ("absent.jsonl", "check the path"),
    ],
)
def test_a_file_that_is_none_is_named(tmp_path: Path, name: str, words: str) -> None:
    path = tmp_path / name
    if not name.startswith("absent"):
        path.write_bytes(b"no records")
    with pytest.raises(InputError, match=words):
        list(Source(path).records())
