"""A worker's side of the socket: one task after another, each answered, its progress noted."""

from __future__ import annotations

import socket
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable

from quasar.verifier.sandbox.progress import Phase, ProgressPage, WorkerProgress
from quasar.verifier.sandbox.wire import ENDS, Frame, FrameReader, Kind, encode

_HELD_S = 0.004  # how long answers are held so that several go in one message
Body = bytes | Callable[[], bytes]
"""Of an answer, or what writes it once it is sent: many in a row are written faster."""


class WorkerLoop(ABC):
    """Serves one socket until it closes.

    Args:
        page: where to note progress, on `line`.
    """

    frames_above = 0
    """Calls between `serve` and the importer. That gives up at a certain depth of the stack; its
    verdict on nested text is to be the one that it gives when called directly."""

    def __init__(self, connection: socket.socket, page: ProgressPage, line: int) -> None:
        self.connection = connection
        self.page = page
        self.line = line
        self.noted = WorkerProgress(0, Phase.IDLE, -1, 0.0, 0.0)  # when the phase began
        self.n_qubits = -1  # of the task's circuit once it has parsed

    @abstractmethod
    def answer(self, frame: Frame) -> tuple[Kind, Body]:
        """Kind and body of the answer to a frame."""

    def serve(self) -> None:
        """Answer every frame until the caller closes the connection."""
        sys.setrecursionlimit(sys.getrecursionlimit() + _depth() + self.frames_above)
        reader, since = FrameReader(), 0.0
        held: list[tuple[Frame, Kind, Body]] = []
        while received := self.connection.recv(1 << 20):
            frames = list(reader.feed(received))
            for number, frame in enumerate(frames, 1):
                self.begin(frame)
                kind, body = self.answer(frame)
                since = since if held else time.monotonic()
                held.append((frame, kind, body))
                ends = kind in ENDS
                follows = number < len(frames) and self.is_quick(frames[number])
                if ends or not follows or time.monotonic() - since >= _HELD_S:
                    self.rest(frame.serial)
                    self.connection.sendall(b"".join(map(_written, held)))
                    held.clear()
                if ends:
                    return

    def is_quick(self, frame: Frame) -> bool:
        """Whether a task is surely so short that the answers before it may wait for its own.

        Answers that are held are lost with the worker, and their tasks done again.
        """
        return False

    def begin(self, frame: Frame) -> None:
        """Note that a task begins."""
        self.note(frame.serial, Phase.PREPARING)

    def rest(self, serial: int) -> None:
        """Note that nothing is to be done until the answers are sent."""
        self.note(serial, Phase.IDLE)

    def note(self, serial: int, phase: Phase, limit_s: float = 0.0) -> None:
        """Say on the page that a phase begins.

        Args:
            limit_s: processor time that it may take, s; 0: as the task says.
        """
        now = time.process_time(), time.monotonic()
        self.n_qubits = -1
        self.noted = WorkerProgress(serial, phase, -1, *now, limit_s)
        self.page.write(self.line, self.noted)

    def note_qubits(self, n_qubits: int) -> None:
        """Say on the page that the circuit has parsed."""
        self.n_qubits = n_qubits
        self.page.write_qubits(self.line, n_qubits)


def _written(answered: tuple[Frame, Kind, Body]) -> bytes:
    frame, kind, body = answered
    written = body if isinstance(body, bytes) else body()
    return encode(Frame(frame.serial, kind, written, frame.problem, frame.compared))


def _depth() -> int:
    """Calls between the bottom of the stack and the caller."""
    depth, frame = 0, sys._getframe(1)
    while frame.f_back is not None:
        depth, frame = depth + 1, frame.f_back
    return depth
