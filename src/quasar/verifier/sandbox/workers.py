"""The worker processes of one pool, and the fork server that they come from."""

from __future__ import annotations

import tempfile
from typing import NamedTuple

from quasar.core.errors import InfrastructureError
from quasar.verifier.sandbox.handle import ForkServer, ForkServerGone, WorkerHandle
from quasar.verifier.sandbox.progress import NOT_STARTED, ProgressPage, WorkerProgress
from quasar.verifier.sandbox.warm import warm

_MAX_STARTS = 4  # of the fork server in a row without an answer from a worker


class SandboxStatistics(NamedTuple):
    """What happened to the workers so far.

    Attributes:
        started: workers started.
        killed: of those, killed for the time limit.
        died: of those, ended by themselves or from outside with a task in hand.
        peak_memory_mib: largest resident memory of a worker, pages shared with others included.
    """

    started: int
    killed: int
    died: int
    peak_memory_mib: float


class Workers:
    """Starts and ends workers; not to be shared between threads.

    Args:
        program: pickled `forkserver.Program`.
        count: processes at most.
        reusable: take the fork server that the process keeps, and leave it there at the end; the
            program must start as that of every sandbox does.

    Attributes:
        alive: the workers.
        fork_server: None before `open` and after `close`.
        n_starts: of the fork server; whoever uses the workers sets it to 0 at times, and too many
            in a row are an error.
    """

    def __init__(self, program: bytes, count: int, *, reusable: bool = False) -> None:
        self.count = count
        self.alive: list[WorkerHandle] = []
        self.n_started = self.n_killed = self.n_died = self.n_starts = 0
        self.fork_server: ForkServer | None = None
        self._program = program
        self._reusable = reusable
        self._peak_kib = 0
        self._serial = 0

    def open(self) -> None:
        """Start the fork server, so that workers can be had.

        Raises:
            InfrastructureError: it does not start.
        """
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        self._file.truncate(ProgressPage.size(self.count))
        self._page = ProgressPage(self._file.fileno())
        if self._reusable:
            self.fork_server = warm.take(self._program, self._file)
        if self.fork_server is None:
            self._start_fork_server()

    def close(self, *, failed: bool = False) -> None:
        """End all processes.

        Args:
            failed: after an error, so that nothing is kept for others.
        """
        for worker in list(self.alive):
            self.stop(worker)
        server, self.fork_server = self.fork_server, None
        if server is not None and self._reusable and not failed:
            warm.keep(server)
        elif server is not None:
            server.close()
        self._page.close()
        self._file.close()

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the workers alive."""
        return tuple(worker.pid for worker in self.alive)

    @property
    def statistics(self) -> SandboxStatistics:
        """See `SandboxStatistics`."""
        peak = max([self._peak_kib, *(worker.peak_kib() for worker in self.alive)])
        return SandboxStatistics(self.n_started, self.n_killed, self.n_died, peak / 1024)

    def start(self) -> WorkerHandle:
        """A new worker, with a new fork server where that has ended.

        Raises:
            InfrastructureError: none can be had.
        """
        taken = {worker.line for worker in self.alive}
        line = next(i for i in range(self.count) if i not in taken)
        self._page.write(line, NOT_STARTED)
        while True:
            server = self.fork_server
            if server is None or not server.alive:
                server = self._start_fork_server()
            try:
                worker = server.fork(line)
            except ForkServerGone:
                continue
            self.alive.append(worker)
            self.n_started += 1
            return worker

    def stop(self, worker: WorkerHandle) -> tuple[int | None, str]:
        """End a worker; its wait status, if known, and the end of its log."""
        self.alive.remove(worker)
        status, peak, said = worker.end()
        self._peak_kib = max(self._peak_kib, peak)
        return status, said

    def progress(self, worker: WorkerHandle) -> WorkerProgress:
        """What a worker last noted, also once it is dead."""
        return self._page.read(worker.line)

    def next_serial(self) -> int:
        """A number that no other task has."""
        self._serial += 1
        return self._serial

    def _start_fork_server(self) -> ForkServer:
        if self.fork_server is not None:
            self.fork_server.close()
            self.fork_server = None
        self.n_starts += 1
        if self.n_starts > _MAX_STARTS:
            raise InfrastructureError("the process that starts the workers keeps ending.")
        self.fork_server = ForkServer(self._program, self._file)
        return self.fork_server
