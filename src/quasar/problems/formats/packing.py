"""Packed files: by gzip, bzip2 or xz, told by their first bytes, written by their suffix."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

from quasar.core.errors import ProblemError

LARGEST_FILE = 1 << 28  # bytes of a file
_OPENERS: dict[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}
# No time stamp in gzip's header: equal problems give equal files.
_PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": lambda content: gzip.compress(content, mtime=0),
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


def own_suffix(path: PurePath) -> str:
    """The suffix of what is in a file: `.rud` of `g.rud` and of `g.rud.gz`."""
    return path.with_suffix("").suffix if path.suffix.lower() in _PACKERS else path.suffix


def own_name(path: PurePath) -> str:
    """The name of what is in a file: `g.rud` of `g.rud.gz`."""
    return path.stem if path.suffix.lower() in _PACKERS else path.name


def packed(content: bytes, path: PurePath) -> bytes:
    """The content as a file of this name holds it."""
    pack = _PACKERS.get(path.suffix.lower())
    return pack(content) if pack else content


def unpacked(content: bytes, what: str) -> bytes:
    """The content of a packed file, or the content itself.

    Raises:
        ProblemError: a damaged archive, or one that holds too much.
    """
    opener = next((own for mark, own in _OPENERS.items() if content.startswith(mark)), None)
    if opener is None:
        return content
    try:
        with opener(io.BytesIO(content)) as archive:
            found: bytes = archive.read(LARGEST_FILE + 1)
    except (OSError, EOFError, zlib.error, lzma.LZMAError):
        raise ProblemError(f"{what} is a damaged packed file: download it again.") from None
    if len(found) > LARGEST_FILE:
        raise ProblemError(
            f"{what} unpacks to more than {LARGEST_FILE >> 20} MiB: use a smaller one."
        )
    return found
