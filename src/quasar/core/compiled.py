"""Libraries of C beside their sources: how they are built, and how they are opened.

Built once, when the package is built or installed from its source (`hatch_build.py` at the root, or
`make kernel`); nothing is compiled later. Where a library is missing, or is not of the source
beside it, Python does the same work. Needs the standard library alone, since nothing else is there
when a package is built.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
KERNEL = "models/kernel.c"
READER = "circuits/flat_reader.c"
FACTS = "circuits/gate_facts.c"
STATE = "simulate/small_state.c"
QAOA = "simulate/qaoa_kernel.c"
SOURCES = (KERNEL, READER, FACTS, STATE, QAOA)
"""The source by which each library is known, relative to the package."""
_PARTS = {
    KERNEL: ("ten_bits.h",),
    FACTS: ("gates.h", "one_qubit.c", "gate_pairs.c", "effective.c", "freedom.c"),
    STATE: ("vectors.h", "state.h", "state_gates.c", "distributions.c", "state_facts.c"),
    QAOA: ("vectors.h",),
}


def files_of(source: str) -> tuple[str, ...]:
    """All files that a library is built from, relative to the package: its source comes first."""
    folder = source.rpartition("/")[0]
    return source, *(f"{folder}/{part}" for part in _PARTS.get(source, ()))


SWITCH = "QUASAR_COMPILED"
"""Environment variable; `off` leaves reader and simulator to Python."""

_SANITIZED = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
"""Flags that end the process at the first access or operation without meaning."""


def library_of(source: str) -> Path:
    """Where the library of a source lies."""
    path = PACKAGE / source
    return path.with_name(f"lib{path.stem}.so")


def build(source: str, library: Path | None = None, *, sanitized: bool = False) -> bool:
    """Compile a source; whether that was possible.

    Args:
        library: where to; default: `library_of`.
        sanitized: with the sanitizers of addresses and undefined behaviour.
    """
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None or sys.platform == "win32":
        return False
    library = library_of(source) if library is None else library
    unfinished = library.with_suffix(f".{os.getpid()}")
    flags = [
        "-std=gnu11",
        "-O3",
        "-shared",
        "-fPIC",
        "-fno-math-errno",
        f'-DDIGEST="{_digest(source)}"',
    ]
    if source == KERNEL:
        flags += _fast_flags()
    else:  # the same bits on every machine
        flags += ["-ffp-contract=off", "-fno-trapping-math"]
    flags += _SANITIZED if sanitized else ()
    files = [str(PACKAGE / file) for file in files_of(source) if file.endswith(".c")]
    command = [compiler, *flags, "-o", str(unfinished), *files, "-lm"]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        unfinished.replace(library)
    except (OSError, subprocess.SubprocessError):
        unfinished.unlink(missing_ok=True)
        return False
    return True


def build_all() -> Sequence[str]:
    """Compile every source; those that could be."""
    return [source for source in SOURCES if build(source)]


def is_switched_off() -> bool:
    """Whether the environment leaves reader and simulator to Python."""
    return os.environ.get(SWITCH, "").lower() in {"off", "0", "no"}


def open_library(source: str, *, holds_gil: bool = False) -> ctypes.CDLL | None:
    """The library of a source; None where there is none, or it is switched off.

    Args:
        holds_gil: its functions call Python's.
    """
    if is_switched_off():
        return None
    try:
        path = str(library_of(source))
        found = ctypes.PyDLL(path) if holds_gil else ctypes.CDLL(path)
        return found if is_of(found, source) else None
    except OSError:
        return None


def is_of(library: ctypes.CDLL, source: str) -> bool:
    """Whether a library was built from the source as it is now."""
    try:
        library.digest.restype = ctypes.c_char_p
        return bool(library.digest() == _digest(source).encode())
    except AttributeError:
        return False


def _digest(source: str) -> str:
    content = b"".join((PACKAGE / file).read_bytes() for file in files_of(source))
    return hashlib.sha256(content).hexdigest()[:16]


def _fast_flags() -> list[str]:
    """Of the packaged model, whose sums need no particular order."""
    wide = platform.machine() in ("x86_64", "AMD64")
    return ["-ffp-contract=fast", *(["-mavx2", "-mfma", "-mf16c"] if wide else [])]


if __name__ == "__main__":
    built = build_all()
    left = [source for source in SOURCES if source not in built]
    print(f"built {', '.join(built)}" if built else "no C compiler")
    if left:
        print(f"left to Python: {', '.join(left)}")
