"""What every kind of worker process needs: how many may run, their environment, their end."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

SINGLE_THREADED = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "RAYON_NUM_THREADS",
        "QULACS_NUM_THREADS",
    ),
    "1",
)
"""Environment of a worker that has one core: one thread for each numerical library."""


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def die_with_parent() -> None:
    """Ask the kernel for SIGKILL when the parent process ends (Linux; elsewhere nothing)."""
    import ctypes

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # 1: PR_SET_PDEATHSIG
