"""Files and folders that survive a kill, a full disk, and two commands at work on the same results.

Nothing finished is lost and nothing half-written looks finished: a file is written under another
name and renamed when it is complete. Also locks, and the line that a killed writer leaves
unfinished. Reading and appending lines of JSON is in `jsonl`.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from quasar.core.errors import InfrastructureError, InputError

_PARTIAL = ".partial"


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn a full disk or a missing permission into a sentence.

    Raises:
        InfrastructureError: the disk is full.
        InputError: no permission to write there.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise InfrastructureError(
                f"the disk is full while writing {path}: free space and run the same command again."
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise InputError(f"{path} cannot be written: {error.strerror}.") from error
        raise


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to; what is there takes its name if the block ends well.

    It is on disk (fsync) before that, and an older file stays until then.

    Raises:
        InfrastructureError: the disk is full.
        InputError: no permission to write there.
    """
    partial = _partial(path)
    with disk_errors(path):
        try:
            yield partial
            with partial.open("rb") as stream:
                os.fsync(stream.fileno())
            partial.replace(path)
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file completely or not at all; errors as in `replacing`."""
    with replacing(path) as partial:
        partial.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 file completely or not at all; errors as in `replacing`."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any, *, indent: int | None = 2, allow_nan: bool = True) -> None:
    """Write a value as JSON, completely or not at all; errors as in `replacing`.

    Raises:
        ValueError: it holds a number that is not finite, and `allow_nan` is False.
    """
    text = json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=allow_nan) + "\n"
    # Names of files may hold lone surrogates; Python's escape for them is JSON's as well.
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def remove_partial(folder: Path) -> None:
    """Delete the unfinished files that killed writers left in a folder."""
    for path in folder.glob(f".*{_PARTIAL}"):
        if path.is_file():
            path.unlink(missing_ok=True)


@contextmanager
def new_folder(path: Path, *, force: bool = False) -> Iterator[Path]:
    """Yield a folder to fill, which becomes `path` when the block ends well.

    Args:
        force: replace a folder that exists; the old one stays until the new one is complete.

    Raises:
        InputError: `path` exists (without `force`) or cannot be written.
        InfrastructureError: the disk is full.
    """
    if path.exists() and not path.is_dir():
        raise InputError(f"{path} is a file: choose a folder for --out.")
    if path.exists() and any(path.iterdir()) and not force:
        raise InputError(
            f"{path} already exists: choose another --out, or --force to replace it (in Python: "
            "force=True)."
        )
    partial = _partial(path)
    try:
        partial.mkdir(parents=True)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}.") from error
    try:
        with disk_errors(path):
            yield partial
            if path.exists():
                old = path.with_name(f".{path.name}.{os.getpid()}.old")
                path.rename(old)
                partial.rename(path)
                shutil.rmtree(old, ignore_errors=True)
            else:
                partial.rename(path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def locked(path: Path, busy: str) -> Iterator[None]:
    """Hold a lock while the block runs; however the process ends, the lock is free again.

    Args:
        path: a folder, or a file, which is made where there is none.
        busy: what to say if another process holds the lock.

    Raises:
        InputError: another process holds it.
    """
    import fcntl  # not on Windows, where the rest of this module works

    folder = path.is_dir()
    descriptor = os.open(path, os.O_RDONLY if folder else os.O_CREAT | os.O_RDWR, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(busy) from None
        yield
    finally:
        os.close(descriptor)


def drop_torn_line(path: Path) -> bool:
    """Cut a last line without its line end, as a killed writer leaves it; True if one was cut."""
    if not path.exists():
        return False
    with path.open("rb+") as stream:
        content_end = stream.seek(0, 2)
        if content_end == 0:
            return False
        stream.seek(content_end - 1)
        if stream.read(1) == b"\n":
            return False
        position = content_end
        while position > 0:
            start = max(0, position - 65536)
            stream.seek(start)
            found = stream.read(position - start).rfind(b"\n")
            if found >= 0:
                stream.truncate(start + found + 1)
                return True
            position = start
        stream.truncate(0)
    return True


def _partial(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}{_PARTIAL}")
