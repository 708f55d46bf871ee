"""What one candidate may use, and the verdicts on candidates that used more."""

from __future__ import annotations

import re

import numpy as np
from pydantic import Field

from quasar.circuits.flat_compiled import deepest_nesting
from quasar.core.hamiltonian import MAX_EXACT_QUBITS
from quasar.core.settings import Settings
from quasar.verifier.stages.feasibility import Fault


class SandboxLimits(Settings):
    """What the workers allow a candidate, beside the verifier's own limits on size."""

    max_seconds: float = Field(default=10.0, gt=0)
    """Seconds a candidate, all stages. Counted in processor time of its worker, which on an idle
    machine is wall-clock time, so that a busy machine makes no circuit infeasible."""
    max_large_seconds: float = Field(default=60.0, gt=0)
    """The same for a candidate of a problem beyond 24 qubits. What would take longer (samples, an
    exact energy) is left out where that is known beforehand, so that it costs no verdict."""
    max_device_seconds: float = Field(default=600.0, gt=0)
    """Processor seconds for compiling, noise and mitigation, where a circuit is judged on a device.
    Past it that part is left out; the verdict stays."""
    max_memory_mib: int = Field(default=2048, ge=64)
    """MiB of address space that a candidate may add to what its worker already holds
    (RLIMIT_AS, set again for each; libraries and the problem's own vectors are not counted)."""
    max_nesting: int = Field(default=100, ge=1)
    """Depth of brackets and braces. The reference importer recurses, and refuses nested blocks
    from a depth of about 45 itself."""
    max_problem_seconds: float = Field(default=300.0, gt=0)
    """Seconds to prepare a problem and its reference, which are trusted; past it they are at
    fault, not the candidate."""
    retries: int = Field(default=2, ge=0)
    """How often a candidate whose worker died is done again, alone on a fresh worker."""
    tasks_per_worker: int = Field(default=10_000, ge=1)
    """Candidates before a worker is replaced: the importer's caches grow with what it reads."""

    def seconds_for(self, n_qubits: int) -> float:
        """Seconds for a candidate, by the qubits of its problem."""
        return self.max_large_seconds if n_qubits > MAX_EXACT_QUBITS else self.max_seconds


UNLIMITED = SandboxLimits(
    max_seconds=1e9,
    max_large_seconds=1e9,
    max_device_seconds=1e9,
    max_memory_mib=1 << 40,
    max_nesting=1 << 30,
    max_problem_seconds=1e9,
)
"""Limits that nothing reaches, for text one trusts."""

_COMMENT = re.compile(r"//[^\r\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_STEP = np.zeros(256, dtype=np.int8)
_STEP[list(b"([{")] = 1
_STEP[list(b")]}")] = -1


def nesting(text: str) -> int:
    """Deepest nesting of brackets and braces of any kind, matched or not; linear in the length."""
    encoded = text.encode("utf-8", "surrogatepass")
    found = deepest_nesting(encoded)
    if found is not None:
        return found
    raw = np.frombuffer(encoded, dtype=np.uint8)
    depth = np.cumsum(_STEP[raw], dtype=np.int64)
    if not depth.size:
        return 0
    floor = np.minimum(np.minimum.accumulate(depth), 0)
    return int((depth - floor).max())


def too_nested(text: str, max_nesting: int) -> Fault | None:
    """The verdict on a program nested deeper than allowed; comments do not count."""
    if nesting(text) <= max_nesting or nesting(_COMMENT.sub(" ", text)) <= max_nesting:
        return None
    message = f"brackets are nested more than {max_nesting} deep."
    return Fault.over("nesting", message, "Write flat statements.")


def out_of_time(seconds: float) -> Fault:
    """The verdict on a candidate that took so many seconds."""
    message = f"not judged after {seconds:g} s."
    return Fault.over("time", message, "Write a shorter circuit.")


def out_of_memory(limits: SandboxLimits) -> Fault:
    """The verdict on a candidate that asked for too much memory."""
    message = f"more than {limits.max_memory_mib:,} MiB of memory asked for."
    return Fault.over("memory", message, "Declare fewer qubits and bits, and bound the loops.")
