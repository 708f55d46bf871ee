"""How far a worker is with its order, in a page of memory that crew and worker share.

Notes through the pipe would wake the crew's thread twice for each order; here it looks only when it
runs out of patience, or once the worker has ended.
"""

from __future__ import annotations

import mmap
import struct
import sys
import time
from typing import NamedTuple

SIZE = mmap.PAGESIZE
_TIMES = struct.Struct("=d")
_QUBITS = struct.Struct("=i")
_JUDGING_AT, _QUBITS_AT, _TIME_AT = 0, 4, 8


class Standing(NamedTuple):
    """What the page says.

    Attributes:
        judging_from_s: processor time of the worker at which its problem was ready and the work on
            the circuit began; None before.
        n_qubits: of the circuit, once it has parsed.
    """

    judging_from_s: float | None
    n_qubits: int | None


class Progress:
    """The page.

    Args:
        fd: a file of at least `SIZE` bytes, the same one on both sides.
    """

    def __init__(self, fd: int) -> None:
        self._page = mmap.mmap(fd, SIZE)

    def clear(self) -> None:
        """A new order begins."""
        self._page[_JUDGING_AT] = 0
        _QUBITS.pack_into(self._page, _QUBITS_AT, -1)

    def judging(self, now_s: float) -> None:
        """The problem is ready, from here on the circuit's time counts."""
        _TIMES.pack_into(self._page, _TIME_AT, now_s)
        self._page[_JUDGING_AT] = 1

    def parsed(self, n_qubits: int) -> None:
        """The circuit has parsed."""
        _QUBITS.pack_into(self._page, _QUBITS_AT, n_qubits)

    def read(self) -> Standing:
        """Where the order stands."""
        judging = self._page[_JUDGING_AT] == 1
        (n_qubits,) = _QUBITS.unpack_from(self._page, _QUBITS_AT)
        return Standing(
            _TIMES.unpack_from(self._page, _TIME_AT)[0] if judging else None,
            None if n_qubits < 0 else n_qubits,
        )


def processor_s(pid: int) -> float:
    """Processor time of a process; the clock where the system tells none."""
    if sys.platform != "linux":
        return time.monotonic()
    try:
        return time.clock_gettime((~pid << 3) | 2)  # clock_getcpuclockid(3)
    except OSError:
        return time.monotonic()
