"""What a worker cannot do, should a candidate ever come to run code in it.

It reads no files but Python's, the system's libraries and this package's, writes in a folder of its
own only, opens no connection, starts no process and touches no other one. Landlock refuses the
files, seccomp the rest; where the kernel lacks one, the limits on memory and time remain.
`QUASAR_CONFINEMENT=off` in the environment leaves both out, for debuggers and tracers.
"""

from __future__ import annotations

import os
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

from quasar.verifier.sandbox import landlock, seccomp

_SWITCH = "QUASAR_CONFINEMENT"
_LARGEST_FILE = 256 << 20  # bytes
_SYSTEM = (
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/dev/urandom",
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system",
    "/sys/fs/cgroup",
)


@dataclass(frozen=True)
class Confinement:
    """What the kernel refuses workers.

    Attributes:
        files: all files but those of Python, the system's libraries and this package.
        network: new connections.
        processes: new processes, and touching others.
        missing: why something is not refused, a sentence each.
    """

    files: bool
    network: bool
    processes: bool
    missing: tuple[str, ...] = ()


def confinement() -> Confinement:
    """What workers that start now are refused."""
    if os.environ.get(_SWITCH, "").lower() == "off":
        return Confinement(False, False, False, (f"{_SWITCH}=off is set: unset it.",))
    missing = []
    abi, calls = landlock.version(), seccomp.available()
    if not abi:
        missing.append("The kernel has no Landlock: files can be read. Use Linux 5.13 or newer.")
    if not calls:
        missing.append("No seccomp filter for this system: use Linux on x86-64 or ARM64.")
    return Confinement(abi > 0, calls, calls, tuple(missing))


def confine(own: Path) -> None:
    """Refuse this process all of that, for good, as far as the kernel can.

    Args:
        own: the folder in which it may write.

    Raises:
        OSError: the kernel has it and yet refuses.
    """
    found = confinement()
    if not (found.files or found.processes):
        return
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_FILE, _LARGEST_FILE))
    seccomp.no_new_privileges()
    if found.files:
        rules = dict.fromkeys([*map(Path, _SYSTEM), *_code()], landlock.READ)
        landlock.restrict(rules | {Path("/dev/null"): landlock.OWN, own: landlock.OWN})
    if found.processes:
        seccomp.restrict()


def _code() -> list[Path]:
    """Where modules are loaded from: Python's folders, those of the packages loaded so far, and the
    module path but for folders that hold the current one, which may hold anything.
    """
    found = [os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))]
    here = os.path.join(os.getcwd(), "")
    searched = [p for p in sys.path if p and not here.startswith(os.path.join(p, ""))]
    loaded = [m for name, m in [*sys.modules.items()] if "." not in name]
    packages = (p for m in loaded for p in getattr(m, "__path__", ()))
    for path in (sys.prefix, sys.base_prefix, *searched, *packages):
        if not path.startswith(tuple(os.path.join(known, "") for known in found)):
            found.append(path)
    return [Path(path) for path in dict.fromkeys(found)]
