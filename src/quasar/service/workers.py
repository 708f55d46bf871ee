"""`WorkerPool`: requests in, answers out; owns the worker processes of the service.

One thread hands each worker one request at a time and watches the time it takes; see the sandbox's
scheduler for what the end of a worker means. A request that is to blame for it gets the verdict
`limit` if it is a judged circuit, else a `LimitError`.

The sandbox of the verifier serves a fixed list of trusted problems; here the problem comes with
the request, and is read under the same limits as the circuit.
"""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Protocol

from quasar.core.errors import CircuitError, InfrastructureError, InputError
from quasar.core.processes import cores
from quasar.service.allowance import Allowance
from quasar.service.errors import BusyError, ClosedError, LimitError
from quasar.service.metrics import Metrics
from quasar.service.operations import Operation
from quasar.service.protocol import JUDGED, LONG, WorkerRequest
from quasar.service.settings import ServiceSettings
from quasar.service.worker import memory_message, program
from quasar.verifier.sandbox.exits import Exit
from quasar.verifier.sandbox.handle import Task, WorkerHandle
from quasar.verifier.sandbox.limits import out_of_memory, out_of_time
from quasar.verifier.sandbox.progress import Phase, WorkerProgress
from quasar.verifier.sandbox.refusal import Refusal
from quasar.verifier.sandbox.scheduler import Scheduler
from quasar.verifier.sandbox.wire import Frame, Kind, encode
from quasar.verifier.sandbox.workers import Workers

_log = logging.getLogger(__name__)

MOST_AHEAD = 8
"""Items of batches that a worker holds, where they take about a millisecond each."""


class RequestOutcome(Protocol):
    """Is told, in the pool's thread, what has become of a request; a `Future` is one."""

    def set_running_or_notify_cancel(self) -> bool:
        """Whether the answer is still wanted."""

    def set_result(self, result: bytes, /) -> None:
        """The answer's JSON."""

    def set_exception(self, exception: Exception, /) -> None:
        """Why there is none."""


@dataclass(eq=False, kw_only=True)
class _Pending(Task):
    request: WorkerRequest
    patient: bool = False
    future: RequestOutcome
    started_s: float | None = None

    def write(self, request: WorkerRequest) -> None:
        """Set what a worker is sent."""
        self.request = request
        self.frame = encode(Frame(self.serial, Kind.REQUEST, request.encode()))


