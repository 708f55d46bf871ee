"""Hands tasks to workers, watches the time they take, and decides what a worker's end means.

What becomes of a task whose worker ends early:

1. It used up its processor time, or an allocation failed under its own memory limit (the library
   said so before it gave up): the task is to blame.
2. Any other end (killed from outside, a silent crash, a stall) is not the task's fault. It is done
   again, alone on a fresh worker; after `retries` of these it is given up.

Tasks that only waited in a dead worker's queue are handed out again. Where one worker after the
other ends by itself before it has begun with any, none can be had here, which is an error.

What tasks are, where they come from and what becomes of their answers is the business of the
subclasses: `batch.Batch` for a stream of candidates, the service's pool for single requests.
"""

from __future__ import annotations

import selectors
import socket
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

from quasar.core.errors import InfrastructureError
from quasar.verifier.sandbox.exits import Exit, diagnose, is_stalled, was_ended
from quasar.verifier.sandbox.handle import Task, WorkerHandle
from quasar.verifier.sandbox.limits import SandboxLimits
from quasar.verifier.sandbox.progress import Phase, WorkerProgress
from quasar.verifier.sandbox.wire import ENDS, Frame
from quasar.verifier.sandbox.workers import Workers

T = TypeVar("T", bound=Task)

_LOOK_S = 1.0  # longest time between two looks at a busy worker
_AHEAD_BYTES = 1 << 18
_AHEAD_S = 0.05  # of work that a worker may hold, so that it goes on while the caller is busy
_MOST_STILLBORN = 10  # in a row


