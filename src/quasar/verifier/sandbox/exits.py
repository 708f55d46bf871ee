"""What the end of a worker says about the task it was at, and when a silent one is given up."""

from __future__ import annotations

import os
import signal
from typing import Literal, NamedTuple

_STALL = 10  # times the limit on the clock without the processor time: it hangs or is stopped
_STALL_S = 3.0  # and no less than this
_FROM_OUTSIDE = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT})
_ALLOCATION_FAILED = ("memory allocation of", "bad_alloc", "out of memory", "memoryerror")


class Exit(NamedTuple):
    """How a worker ended.

    Attributes:
        cause: `time` and `memory`: the limit that the task went over; `lost`: no fault of the task.
        words: a sentence for people.
    """

    cause: Literal["time", "memory", "lost"]
    words: str


def diagnose(status: int | None, said: str) -> Exit:
    """What a worker's end means. A kill from outside or a silent crash says nothing about the task.

    Args:
        status: as `os.wait` gives it; None if nobody knows.
        said: the end of what it and its libraries printed. Libraries in C++ and Rust say so when an
            allocation fails, before they abort.
    """
    if status is None:
        return Exit("lost", "its worker was lost.")
    code = os.waitstatus_to_exitcode(status)
    if -code == signal.SIGXCPU:
        return Exit("time", "its worker used too much processor time.")
    last = said.strip().splitlines()[-1:]
    if -code not in _FROM_OUTSIDE and any(words in said.lower() for words in _ALLOCATION_FAILED):
        return Exit("memory", *last)
    how = f"ended with {code}" if code >= 0 else f"was killed by {signal.Signals(-code).name}"
    return Exit("lost", f"its worker {how}{': ' + last[0] if last else ''}.")


def was_ended(status: int | None) -> bool:
    """Whether somebody else ended a worker, or nobody knows."""
    return status is None or -os.waitstatus_to_exitcode(status) in _FROM_OUTSIDE


def is_stalled(elapsed_s: float, limit_s: float) -> bool:
    """Whether a worker that has not used its processor time by now hangs or is stopped."""
    return elapsed_s > max(_STALL * limit_s, _STALL_S)
