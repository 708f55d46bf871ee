"""Folders and files that survive bad luck."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quasar.core.errors import InfrastructureError, InputError
from quasar.core.files import (
    disk_errors,
    drop_torn_line,
    locked,
    new_folder,
    remove_partial,
    replacing,
    write_bytes,
    write_json,
    write_text,
)


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


@pytest.mark.parametrize("write", [write_bytes, write_text, write_json])
def test_a_write_that_fails_keeps_the_old_file(
    tmp_path: Path, write: Callable[[Path, Any], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "result"
    content = b"new" if write is write_bytes else "new"
    path.write_text("old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(InfrastructureError, match="disk is full"):
            write(path, content)
    assert path.read_text() == "old"
    write(path, content)
    assert path.read_text().strip('"\n') == "new"
    assert os.listdir(tmp_path) == ["result"]


def test_a_block_that_raises_replaces_nothing(tmp_path: Path) -> None:
    path = tmp_path / "result"
    with pytest.raises(ZeroDivisionError), replacing(path) as partial:
        partial.write_text(str(1 / 0))
    assert os.listdir(tmp_path) == []


def test_json_holds_any_file_name(tmp_path: Path) -> None:
    value = {"paths": ["Überschrift", os.fsdecode(b"\xff")]}
    write_json(tmp_path / "x.json", value)
    assert json.loads((tmp_path / "x.json").read_text(encoding="utf-8")) == value
    assert "Überschrift" in (tmp_path / "x.json").read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "x.json", float("nan"), allow_nan=False)


def test_only_unfinished_files_are_removed(tmp_path: Path) -> None:
    kept = [".hidden", "x.json", "x.partial"]
    for name in (*kept, ".x.json.17.partial"):
        (tmp_path / name).write_text("")
    remove_partial(tmp_path)
    assert sorted(os.listdir(tmp_path)) == kept


@pytest.mark.parametrize("name", ["lock", "."])
def test_one_process_holds_a_lock(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    code = (
        "import sys; from pathlib import Path; from quasar.core.files import locked\n"
        "with locked(Path(sys.argv[1]), 'busy'): print('held')"
    )
    command = [sys.executable, "-c", code, str(path)]
    with locked(path, "busy"):
        inside = subprocess.run(command, capture_output=True, text=True, check=False)
    assert inside.returncode != 0
    assert "InputError: busy" in inside.stderr
    assert subprocess.check_output(command, text=True) == "held\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b""),
        (b"a\nb\n", b"a\nb\n"),
        (b"a\nb", b"a\n"),
        (b"b", b""),
        (b"a\n" + b"b" * 200_000, b"a\n"),
    ],
)
def test_a_torn_line_is_dropped(tmp_path: Path, before: bytes, after: bytes) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(before)
    assert drop_torn_line(path) is (before != after)
    assert path.read_bytes() == after
