"""What caller and worker say to each other: frames over a socket, and a shared page of progress.

Results travel as JSON and not as pickles: nothing that a worker sends is ever run.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple


class Kind(IntEnum):
    """What a frame holds."""

    TEXT = 0  # to the worker: candidate, UTF-8 with surrogates
    BYTES = 1  # to the worker: candidate as it came
    REFUSED = 2  # to the worker: a verdict already reached, to be made into a report
    REPORT = 3  # to the caller
    BAD_INPUT = 4  # to the caller: the problem or its reference is at fault
    FAILED = 5  # to the caller: the machinery is at fault


class Frame(NamedTuple):
    """One message about job number `serial`; `compared`: with the problem's reference circuit."""

    serial: int
    kind: Kind
    problem: int
    compared: bool
    body: bytes


_HEADER = struct.Struct("<QBI?Q")


def encode(frame: Frame) -> bytes:
    """The frame as it goes over the socket."""
    *head, body = frame
    return _HEADER.pack(*head, len(body)) + body


class Reader:
    """Cuts received bytes into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, received: bytes) -> Iterator[Frame]:
        """Every frame that `received` completes."""
        self._buffer += received
        while len(self._buffer) >= _HEADER.size:
            serial, kind, problem, compared, length = _HEADER.unpack_from(self._buffer)
            end = _HEADER.size + length
            if len(self._buffer) < end:
                return
            body = bytes(self._buffer[_HEADER.size : end])
            del self._buffer[:end]
            yield Frame(serial, Kind(kind), problem, compared, body)


class Phase(IntEnum):
    """What a worker is at."""

    IDLE = 0
    PREPARING = 1  # the problem, which no candidate is charged for
    JUDGING = 2


class Progress(NamedTuple):
    """What a worker last wrote on its line of the page.

    Attributes:
        serial: the job it is or was at.
        phase: see `Phase`.
        n_qubits: qubits of the candidate once it has parsed, else -1.
        processor_s: the worker's own processor time when the phase began.
        clock_s: monotonic clock then.
    """

    serial: int
    phase: int
    n_qubits: int
    processor_s: float
    clock_s: float


class ProgressPage:
    """Memory shared by caller and workers, a line a worker: still legible once it is dead.

    Args:
        fd: file that holds it.
        lines: workers at most.
    """

    _LINE = struct.Struct("<qqqdd")

    def __init__(self, fd: int, lines: int) -> None:
        self._map = mmap.mmap(fd, lines * self._LINE.size)

    @classmethod
    def size(cls, lines: int) -> int:
        """Bytes needed."""
        return lines * cls._LINE.size

    def write(self, line: int, progress: Progress) -> None:
        self._LINE.pack_into(self._map, line * self._LINE.size, *progress)

    def read(self, line: int) -> Progress:
        return Progress(*self._LINE.unpack_from(self._map, line * self._LINE.size))

    def close(self) -> None:
        self._map.close()
