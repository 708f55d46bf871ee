"""`Sandbox`: problems, settings and limits in, reports out; owns the workers."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, NamedTuple, Self

from quasar.core.errors import InfrastructureError, InputError
from quasar.core.processes import cores
from quasar.problems.base import EncodedProblem
from quasar.verifier.report import Report
from quasar.verifier.sandbox.batch import Batch, Job
from quasar.verifier.sandbox.handle import NurseryGone, NurseryHandle, WorkerHandle
from quasar.verifier.sandbox.limits import SandboxLimits
from quasar.verifier.sandbox.payload import Payload
from quasar.verifier.sandbox.warm import is_our_own, warm
from quasar.verifier.sandbox.wire import Phase, Progress, ProgressPage
from quasar.verifier.settings import VerifierSettings

_MAX_NURSERIES = 4


class SandboxStatistics(NamedTuple):
    """What happened to the workers so far.

    Attributes:
        started: workers started.
        killed: of those, killed for the time limit.
        died: of those, ended by themselves or from outside with a candidate in hand.
        peak_memory_mib: largest resident memory of a worker, pages shared with others included.
    """

    started: int
    killed: int
    died: int
    peak_memory_mib: float


class Sandbox:
    """Verifies untrusted circuits in worker processes; use it in a `with` statement.

    One batch at a time; not to be shared between threads.

    Args:
        problems: what jobs refer to by index.
        settings: the verifier's.
        limits: what a candidate may use.
        workers: processes at most; default: one a core.
        references: reference circuit of each problem, None for none; default: those that came with
            the problems.

    Raises:
        InputError: the problems cannot be sent to another process.
    """

    def __init__(
        self,
        problems: Sequence[EncodedProblem],
        settings: VerifierSettings,
        *,
        limits: SandboxLimits | None = None,
        workers: int | None = None,
        references: Sequence[str | bytes | None] | None = None,
    ) -> None:
        if workers is not None and workers < 1:
            raise InputError(f"a sandbox needs at least 1 worker, not {workers}.")
        self.settings = settings
        self.limits = limits or SandboxLimits()
        self.workers = workers or cores()
        self.n_problems = len(problems)
        self.n_started = self.n_killed = self.n_died = 0
        self.alive: list[WorkerHandle] = []
        payload = Payload.of(problems, references, settings, self.limits, self.workers)
        try:
            self._payload = pickle.dumps(payload)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise InputError(
                f"a problem cannot be sent to another process ({error}): define its class in a "
                "module, not in a notebook or a function."
            ) from error
        self._peak_kib = 0
        self._serial = 0
        self._running = False
        self._nursery: NurseryHandle | None = None
        self._nurseries = 0
        self._reusable = is_our_own(problems)

    def __enter__(self) -> Self:
        self._page_file = tempfile.TemporaryFile()
        self._page_file.truncate(ProgressPage.size(self.workers))
        self._page = ProgressPage(self._page_file.fileno(), self.workers)
        self._nursery = warm.take(self._payload, self._page_file) if self._reusable else None
        if self._nursery is None:
            self._open_nursery()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in list(self.alive):
            self.dismiss(worker)
        nursery, self._nursery = self._nursery, None
        if nursery is not None and self._reusable and error is None:
            warm.keep(nursery)
        elif nursery is not None:
            nursery.close()
        self._page.close()
        self._page_file.close()

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the workers alive."""
        return tuple(worker.pid for worker in self.alive)

    @property
    def statistics(self) -> SandboxStatistics:
        """See `SandboxStatistics`."""
        peak = max([self._peak_kib, *(worker.peak_kib() for worker in self.alive)])
        return SandboxStatistics(self.n_started, self.n_killed, self.n_died, peak / 1024)

    def map(self, jobs: Iterable[Job]) -> list[Report]:
        """The reports in the order of the jobs; raises what `run` raises."""
        numbered = (job._replace(key=i) for i, job in enumerate(jobs))
        found: dict[int, Report] = dict(self.run(numbered))
        return [found[i] for i in range(len(found))]

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Any, Report]]:
        """Judge candidates; `jobs` is read only as workers become free.

        Yields:
            Each job's key and report, once, in order of completion.

        Raises:
            InputError: a job names no problem, or a problem's reference circuit is unusable.
            InfrastructureError: candidates could not be judged for no fault of theirs; raised
                after all others have been yielded.
        """
        if self._nursery is None:
            raise RuntimeError("use the sandbox in a with statement")
        if self._running:
            raise RuntimeError("the sandbox runs one batch at a time: finish or close the other")
        self._running = True
        self._nurseries = 0
        try:
            yield from Batch(self, iter(jobs), self.settings.limits).run()
        finally:
            self._running = False

    # --- what a batch needs ----------------------------------------------------------------------

    def hire(self) -> WorkerHandle:
        """A new worker, also when the nursery has to be started anew for it."""
        taken = {worker.line for worker in self.alive}
        line = next(i for i in range(self.workers) if i not in taken)
        self._page.write(line, Progress(0, Phase.IDLE, -1, 0.0, 0.0))
        while True:
            nursery = self._nursery
            if nursery is None or not nursery.alive:
                nursery = self._open_nursery()
            try:
                worker = nursery.fork(line)
            except NurseryGone:
                continue
            self.alive.append(worker)
            self.n_started += 1
            return worker

    def dismiss(self, worker: WorkerHandle) -> tuple[int | None, str]:
        """End a worker; its wait status, if known, and the end of its log."""
        self.alive.remove(worker)
        status, peak, said = worker.end()
        self._peak_kib = max(self._peak_kib, peak)
        return status, said

    def progress(self, worker: WorkerHandle) -> Progress:
        """What a worker last noted, also once it is dead."""
        return self._page.read(worker.line)

    def next_serial(self) -> int:
        """A number no other task bears."""
        self._serial += 1
        return self._serial

    def _open_nursery(self) -> NurseryHandle:
        if self._nursery is not None:
            self._nursery.close()
            self._nursery = None
        self._nurseries += 1
        if self._nurseries > _MAX_NURSERIES:
            raise InfrastructureError("the process that starts the workers keeps ending.")
        self._nursery = NurseryHandle(self._payload, self._page_file)
        return self._nursery
