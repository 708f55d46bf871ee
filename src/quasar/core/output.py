"""Writing results so that nothing finished is lost and nothing half-done looks finished."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from quasar.core.errors import InfrastructureError, InputError


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
        raise InputError(f"{path} already exists: choose another --out, or --force to replace it.")
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
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
