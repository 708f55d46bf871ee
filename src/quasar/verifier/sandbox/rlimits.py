"""What a worker asks of the kernel: limits on memory and processor time.

These are limits of each process (`setrlimit`), set again for each candidate. A control group would
count real pages in place of address space, but can only be made where the group's folder is
writable, which it is in few containers; and it kills a process where this lets an allocation fail,
which is a verdict on the candidate at less cost. Does not cover memory of the whole service.
"""

from __future__ import annotations

import math
import mmap
import os
import resource
import time
from functools import cache


def set_limits(memory_mib: int, seconds: float) -> None:
    """Limit the address space and the processor time that are added from here on.

    The scheduler watches the time; the kernel's limit is for when it does not look.

    Args:
        memory_mib: address space beyond what is in use now, MiB.
        seconds: processor time beyond what is used by now, s.
    """
    size = _address_space()
    if size is not None:
        _set_soft(resource.RLIMIT_AS, size + (memory_mib << 20))
    _set_soft(resource.RLIMIT_CPU, math.ceil(time.process_time() + seconds) + 1)


def lift_limits() -> None:
    """Back to the limits that the process started with."""
    for limit in (resource.RLIMIT_AS, resource.RLIMIT_CPU):
        _set_soft(limit, resource.RLIM_INFINITY)


def limits_memory() -> bool:
    """Whether memory is limited here: the system has to tell how much is in use."""
    return _address_space() is not None


_set: dict[int, int] = {}  # what this process has set last, so that it need not ask


def _set_soft(limit: int, value: int) -> None:
    if _set.get(limit) == value:
        return
    _set[limit] = value
    _, hard = resource.getrlimit(limit)
    if hard != resource.RLIM_INFINITY and (value == resource.RLIM_INFINITY or value > hard):
        value = hard
    resource.setrlimit(limit, (value, hard))


def _address_space() -> int | None:
    """Bytes of address space in use; None where the system does not tell."""
    try:
        return int(os.pread(_statm(os.getpid()), 64, 0).split()[0]) * mmap.PAGESIZE
    except OSError:
        return None


@cache
def _statm(pid: int) -> int:
    """A descriptor of what the system tells of this process, kept open: one of each process."""
    return os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