class WorkerPool:
    """Workers and the queue before them; safe between threads.

    Args:
        settings: how many, and under which limits.
        metrics: where to count what happens.
        operations: what the workers can do beside the service's own operations.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        metrics: Metrics | None = None,
        operations: Mapping[str, Operation] = MappingProxyType({}),
    ) -> None:
        self.settings = settings
        self.metrics = metrics or Metrics()
        self.size = settings.workers or cores()
        limits = settings.limits
        longest_s = max(
            limits.max_problem_seconds + max(limits.max_seconds, limits.max_large_seconds),
            settings.max_design_seconds,
        )
        made = program(Allowance.of(settings), 2 * longest_s, operations)
        self._workers = Workers(made, self.size)
        self._scheduler = _RequestScheduler(self._workers, settings, self.metrics)
        self._lock = threading.Lock()
        self._inbox: deque[_Pending] = deque()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="quasar-workers", daemon=True)
        self._wake, self._woken = socket.socketpair()
        for end in (self._wake, self._woken):
            end.setblocking(False)
        self.metrics.watch_queue(lambda: self.waiting)
        self.metrics.watch_busy(lambda: sum(bool(w.tasks) for w in list(self._workers.alive)))

    def start(self) -> None:
        """Start the workers, and wait until the first can work.

        Raises:
            InfrastructureError: no worker can be started.
        """
        self._workers.open()
        self._workers.start()
        self._scheduler.watch()
        self._scheduler.listen(self._woken, self._drain)
        self._thread.start()

    def close(self) -> None:
        """Finish what was accepted, then end the workers."""
        with self._lock:
            self._closing = True
        self._notify()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def waiting(self) -> int:
        """Requests that no worker has taken yet."""
        return len(self._inbox) + len(self._scheduler.waiting)

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the workers alive."""
        return self._workers.pids

    def submit(
        self,
        operation: str,
        body: dict[str, Any] | bytes,
        *,
        bounded: bool = True,
        shared: bytes = b"",
    ) -> Future[bytes]:
        """Hand a request in.

        Args:
            body: the request; or its JSON, where that is there already.
            bounded: refuse it when the queue is full; False for batches, which bound themselves.
                These may wait behind one another on a worker, and take turns with single requests.
            shared: see `WorkerRequest`.

        Returns:
            Resolves to the answer's JSON; or raises `InputError` (problem, reference or request
            cannot be used), `CircuitError` (the circuit cannot), `LimitError`, or
            `InfrastructureError` (says nothing about the request).

        Raises:
            BusyError: the queue is full.
            ClosedError: the service is shutting down.
            InputError: the body is nested too deeply.
        """
        try:
            raw = body if isinstance(body, bytes) else json.dumps(body).encode("ascii")
        except RecursionError:
            raise InputError("the request is nested too deeply.") from None
        future: Future[bytes] = Future()
        if self._enter(WorkerRequest(operation, raw, shared=shared), future, bounded=bounded):
            self._notify()
        return future

    def submit_item(self, body: bytes, shared: bytes, told: RequestOutcome) -> None:
        """Hand an item of a batch in, which waits as with `bounded=False`; `wake` has to follow.

        Args:
            body: JSON of the item, for `verify`.
            shared: see `WorkerRequest`.
            told: is told what `submit` returns.

        Raises:
            ClosedError: the service is shutting down.
        """
        self._enter(WorkerRequest("verify", body, shared=shared), told, bounded=False)

    def wake(self) -> None:
        """Have the items that were handed in looked at."""
        if self._inbox:
            self._notify()

    def _enter(self, request: WorkerRequest, told: RequestOutcome, *, bounded: bool) -> bool:
        """Put a request into the inbox; whether that was empty.

        Raises:
            BusyError, ClosedError: as `submit`.
        """
        limits = self.settings.limits
        long = request.operation in LONG
        task = _Pending(
            serial=0,
            frame=b"",
            limit_s=self.settings.max_design_seconds if long else limits.max_seconds,
            problem_s=limits.max_problem_seconds,
            request=request,
            patient=not bounded,
            future=told,
        )
        with self._lock:
            if self._closing:
                raise ClosedError("the service is shutting down.")
            if bounded and self.waiting >= self.settings.max_queue:
                self.metrics.refused("queue")
                wait_s = self.waiting * self._scheduler.mean_s / self.size
                raise BusyError(
                    f"{self.waiting} requests are waiting already: ask again later.",
                    min(max(1.0, wait_s), 60.0),
                )
            task.serial = self._workers.next_serial()
            task.write(request)
            self._inbox.append(task)
            return len(self._inbox) == 1

    def _notify(self) -> None:
        with suppress(BlockingIOError):  # enough has been said already
            self._wake.send(b"\0")

    # --- in the pool's own thread ----------------------------------------------------------------

    def _run(self) -> None:
        scheduler = self._scheduler
        try:
            while True:
                with self._lock:
                    scheduler.waiting += self._inbox
                    self._inbox.clear()
                    closing = self._closing
                try:
                    busy = scheduler.hand_out()
                    if closing and not (busy or scheduler.waiting or scheduler.retries):
                        return
                    scheduler.step()
                except Exception as error:
                    _log.exception("the worker pool failed")
                    scheduler.abandon(error)
        finally:
            scheduler.close()
            self._workers.close()

    def _drain(self) -> None:
        with suppress(BlockingIOError):
            self._woken.recv(4096)


