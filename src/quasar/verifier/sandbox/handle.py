"""The caller's handles of the nursery and of the workers it forks."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Any

from quasar.core.errors import InfrastructureError
from quasar.core.processes import SINGLE_THREADED
from quasar.verifier.sandbox import nursery
from quasar.verifier.sandbox.wire import Frame, Kind, Reader, encode

_START_S = 120.0


@dataclass(eq=False)
class Task:
    """A job on its way.

    Attributes:
        frame: what a worker is sent.
        failures: what was said when its worker ended without a verdict.
    """

    serial: int
    key: Any
    problem: int
    compared: bool
    frame: bytes = b""
    failures: list[str] = field(default_factory=list)

    def encode(self, kind: Kind, body: bytes) -> bytes:
        """A frame about it."""
        return encode(Frame(self.serial, kind, self.problem, self.compared, body))


@dataclass(eq=False)
class WorkerHandle:
    """One worker as the caller sees it.

    Attributes:
        line: its line on the progress page.
        log: what it and the libraries in it print.
        tasks: handed to it and not answered; the first is the one it is at.
        outbox: not yet sent.
        served: tasks answered.
        first_s: monotonic clock when the first task became the first.
        check_s: monotonic clock when its time is to be looked at.
    """

    parent: NurseryHandle
    pid: int
    line: int
    connection: socket.socket
    log: IO[bytes]
    reader: Reader = field(default_factory=Reader)
    tasks: deque[Task] = field(default_factory=deque)
    outbox: bytearray = field(default_factory=bytearray)
    served: int = 0
    first_s: float = 0.0
    check_s: float = 0.0

    @property
    def queued_bytes(self) -> int:
        return sum(len(task.frame) for task in self.tasks)

    def processor_s(self, before_s: float, elapsed_s: float) -> float:
        """Processor time used beyond `before_s`; the elapsed time where the system tells none."""
        if sys.platform != "linux":
            return elapsed_s
        try:
            return time.clock_gettime((~self.pid << 3) | 2) - before_s  # clock_getcpuclockid(3)
        except OSError:
            return elapsed_s

    def peak_kib(self) -> int:
        """Largest resident memory so far; 0 where the system does not tell."""
        with suppress(OSError), open(f"/proc/{self.pid}/status", encoding="ascii") as stream:
            for text in stream:
                if text.startswith("VmHWM:"):
                    return int(text.split()[1])
        return 0

    def end(self) -> tuple[int | None, int, str]:
        """Kill it if it lives, and bury it.

        Returns:
            Wait status (None if its parent is gone), peak resident memory in KiB, the end of its
            log.
        """
        self.connection.close()
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)  # leaves the status of one already dead as it is
        status, peak = self.parent.reap(self.pid)
        with self.log:
            size = self.log.seek(0, os.SEEK_END)
            self.log.seek(max(0, size - 4096))
            said = self.log.read().decode("utf-8", "replace")
        return status, peak, said


class NurseryGone(Exception):
    """The process that forks workers has ended."""


class NurseryHandle:
    """Starts the nursery and talks to it.

    Args:
        payload: pickled `nursery.Payload`.
        page: file of the progress page.

    Raises:
        InfrastructureError: it does not start.
    """

    def __init__(self, payload: bytes, page: IO[bytes]) -> None:
        if not hasattr(os, "fork"):
            raise InfrastructureError(
                "the sandbox needs Linux or macOS; verify trusted circuits without it."
            )
        self.alive = True
        self._log = tempfile.TemporaryFile()  # noqa: SIM115
        self._control, theirs = socket.socketpair()
        self._control.settimeout(_START_S)
        environment = {
            **os.environ,
            **SINGLE_THREADED,
            "QISKIT_PARALLEL": "FALSE",
            "RUST_BACKTRACE": "0",
            # Qiskit's allocator reserves 1 GiB in advance, which no limit on memory would see.
            "MIMALLOC_ARENA_RESERVE": "65536",  # KiB
            "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
        }
        descriptors = (theirs.fileno(), page.fileno())
        code = f"from quasar.verifier.sandbox.nursery import main; main{descriptors}"
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", code],
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                env=environment,
                pass_fds=descriptors,
                start_new_session=True,  # the terminal's Ctrl-C is the caller's affair
            )
        try:
            self._control.sendall(nursery.LENGTH.pack(len(payload)) + payload)
            nursery.receive(self._control, nursery.REPLY.size)
        except (OSError, EOFError) as error:
            self._log.seek(0)
            said = self._log.read().decode("utf-8", "replace").strip()
            self.close()
            raise InfrastructureError(
                f"no worker can be started: {said.splitlines()[-1] if said else error}."
            ) from error
        except BaseException:
            self.close()
            raise

    def _ask(
        self, operation: bytes, number: int, *descriptors: int, more: bytes = b""
    ) -> tuple[int, int]:
        if not self.alive:
            raise NurseryGone
        # Dead until the answer is in: after an interrupt in between, answers would be mixed up.
        self.alive = False
        try:
            request = nursery.REQUEST.pack(operation, number)
            socket.send_fds(self._control, [request], descriptors)
            self._control.sendall(more)
            reply = nursery.receive(self._control, nursery.REPLY.size)
        except (OSError, EOFError) as error:
            raise NurseryGone from error
        self.alive = True
        first, second = nursery.REPLY.unpack(reply)
        return first, second

    def fork(self, line: int) -> WorkerHandle:
        """A new worker that notes its progress on `line`.

        Raises:
            NurseryGone: there is no nursery any more.
        """
        ours, theirs = socket.socketpair()
        log = tempfile.TemporaryFile()  # noqa: SIM115
        with theirs:
            pid, _ = self._ask(nursery.FORK, line, theirs.fileno(), log.fileno())
        ours.setblocking(False)
        return WorkerHandle(self, pid, line, ours, log)

    def renew(self, payload: bytes, page: IO[bytes]) -> None:
        """Serve another sandbox from now on; there must be no worker.

        Args:
            payload: pickled `nursery.Payload`.
            page: file of the progress page.

        Raises:
            NurseryGone: there is no nursery any more.
        """
        self._ask(nursery.RENEW, len(payload), page.fileno(), more=payload)

    def reap(self, pid: int) -> tuple[int | None, int]:
        """Wait status and peak resident memory in KiB of a worker that was killed or is dead."""
        try:
            return self._ask(nursery.REAP, pid)
        except NurseryGone:
            return None, 0

    def forget(self) -> None:
        """In a forked child: leave the nursery to the parent, whose end of the socket counts."""
        self.alive = False
        self._control.close()
        self._log.close()

    def close(self) -> None:
        """End the nursery, and with it all its workers."""
        self.alive = False
        self._control.close()
        self._log.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
