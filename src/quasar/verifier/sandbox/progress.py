"""How far a worker is, in memory that caller and workers share: still legible once one is dead.

Messages over the socket would wake the caller twice for each task; here it looks only when it runs
out of patience, or once the worker has ended.
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
import time
from enum import IntEnum
from typing import NamedTuple


class Phase(IntEnum):
    """What a worker is at."""

    IDLE = 0
    PREPARING = 1  # the problem; no circuit is charged for it
    JUDGING = 2


class WorkerProgress(NamedTuple):
    """What a worker last wrote on its line of the page.

    Attributes:
        serial: the task it is or was at.
        phase: see `Phase`.
        n_qubits: qubits of the circuit once it has parsed, else -1.
        processor_s: the worker's own processor time when the phase began.
        clock_s: monotonic clock then.
        limit_s: processor time that the phase may take; 0: as the task says.
    """

    serial: int
    phase: int
    n_qubits: int
    processor_s: float
    clock_s: float
    limit_s: float = 0.0


NOT_STARTED = WorkerProgress(0, Phase.IDLE, -1, 0.0, 0.0)


class ProgressPage:
    """The page, a line a worker.

    Args:
        fd: file that holds it, the same on both sides; see `size`.
    """

    _LINE = struct.Struct("<qqqddd")
    _QUBITS, _QUBITS_AT = struct.Struct("<q"), 16

    def __init__(self, fd: int) -> None:
        self._map = mmap.mmap(fd, os.fstat(fd).st_size)

    @classmethod
    def size(cls, lines: int) -> int:
        """Bytes that the file needs."""
        return lines * cls._LINE.size

    def write(self, line: int, progress: WorkerProgress) -> None:
        self._LINE.pack_into(self._map, line * self._LINE.size, *progress)

    def write_qubits(self, line: int, n_qubits: int) -> None:
        """The same line, with another `n_qubits`."""
        self._QUBITS.pack_into(self._map, line * self._LINE.size + self._QUBITS_AT, n_qubits)

    def read(self, line: int) -> WorkerProgress:
        return WorkerProgress(*self._LINE.unpack_from(self._map, line * self._LINE.size))

    def close(self) -> None:
        self._map.close()


def processor_s(pid: int) -> float | None:
    """Processor time of a process; None where the system does not tell."""
    if sys.platform != "linux":
        return None
    try:
        return time.clock_gettime((~pid << 3) | 2)  # clock_getcpuclockid(3)
    except OSError:
        return None