class _RequestScheduler(Scheduler[_Pending]):
    """Resolves the futures of requests.

    Attributes:
        mean_s: time of the last requests with their workers, for Retry-After.
    """

    def __init__(self, workers: Workers, settings: ServiceSettings, metrics: Metrics) -> None:
        super().__init__(workers, settings.limits, ahead=1, most_ahead=MOST_AHEAD)
        self.metrics = metrics
        self._patient_next = False
        self.mean_s = 0.1

    def fits(self, worker: WorkerHandle, task: _Pending) -> bool:
        """The first of several workers takes no long work."""
        only_short = worker.line == 0 and self.workers.count > 1
        return not (only_short and task.request.operation in LONG)

    def take(self, worker: WorkerHandle) -> _Pending | None:
        """The first request that fits and that nobody has cancelled.

        Of a batch's items and single requests one after the other, where both wait. Only items of
        batches wait on a worker, only behind others, and only while no single request waits.
        """
        if worker.tasks and not self._may_hold_more(worker):
            return None
        kinds = (True,) if worker.tasks else (self._patient_next, not self._patient_next)
        for patient in kinds:
            for task in list(self.waiting):
                if task.patient is not patient or not self.fits(worker, task):
                    continue
                self.waiting.remove(task)
                self._patient_next = not patient
                if task.started_s is not None:
                    return task  # a second time
                if task.future.set_running_or_notify_cancel():
                    task.started_s = time.monotonic()
                    return task
        return None

    def _may_hold_more(self, worker: WorkerHandle) -> bool:
        if not all(task.patient for task in worker.tasks):
            return False
        return all(task.patient or not self.fits(worker, task) for task in self.waiting)

    def answered(self, task: _Pending, frame: Frame) -> None:
        """Resolve the future."""
        self.workers.n_starts = 0
        if frame.kind in (Kind.LAST_ANSWER, Kind.LIMIT):
            self.metrics.killed()
        if frame.kind in (Kind.ANSWER, Kind.LAST_ANSWER):
            self._finish(task, frame.body)
        else:
            self._finish(task, _error(frame.kind, frame.body.decode("utf-8", "replace")))

    def blame(self, task: _Pending, end: Exit, progress: WorkerProgress | None) -> bool:
        """Turn a limit into a verdict, which a fresh worker makes into a report, or an error."""
        if progress is None:
            return False
        self.metrics.killed()
        limits, judging = self.limits, progress.phase == Phase.JUDGING
        if judging and task.request.operation in JUDGED:
            seconds = progress.limit_s or limits.max_seconds
            fault = out_of_time(seconds) if end.cause == "time" else out_of_memory(limits)
            n_qubits = None if progress.n_qubits < 0 else progress.n_qubits
            task.write(replace(task.request, refusal=Refusal(fault, n_qubits)))
            task.failures.clear()
            self.waiting.appendleft(task)
            return True
        if end.cause == "memory":
            words = memory_message(limits)
        elif judging:
            words = f"the request takes more than {task.limit_s:g} s: ask for less."
        else:
            words = (
                f"the problem takes more than {task.problem_s:g} s to prepare: send a smaller one."
            )
        self._finish(task, LimitError(words))
        return True

    def failed(self, task: _Pending, words: str) -> None:
        """Note the loss of a worker as well."""
        self.metrics.lost()
        _log.warning("a worker was lost: %s", words)
        super().failed(task, words)

    def gave_up(self, task: _Pending) -> None:
        """Say so."""
        self._finish(task, InfrastructureError("no worker lived to answer."))

    def abandon(self, error: Exception) -> None:
        """After a failure of this process: no worker is trusted, no request is answered."""
        tasks = [*self.waiting, *self.retries]
        self.waiting.clear()
        self.retries.clear()
        for worker in list(self.workers.alive):
            tasks += worker.tasks
            worker.tasks.clear()
            self.stop(worker)
        self.workers.n_starts = 0
        failure = InfrastructureError(f"the worker pool failed ({type(error).__name__}).")
        for task in tasks:
            if task.started_s is not None or task.future.set_running_or_notify_cancel():
                self._finish(task, failure)

    def _finish(self, task: _Pending, outcome: bytes | Exception) -> None:
        elapsed_s = 0.0 if task.started_s is None else time.monotonic() - task.started_s
        self.mean_s += 0.1 * (elapsed_s - self.mean_s)
        self.metrics.order(task.request.operation, _outcome_name(outcome), elapsed_s)
        if isinstance(outcome, bytes):
            task.future.set_result(outcome)
        else:
            task.future.set_exception(outcome)


def _error(kind: Kind, words: str) -> Exception:
    if kind is Kind.BAD_INPUT:
        return InputError(words)
    if kind is Kind.BAD_CIRCUIT:
        return CircuitError(words)
    if kind in (Kind.LIMIT, Kind.OVER):
        return LimitError(words)
    _log.error("a worker failed:\n%s", words)
    return InfrastructureError("the machinery failed; this says nothing about the request.")


def _outcome_name(outcome: bytes | Exception) -> str:
    if isinstance(outcome, bytes):
        return "answered"
    names = {LimitError: "limit", InputError: "bad_input", CircuitError: "bad_circuit"}
    return names.get(type(outcome), "failed")
