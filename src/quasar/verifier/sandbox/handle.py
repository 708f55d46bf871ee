"""The caller's handles of the fork server and of the workers that it forks."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Any

from quasar.core.errors import InfrastructureError
from quasar.core.processes import SINGLE_THREADED
from quasar.verifier.sandbox import forkserver
from quasar.verifier.sandbox.progress import WorkerProgress, processor_s
from quasar.verifier.sandbox.wire import FrameReader

_START_S = 120.0


@dataclass(eq=False)
class Task:
    """Something for a worker to do.

    Attributes:
        frame: what a worker is sent.
        limit_s: processor time that it may take once its problem is ready, s.
        problem_s: processor time that its problem may take to prepare, s.
        failures: what was said when its worker ended without an answer.
    """

    serial: int
    frame: bytes
    limit_s: float
    problem_s: float
    failures: list[str] = field(default_factory=list)


@dataclass(eq=False)
class WorkerHandle:
    """One worker as the caller sees it.

    Attributes:
        line: its line on the progress page.
        log: what it and the libraries in it print.
        tasks: handed to it and not answered; the first is the one it is at.
        queued_bytes: of those tasks' frames.
        outbox: not yet sent.
        ready: problems that it was given tasks of, and has prepared for them.
        served: tasks answered.
        pace_s: that a task took of late, s; 0 before the first.
        counted_s: its processor time when `pace_s` was last taken.
        first_s: monotonic clock when the first task became the first.
        check_s: monotonic clock when its time is to be looked at.
        events: of the connection that a selector listens for.
    """

    parent: ForkServer
    pid: int
    line: int
    connection: socket.socket
    log: IO[bytes]
    reader: FrameReader = field(default_factory=FrameReader)
    tasks: deque[Any] = field(default_factory=deque)
    queued_bytes: int = 0
    outbox: bytearray = field(default_factory=bytearray)
    ready: set[Any] = field(default_factory=set)
    served: int = 0
    pace_s: float = 0.0
    counted_s: float = 0.0
    first_s: float = 0.0
    check_s: float = 0.0
    events: int = 0

    def used_s(self, progress: WorkerProgress, elapsed_s: float) -> float:
        """Processor time used in a phase; the elapsed time where the system does not tell."""
        now_s = processor_s(self.pid)
        return elapsed_s if now_s is None else now_s - progress.processor_s

    def note_pace(self, answers: int, elapsed_s: float) -> None:
        """Take the time of an answer, of several that came together.

        It is processor time where the system tells, so that a busy machine and the ways there and
        back count for nothing.
        """
        now_s = processor_s(self.pid)
        pace_s = (elapsed_s if now_s is None else now_s - self.counted_s) / answers
        self.counted_s = now_s or 0.0
        self.pace_s = pace_s if not self.pace_s else max(pace_s, 0.7 * self.pace_s)

    def peak_kib(self) -> int:
        """Largest resident memory so far; 0 where the system does not tell."""
        with suppress(OSError), open(f"/proc/{self.pid}/status", encoding="ascii") as stream:
            for text in stream:
                if text.startswith("VmHWM:"):
                    return int(text.split()[1])
        return 0

    def end(self) -> tuple[int | None, int, str]:
        """Kill it if it lives, and reap it.

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


class ForkServerGone(Exception):
    """The process that forks workers has ended."""


class ForkServer:
    """The process that forks workers, started here; not to be shared between threads.

    Args:
        program: pickled `forkserver.Program`; None: `renew` brings it, and until then what every
            sandbox needs is loaded.
        page: file of the progress page.

    Raises:
        InfrastructureError: it does not start.
    """

    def __init__(self, program: bytes | None, page: IO[bytes]) -> None:
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
        code = f"from quasar.verifier.sandbox.forkserver import main; main{descriptors}"
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
            sent = program or b""
            self._control.sendall(forkserver.LENGTH.pack(len(sent)) + sent)
            forkserver.receive(self._control, forkserver.REPLY.size)
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
            raise ForkServerGone
        # Dead until the answer is in: after an interrupt in between, answers would be mixed up.
        self.alive = False
        try:
            request = forkserver.REQUEST.pack(operation, number)
            socket.send_fds(self._control, [request], descriptors)
            self._control.sendall(more)
            reply = forkserver.receive(self._control, forkserver.REPLY.size)
        except (OSError, EOFError) as error:
            raise ForkServerGone from error
        self.alive = True
        first, second = forkserver.REPLY.unpack(reply)
        return first, second

    def fork(self, line: int) -> WorkerHandle:
        """A new worker that notes its progress on `line`.

        Raises:
            ForkServerGone: it has ended.
        """
        ours, theirs = socket.socketpair()
        log = tempfile.TemporaryFile()  # noqa: SIM115
        with theirs:
            pid, _ = self._ask(forkserver.FORK, line, theirs.fileno(), log.fileno())
        ours.setblocking(False)
        return WorkerHandle(self, pid, line, ours, log)

    def renew(self, program: bytes, page: IO[bytes]) -> None:
        """Serve another pool from now on; there must be no worker.

        Args:
            program: pickled `forkserver.Program`.
            page: file of the progress page.

        Raises:
            ForkServerGone: it has ended.
        """
        self._ask(forkserver.RENEW, len(program), page.fileno(), more=program)

    def reap(self, pid: int) -> tuple[int | None, int]:
        """Wait status and peak resident memory in KiB of a worker that was killed or is dead."""
        try:
            return self._ask(forkserver.REAP, pid)
        except ForkServerGone:
            return None, 0

    def forget(self) -> None:
        """In a forked child: leave it to the parent, whose end of the socket counts."""
        self.alive = False
        self._control.close()
        self._log.close()

    def close(self) -> None:
        """End it, and with it all its workers."""
        self.alive = False
        self._control.close()
        self._log.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
