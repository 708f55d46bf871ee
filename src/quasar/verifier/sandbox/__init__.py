"""Verification of untrusted text, in worker processes that can be killed.

    caller (pool.py, batch.py) -- starts --> nursery (nursery.py) -- forks --> workers (worker.py)

The nursery is a fresh interpreter that has imported everything, so a worker, and every replacement
of one, takes milliseconds to start; it is kept for the process's next sandbox (warm.py). The caller
hands out candidates over a socket to each worker and watches the time they take; each worker sets
its own memory limit anew before each candidate.

Guards against text that asks for too much time, memory, size or nesting, whatever library it hurts.
Does not guard against a reader of OpenQASM that could be made to run foreign code. POSIX only; the
memory limit and the split of processor time from wall-clock time need Linux.
"""

from quasar.verifier.sandbox.batch import Job
from quasar.verifier.sandbox.limits import UNLIMITED, SandboxLimits
from quasar.verifier.sandbox.pool import Sandbox, SandboxStatistics
from quasar.verifier.sandbox.warm import start_early

__all__ = ["UNLIMITED", "Job", "Sandbox", "SandboxLimits", "SandboxStatistics", "start_early"]
