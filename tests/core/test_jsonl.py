"""Files of one object a line: every kind of damage is told with its place."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from quasar.core.errors import InfrastructureError, InputError
from quasar.core.jsonl import append_jsonl, read_jsonl


def test_empty_lines_are_skipped_and_numbers_are_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"a": 1}\n\n{"a": 2}')
    assert list(read_jsonl(path)) == [(1, {"a": 1}), (3, {"a": 2})]


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    content = b'\xef\xbb\xbf{"a": 1}\r\n{"a": 2}\r\n'
    (tmp_path / "x.jsonl").write_bytes(content)
    with gzip.open(tmp_path / "x.jsonl.gz", "wb") as stream:
        stream.write(content)
    for name in ("x.jsonl", "x.jsonl.gz"):
        assert [row for _, row in read_jsonl(tmp_path / name)] == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"a": 1}\n{"a"', "line 2 is not JSON"),
        (b"[1]\n", "line 1 must be a JSON object"),
        (b"[" * 200_000 + b"\n", "line 1 is nested too deeply"),
        (b'{"a": ' + b"9" * 5000 + b"}\n", "line 1 is nested too deeply or holds a number"),
        (b'{"a": "\xff"}\n', "is not UTF-8 text"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        list(read_jsonl(path))


def test_a_damaged_archive_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl.gz"
    rows = "".join(json.dumps({"a": i * 7919 % 10007}) + "\n" for i in range(20_000))
    whole = gzip.compress(rows.encode())
    middle = bytearray(whole)
    middle[len(whole) // 2 : len(whole) // 2 + 40] = b"\xff" * 40
    for content in (b"no archive", whole[:-100], bytes(middle)):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"damaged|not JSON|not UTF-8"):
            list(read_jsonl(path))


def test_rows_are_appended(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    append_jsonl(path, [{"a": 1}])
    append_jsonl(path, [])
    append_jsonl(path, [{"a": "ü\n"}, {"a": None}])
    assert [row for _, row in read_jsonl(path)] == [{"a": 1}, {"a": "ü\n"}, {"a": None}]


def test_a_full_disk_is_told() -> None:
    with pytest.raises(InfrastructureError, match="disk is full"):
        append_jsonl(Path("/dev/full"), [{"a": 1}])
