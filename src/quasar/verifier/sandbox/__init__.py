r"""Verification of untrusted text, in worker processes that can be killed.

    caller (pool.py, batch.py) -- starts --> fork server (forkserver.py) -- forks --> workers
            \-- scheduler.py -- frames (wire.py), page (progress.py) -- serving.py --/

The fork server is a fresh interpreter that has imported everything, so a worker, and every
replacement of one, takes milliseconds to start; it is kept for the process's next sandbox
(warm.py). The scheduler hands out candidates over a socket to each worker, watches the time they
take and decides what the end of a worker means (exits.py); each worker sets its own memory limit
before each candidate. The service's workers are run by the same scheduler.

Guards against text that asks for too much time, memory, size or nesting, in any library.
Does not guard against a reader of OpenQASM that could be made to run foreign code. POSIX only; the
memory limit and the split of processor time from wall-clock time need Linux.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quasar.verifier.sandbox.batch import Job
    from quasar.verifier.sandbox.limits import UNLIMITED, SandboxLimits
    from quasar.verifier.sandbox.pool import Sandbox
    from quasar.verifier.sandbox.warm import start_early
    from quasar.verifier.sandbox.workers import SandboxStatistics

__all__ = ["UNLIMITED", "Job", "Sandbox", "SandboxLimits", "SandboxStatistics", "start_early"]

_HOMES = {
    "Job": "batch",
    "UNLIMITED": "limits",
    "SandboxLimits": "limits",
    "Sandbox": "pool",
    "start_early": "warm",
    "SandboxStatistics": "workers",
}


def __getattr__(name: str) -> Any:
    """Imported when first used: the fork server is started before all else, by modules that load
    no library.
    """
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
