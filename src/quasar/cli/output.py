"""Files that commands write for the user: not over others, and completely or not at all."""

from __future__ import annotations

from pathlib import Path

from quasar.core.errors import InputError


def check_new_file(out: Path, *, force: bool) -> None:
    """Check, before any work, that a file can be written.

    Raises:
        InputError: it exists (without `force`), is a folder, or its folder does not exist.
    """
    if out.is_dir():
        raise InputError(f"{out} is a folder: name the file to write, such as {out / 'x'}.")
    if out.exists() and not force:
        raise InputError(f"{out} exists already: choose another name, or replace it by --force.")
    if not out.parent.is_dir():
        raise InputError(f"there is no folder {out.parent}: create it first.")
