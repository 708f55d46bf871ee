"""Compiles `kernel.c` with the C compiler of the machine.

Done once, when the package is built or installed from its source (`hatch_build.py` at the root, or
`make kernel`); nothing is compiled later. Needs the standard library alone, since nothing else is
there then.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).with_name("kernel.c")
LIBRARY = Path(__file__).with_name("libkernel.so")


def build(library: Path = LIBRARY, source: Path = SOURCE) -> bool:
    """Compile the kernel; whether that was possible."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None or sys.platform == "win32":
        return False
    flags = ["-O3", "-ffp-contract=fast", "-fno-math-errno", "-shared", "-fPIC"]
    if platform.machine() in ("x86_64", "AMD64"):
        flags += ["-mavx2", "-mfma", "-mf16c"]
    unfinished = library.with_suffix(f".{os.getpid()}")
    command = [compiler, *flags, "-o", str(unfinished), str(source)]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        unfinished.replace(library)
    except (OSError, subprocess.SubprocessError):
        unfinished.unlink(missing_ok=True)
        return False
    return True


if __name__ == "__main__":
    print(f"built {LIBRARY}" if build() else "no C compiler: the packaged model runs in NumPy")
