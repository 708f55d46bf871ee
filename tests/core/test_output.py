"""Folders and files that survive bad luck."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from quasar.core.errors import InfrastructureError, InputError
from quasar.core.jsonl import drop_torn_line, read_jsonl
from quasar.core.output import disk_errors, new_folder


def test_a_failed_run_leaves_nothing_and_keeps_the_old(tmp_path: Path) -> None:
    out = tmp_path / "result"
    with new_folder(out) as folder:
        (folder / "a").write_text("old")

    def fails_midway() -> None:
        with new_folder(out, force=True) as folder:
            (folder / "a").write_text("new")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails_midway()
    assert (out / "a").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["result"]


def test_an_existing_folder_needs_force(tmp_path: Path) -> None:
    out = tmp_path / "result"
    with new_folder(out) as folder:
        (folder / "a").write_text("old")
    with pytest.raises(InputError, match=r"already exists.*--force"), new_folder(out):
        pass
    with new_folder(out, force=True) as folder:
        (folder / "b").write_text("new")
    assert [p.name for p in out.iterdir()] == ["b"]


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "result").write_text("")
    with pytest.raises(InputError, match="is a file"), new_folder(tmp_path / "result"):
        pass


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"), new_folder(tmp_path / "file" / "x"):
        pass


def test_a_full_disk_is_not_the_callers_fault(tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError, match="disk is full"), disk_errors(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("content", "left", "cut"),
    [
        (b'{"a": 1}\n{"a": 2}\n', b'{"a": 1}\n{"a": 2}\n', False),
        (b'{"a": 1}\n{"a": ', b'{"a": 1}\n', True),
        (b'{"a"', b"", True),
        (b"", b"", False),
    ],
)
def test_a_torn_last_line_is_dropped(
    tmp_path: Path, content: bytes, left: bytes, cut: bool
) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(content)
    assert drop_torn_line(path) is cut
    assert path.read_bytes() == left


def test_bad_lines_are_named(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_text('{"a": 1}\n\nnope\n')
    with pytest.raises(InputError, match="line 3 is not JSON"):
        list(read_jsonl(path))
    path.write_text("[1]\n")
    with pytest.raises(InputError, match="line 1 must be a JSON object"):
        list(read_jsonl(path))
    broken = tmp_path / "lines.jsonl.gz"
    broken.write_bytes(b"not gzip")
    with pytest.raises(InputError, match="damaged gzip"):
        list(read_jsonl(broken))