class Scheduler(ABC, Generic[T]):
    """Runs tasks on workers, in the thread that calls `step`.

    Args:
        limits: of them, retries and tasks of a worker count here.
        ahead: tasks that a worker holds; beyond the first they hide the way there and back.
        most_ahead: the same where tasks take less than a millisecond.
    """

    def __init__(
        self, workers: Workers, limits: SandboxLimits, ahead: int, most_ahead: int = 0
    ) -> None:
        self.workers = workers
        self.limits = limits
        self.ahead = ahead
        self.most_ahead = max(ahead, most_ahead)
        self.n_answered = 0
        self.waiting: deque[T] = deque()
        self.retries: deque[T] = deque()  # their worker died while it was at them
        self.stillborn = 0  # workers in a row that ended before they began with a task
        self.selector = selectors.DefaultSelector()

    # --- what subclasses say ---------------------------------------------------------------------

    def has_work(self) -> bool:
        """Whether there is a task for a further worker."""
        return bool(self.waiting)

    def take(self, worker: WorkerHandle) -> T | None:
        """The next task for a worker, removed from `waiting`; None: none for this one."""
        return self.waiting.popleft() if self.has_work() else None

    def fits(self, worker: WorkerHandle, task: T) -> bool:
        """Whether a worker may be given a task."""
        return True

    @abstractmethod
    def answered(self, task: T, frame: Frame) -> None:
        """A worker has answered."""

    @abstractmethod
    def blame(self, task: T, end: Exit, progress: WorkerProgress | None) -> bool:
        """A task went over its time or memory and cost its worker.

        Args:
            progress: how far the worker was with it; None: nobody knows.

        Returns:
            Whether that settles it, for now; False: it is not clear that the task is to blame.
        """

    @abstractmethod
    def gave_up(self, task: T) -> None:
        """There have been more failures than retries."""

    # --- handing out -----------------------------------------------------------------------------

    def hand_out(self) -> bool:
        """Fill the workers' queues; False when no worker has anything to do."""
        alive = self.workers.alive
        while self.retries and len(alive) < self.workers.count:
            self._start()
        for worker in list(alive):
            self._fill(worker)
        while len(alive) < self.workers.count and (self.retries or self.has_work()):
            self._start()
        return any(worker.tasks for worker in alive)

    def step(self, timeout_s: float | None = None) -> None:
        """Wait for something to happen, and deal with it.

        Args:
            timeout_s: to wait at most, s; None: until a worker's time is to be looked at.
        """
        due = [worker.check_s for worker in self.workers.alive if worker.tasks]
        if due:
            left_s = max(0.0, min(due) - time.monotonic())
            timeout_s = left_s if timeout_s is None else min(left_s, timeout_s)
        for key, _ in self.selector.select(timeout_s):
            if isinstance(key.data, WorkerHandle):
                self._attend(key.data)
            else:
                key.data()
        # After listening: the caller may have been away for longer than any limit.
        for worker in list(self.workers.alive):
            if worker.tasks and time.monotonic() >= worker.check_s:
                self._check_time(worker)

    def close(self) -> None:
        """End the workers that are at work; the others live on."""
        self.selector.close()
        for worker in [w for w in self.workers.alive if w.tasks]:
            self.workers.stop(worker)

    def listen(self, connection: socket.socket, call: Callable[[], None]) -> None:
        """Have `step` return, after a call of `call`, when there is something to read."""
        self.selector.register(connection, selectors.EVENT_READ, call)

    def watch(self) -> None:
        """Listen to workers that were started before."""
        for worker in self.workers.alive:
            worker.events = 0
            self._watch(worker)

    def _start(self) -> None:
        worker = self.workers.start()
        self._watch(worker)
        self._fill(worker)

    def _fill(self, worker: WorkerHandle) -> None:
        if any(task.failures for task in worker.tasks):
            return  # it is alone on its worker
        again = None
        if not worker.tasks:
            again = next((task for task in self.retries if self.fits(worker, task)), None)
        if again is not None:
            if worker.served:
                self.stop(worker)  # a fresh one takes its place
            else:
                self.retries.remove(again)
                self._give(worker, again)
                self._send(worker)
            return
        ahead = self._ahead_of(worker)
        if len(worker.tasks) > ahead // 2 >= self.ahead:
            return  # so that many go in one message
        while len(worker.tasks) < ahead and worker.queued_bytes < _AHEAD_BYTES:
            if worker.served + len(worker.tasks) >= self.limits.tasks_per_worker:
                if not worker.tasks:
                    self.stop(worker)
                    return
                break
            task = self.take(worker)
            if task is None:
                break
            self._give(worker, task)
        if worker.outbox:
            self._send(worker)

    def _ahead_of(self, worker: WorkerHandle) -> int:
        """Tasks that a worker may hold: some milliseconds of work, where tasks are that short."""
        if worker.pace_s <= 0.0:
            return self.ahead
        # No more than has been done: there may be no more to do, and others are to have their part.
        done = self.n_answered // (2 * self.workers.count)
        return max(self.ahead, min(self.most_ahead, done, int(_AHEAD_S / worker.pace_s)))

    def _give(self, worker: WorkerHandle, task: T) -> None:
        worker.tasks.append(task)
        worker.queued_bytes += len(task.frame)
        if len(worker.tasks) == 1:
            self._begin(worker)
        worker.outbox += task.frame

    def _begin(self, worker: WorkerHandle) -> None:
        """The worker's first task is a new one."""
        if worker.tasks:
            worker.first_s = time.monotonic()
            worker.check_s = worker.first_s + min(worker.tasks[0].limit_s, _LOOK_S)

    # --- listening -------------------------------------------------------------------------------

    def _watch(self, worker: WorkerHandle) -> None:
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if worker.outbox else 0)
        if worker.events == events:
            return
        if worker.events:
            self.selector.modify(worker.connection, events, worker)
        else:
            self.selector.register(worker.connection, events, worker)
        worker.events = events

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
        try:
            frames, ended = list(worker.reader.feed(received)), not received
        except ValueError:
            frames, ended = [], True
        if frames:
            self.stillborn = 0
            self.n_answered += len(frames)
            worker.note_pace(len(frames), time.monotonic() - worker.first_s)
        for frame in frames:
            if not worker.tasks:  # nobody asked for it
                ended = True
                break
            task = worker.tasks.popleft()
            worker.queued_bytes -= len(task.frame)
            worker.served += 1
            self._begin(worker)
            ended |= frame.kind in ENDS
            self.answered(task, frame)
        if ended:
            self._reap(worker)

    # --- time ------------------------------------------------------------------------------------

    def _check_time(self, worker: WorkerHandle) -> None:
        now, progress = time.monotonic(), self.workers.progress(worker)
        # Those before it are answered, and the worker holds the answers.
        task = next((task for task in worker.tasks if task.serial == progress.serial), None)
        if task is None or progress.phase == Phase.IDLE:
            limit_s = worker.tasks[0].limit_s
            worker.check_s = now + min(limit_s, _LOOK_S)
            if is_stalled(now - worker.first_s, limit_s):
                self._reap(worker)
            return
        preparing = progress.phase == Phase.PREPARING
        limit_s = progress.limit_s or (task.problem_s if preparing else task.limit_s)
        elapsed_s = now - progress.clock_s
        left_s = limit_s - worker.used_s(progress, elapsed_s)
        if left_s <= 0:
            self._reap(worker, Exit("time", "its worker was too late."), task)
        elif is_stalled(elapsed_s, limit_s):
            self._reap(worker)
        else:
            # While preparing: the circuit's own time may have begun by then.
            worker.check_s = now + min(max(0.001, left_s), task.limit_s, _LOOK_S)

    # --- ends ------------------------------------------------------------------------------------

    def stop(self, worker: WorkerHandle) -> tuple[int | None, str]:
        """End a worker; its wait status, if known, and the end of its log."""
        if worker.events:
            self.selector.unregister(worker.connection)
        return self.workers.stop(worker)

    def _reap(self, worker: WorkerHandle, end: Exit | None = None, late: T | None = None) -> None:
        """A worker has ended or has to: see what becomes of its tasks.

        Args:
            end: the limit that a task went over, if that is why it has to end.
            late: that task.

        Raises:
            InfrastructureError: too many in a row have not even begun.
        """
        tasks = list(worker.tasks)
        worker.tasks.clear()
        worker.queued_bytes = 0
        status, said = self.stop(worker)
        progress = self.workers.progress(worker)  # its last word, now that it can say no more
        at = None
        if progress.phase != Phase.IDLE:
            at = next((task for task in tasks if task.serial == progress.serial), None)
        blamed = at if end is None else late
        for task in reversed(tasks):
            if task is not blamed:
                (self.retries if task.failures else self.waiting).appendleft(task)
        if blamed is None:
            if not (worker.served or was_ended(status)):
                self._mourn(diagnose(status, said))
            return
        self.stillborn = 0
        if end is None:
            self.workers.n_died += 1
            end = diagnose(status, said)
        else:
            self.workers.n_killed += 1
        if end.cause == "lost" or not self.blame(blamed, end, progress if blamed is at else None):
            self.failed(blamed, end.words)

    def _mourn(self, end: Exit) -> None:
        self.stillborn += 1
        if self.stillborn >= _MOST_STILLBORN:
            self.stillborn = 0
            raise InfrastructureError(
                f"{_MOST_STILLBORN} workers in a row have ended before they began. The last: "
                f"{end.words} See that there are memory and room for temporary files."
            )

    def failed(self, task: T, words: str) -> None:
        """No answer, through no fault of the task: try again, or give it up."""
        task.failures.append(words)
        if len(task.failures) <= self.limits.retries:
            self.retries.append(task)
        else:
            self.gave_up(task)
