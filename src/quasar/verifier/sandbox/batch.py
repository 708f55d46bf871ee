"""One batch: hands candidates out, watches the clock, decides what a worker's death means.

What becomes of a candidate whose worker ends early:

1. It used up its processor time: the worker is killed, the verdict is limit `time`.
2. An allocation failed under the candidate's own memory limit (the library said so before it gave
   up): the verdict is limit `memory`.
3. Anything else (killed from outside, a crash without a word, a stall) says nothing about the
   circuit. It is judged again, alone on a fresh worker; after `retries` of these, the rest of the
   batch is finished first and then `InfrastructureError` names it.

Candidates that only waited in a dead worker's queue are handed out again as if nothing had been.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from quasar.circuits.header import read_header
from quasar.core.errors import InfrastructureError, InputError
from quasar.verifier.report import Report
from quasar.verifier.sandbox.handle import Task, WorkerHandle
from quasar.verifier.sandbox.limits import SandboxLimits, out_of_memory, out_of_time
from quasar.verifier.sandbox.wire import Frame, Kind, Phase, Progress, Reader
from quasar.verifier.settings import Limits
from quasar.verifier.stages.feasibility import Fault, too_long

_AHEAD = 3  # candidates a worker holds: one judged, the others hide the way there and back
_AHEAD_BYTES = 1 << 18
_STALL = 10  # times max_seconds on the clock without the processor time: it hangs or is stopped
_STALL_S = 3.0  # and no less than this
_PATIENCE_S = 3600.0  # longest that the system is asked to wait
_MAX_LOST = 10  # candidates without a verdict before a batch is given up
_FROM_OUTSIDE = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT})
_ALLOCATION_FAILED = ("memory allocation of", "bad_alloc", "out of memory", "memoryerror")


class Job(NamedTuple):
    """One candidate.

    Attributes:
        key: comes back with the report.
        problem: which of the sandbox's problems.
        text: the program.
        compared: with the problem's reference circuit, where it has one.
    """

    key: Any
    problem: int
    text: str | bytes
    compared: bool = True


class Staff(Protocol):
    """The workers, as a batch needs them; `pool.Sandbox` has them."""

    limits: SandboxLimits
    workers: int
    n_problems: int
    n_killed: int
    n_died: int
    alive: list[WorkerHandle]

    def hire(self) -> WorkerHandle:
        """A new worker."""
        ...

    def dismiss(self, worker: WorkerHandle) -> tuple[int | None, str]:
        """End a worker; its wait status, if known, and the end of its log."""
        ...

    def progress(self, worker: WorkerHandle) -> Progress:
        """What a worker last noted, also once it is dead."""
        ...

    def next_serial(self) -> int:
        """A number no other task bears."""
        ...


class Batch:
    """One run of the sandbox over `jobs`.

    Args:
        sizes: the verifier's limits on the text.
    """

    def __init__(self, staff: Staff, jobs: Iterator[Job], sizes: Limits) -> None:
        self.staff = staff
        self.limits = staff.limits
        self.sizes = sizes
        self.jobs: Iterator[Job] | None = jobs
        self.waiting: deque[Task] = deque()
        self.suspects: deque[Task] = deque()  # their worker died while judging them
        self.lost: list[str] = []
        self.done: list[tuple[Any, Report]] = []
        self.selector = selectors.DefaultSelector()

    def run(self) -> Iterator[tuple[Any, Report]]:
        """See `Sandbox.run`."""
        try:
            for worker in self.staff.alive:
                self._watch(worker)
            while self._hand_out():
                for key, _ in self.selector.select(self._patience()):
                    self._attend(key.data)
                # After listening: the caller may have been away for longer than any limit.
                self._enforce_time()
                done, self.done = self.done, []
                yield from done
        finally:
            self.selector.close()
            for worker in [w for w in self.staff.alive if w.tasks]:
                self.staff.dismiss(worker)
        if self.lost:
            raise InfrastructureError(
                f"candidates without a verdict: {len(self.lost)}, through no fault of theirs. "
                + " ".join(self.lost[:3])
            )

    # --- handing out -----------------------------------------------------------------------------

    def _hand_out(self) -> bool:
        """Fill the workers' queues; False when all is done."""
        alive = self.staff.alive
        for worker in list(alive):
            self._fill(worker)
        while len(alive) < self.staff.workers and (self.suspects or self._next() is not None):
            worker = self.staff.hire()
            self._watch(worker)
            self._fill(worker)
        return any(worker.tasks for worker in alive)

    def _fill(self, worker: WorkerHandle) -> None:
        if any(task.failures for task in worker.tasks):
            return  # a suspect is alone on its worker
        if worker.served and not worker.tasks and self.suspects:
            self._dismiss(worker)  # a fresh one takes its place
            return
        if not worker.served and not worker.tasks and self.suspects:
            self._give(worker, self.suspects.popleft())
            return
        while len(worker.tasks) < _AHEAD and worker.queued_bytes < _AHEAD_BYTES:
            if worker.served + len(worker.tasks) >= self.limits.tasks_per_worker:
                if not worker.tasks:
                    self._dismiss(worker)
                return
            task = self._next()
            if task is None:
                return
            self.waiting.popleft()
            self._give(worker, task)

    def _next(self) -> Task | None:
        """The next task that is no suspect; it stays first in `waiting`."""
        if not self.waiting and self.jobs is not None:
            job = next(self.jobs, None)
            if job is None:
                self.jobs = None
            else:
                self.waiting.append(self._task(job))
        return self.waiting[0] if self.waiting else None

    def _task(self, job: Job) -> Task:
        n = self.staff.n_problems
        if not 0 <= job.problem < n:
            raise InputError(f"job {job.key!r} names problem {job.problem}; there are {n}.")
        task = Task(self.staff.next_serial(), job.key, job.problem, job.compared)
        fault = too_long(job.text, self.sizes)
        if fault is not None:
            _refuse(task, fault)
        elif isinstance(job.text, bytes):
            task.frame = task.encode(Kind.BYTES, job.text)
        else:
            body = job.text.encode("utf-8", "surrogatepass")
            task.frame = task.encode(Kind.TEXT, body)
        return task

    def _give(self, worker: WorkerHandle, task: Task) -> None:
        worker.tasks.append(task)
        if len(worker.tasks) == 1:
            self._begin(worker)
        worker.outbox += task.frame
        self._send(worker)

    def _begin(self, worker: WorkerHandle) -> None:
        """The worker's first task is a new one."""
        worker.first_s = time.monotonic()
        worker.check_s = worker.first_s + self.limits.max_seconds

    # --- listening -------------------------------------------------------------------------------

    def _watch(self, worker: WorkerHandle) -> None:
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if worker.outbox else 0)
        known = self.selector.get_map().get(worker.connection)
        if known is None:
            self.selector.register(worker.connection, events, worker)
        elif known.events != events:
            self.selector.modify(worker.connection, events, worker)

    def _send(self, worker: WorkerHandle) -> None:
        with suppress(BlockingIOError, ConnectionError):  # a dead worker shows when it is read
            del worker.outbox[: worker.connection.send(worker.outbox)]
        self._watch(worker)

    def _attend(self, worker: WorkerHandle) -> None:
        if worker.outbox:
            self._send(worker)
        try:
            received = worker.connection.recv(1 << 20)
        except BlockingIOError:
            return
        except ConnectionError:
            received = b""
        for frame in worker.reader.feed(received):
            self._answered(worker, frame)
        if not received:
            self._bury(worker)

    def _answered(self, worker: WorkerHandle, frame: Frame) -> None:
        task = worker.tasks.popleft()
        worker.served += 1
        self._begin(worker)
        if frame.kind is Kind.REPORT:
            self.done.append((task.key, Report.model_validate_json(frame.body)))
        elif frame.kind is Kind.BAD_INPUT:
            which = f"problem {task.problem}: " if self.staff.n_problems > 1 else ""
            raise InputError(f"{which}{frame.body.decode()}")
        else:
            self._failed(task, frame.body.decode())

    # --- time ------------------------------------------------------------------------------------

    def _patience(self) -> float:
        """Seconds until some worker's time has to be looked at."""
        earliest = min(worker.check_s for worker in self.staff.alive if worker.tasks)
        return min(max(0.0, earliest - time.monotonic()), _PATIENCE_S)

    def _enforce_time(self) -> None:
        for worker in list(self.staff.alive):
            if worker.tasks and time.monotonic() >= worker.check_s:
                self._check_time(worker)

    def _check_time(self, worker: WorkerHandle) -> None:
        now, limit_s = time.monotonic(), self.limits.max_seconds
        progress = self.staff.progress(worker)
        if progress.serial != worker.tasks[0].serial or progress.phase == Phase.IDLE:
            worker.check_s = now + limit_s
            if now - worker.first_s > max(_STALL * limit_s, _STALL_S):
                self._bury(worker)
            return
        elapsed_s = now - progress.clock_s
        if progress.phase == Phase.PREPARING:
            if elapsed_s > self.limits.max_problem_seconds:
                one = self.staff.n_problems == 1
                which = "the problem" if one else f"problem {worker.tasks[0].problem}"
                raise InputError(
                    f"{which} and its reference circuit take more than "
                    f"{self.limits.max_problem_seconds:g} s to prepare: choose a smaller one."
                )
            worker.check_s = now + limit_s
            return
        used_s = worker.processor_s(progress.processor_s, elapsed_s)
        if used_s >= limit_s:
            self.staff.n_killed += 1
            self._bury(worker, out_of_time(self.limits))
        elif elapsed_s > max(_STALL * limit_s, _STALL_S):
            self._bury(worker)
        else:
            worker.check_s = now + max(0.001, limit_s - used_s)

    # --- deaths ----------------------------------------------------------------------------------

    def _bury(self, worker: WorkerHandle, fault: Fault | None = None) -> None:
        """A worker has ended or has to: see what becomes of its tasks.

        Args:
            fault: the verdict on its first task, if that is why it has to end.
        """
        tasks = list(worker.tasks)
        worker.tasks.clear()
        status, said = self._dismiss(worker)
        progress = self.staff.progress(worker)  # its last word, now that it can say no more
        judging = progress.phase == Phase.JUDGING
        at = [t for t in tasks if t.serial == progress.serial and progress.phase != Phase.IDLE]
        blamed = tasks[0] if fault is not None else at[0] if at else None
        for task in reversed(tasks):
            if task is not blamed:
                (self.suspects if task.failures else self.waiting).appendleft(task)
        if blamed is None:
            return
        words = "its worker was lost."
        if fault is None:
            self.staff.n_died += 1
            if status is not None:
                fault, words = self._post_mortem(os.waitstatus_to_exitcode(status), said)
        if fault is not None and judging:
            parsed = blamed in at and progress.n_qubits >= 0
            _refuse(blamed, fault, progress.n_qubits if parsed else None)
            self.waiting.appendleft(blamed)
        else:
            self._failed(blamed, words)

    def _dismiss(self, worker: WorkerHandle) -> tuple[int | None, str]:
        self.selector.unregister(worker.connection)
        return self.staff.dismiss(worker)

    def _post_mortem(self, code: int, said: str) -> tuple[Fault | None, str]:
        """The verdict that a death amounts to, or what to say of it."""
        if -code == signal.SIGXCPU:
            return out_of_time(self.limits), "its worker used too much processor time."
        if -code not in _FROM_OUTSIDE and any(w in said.lower() for w in _ALLOCATION_FAILED):
            return out_of_memory(self.limits), said.strip().splitlines()[-1]
        how = f"ended with {code}" if code >= 0 else f"was killed by {signal.Signals(-code).name}"
        last = said.strip().splitlines()[-1:]
        return None, f"its worker {how}{': ' + last[0] if last else ''}."

    def _failed(self, task: Task, words: str) -> None:
        """No verdict: try again, or give the candidate up."""
        task.failures.append(words)
        if len(task.failures) <= self.limits.retries:
            self.suspects.append(task)
            return
        self.lost.append(f"{task.key!r}: {words}")
        if len(self.lost) >= _MAX_LOST:
            self.jobs = None
            self.waiting.clear()
            self.suspects.clear()


def _refuse(task: Task, fault: Fault, n_qubits: int | None = None) -> None:
    """Have a worker report this verdict instead of judging."""
    header = None
    if n_qubits is not None:  # a text, then, and its header counts
        (given,) = Reader().feed(task.frame)
        header = read_header(given.body.decode("utf-8", "surrogatepass"))
    verdict = {"fault": fault.model_dump(), "n_qubits": n_qubits, "header": header}
    body = json.dumps(verdict).encode()
    task.frame = task.encode(Kind.REFUSED, body)
    task.failures.clear()
