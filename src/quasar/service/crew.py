"""`Crew`: orders in, answers out; owns the worker processes.

A thread for each worker hands it one order at a time and watches the time it takes. Where a worker
ends early:

1. It used up its processor time, or an allocation failed under the request's own memory limit: the
   order is to blame. A judged circuit gets the verdict `limit`, anything else a `LimitError`.
2. Anything else (killed from outside, a crash without a word, a stall) says nothing about the
   order. It is done again on a fresh worker; after `retries` of these, `InfrastructureError`.

The sandbox of the verifier serves a fixed list of trusted problems; here the problem comes with
the request, and is read under the same limits as the circuit.
"""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from typing import IO, Any, NamedTuple

from quasar.core.errors import CircuitError, InfrastructureError, InputError
from quasar.core.processes import SINGLE_THREADED, cores
from quasar.service.errors import BusyError, ClosedError, LimitError
from quasar.service.metrics import Metrics
from quasar.service.progress import SIZE, Progress, Standing, processor_s
from quasar.service.protocol import ENDS, JUDGED, LONGEST_MESSAGE, Kind, Order, decode
from quasar.service.settings import ServiceSettings
from quasar.service.worker import Inherited, main, memory_message
from quasar.verifier.sandbox.limits import out_of_memory, out_of_time

LONG = frozenset({"generate", "optimise"})
"""Operations that optimise. They leave one worker to the others, where there are two."""

_STALL = 10  # times the limit on the clock without the processor time: it hangs or is stopped
_STALL_S = 3.0  # and no less than this
_LOOK_S = 1.0  # longest time between two looks at a worker
_ALLOCATION_FAILED = ("memory allocation of", "bad_alloc", "out of memory", "memoryerror")
_FROM_OUTSIDE = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT})
_ENVIRONMENT = {
    **SINGLE_THREADED,
    "QISKIT_PARALLEL": "FALSE",
    "RUST_BACKTRACE": "0",
    # Qiskit's allocator reserves 1 GiB in advance, which no limit on memory would see.
    "MIMALLOC_ARENA_RESERVE": "65536",  # KiB
}

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Task:
    order: Order
    future: Future[bytes] = field(default_factory=Future)
    losses: int = 0


class _Result(NamedTuple):
    """What became of an order; `kind` None if its worker was lost, with the reason in `content`."""

    kind: Kind | None
    content: bytes
    n_qubits: int | None = None


class Crew:
    """Workers and the queue before them.

    Args:
        settings: how many, and under which limits.
        metrics: told what happens.
    """

    def __init__(self, settings: ServiceSettings, metrics: Metrics | None = None) -> None:
        self.settings = settings
        self.metrics = metrics or Metrics()
        self.size = settings.workers or cores()
        self._waiting: deque[_Task] = deque()
        self._room = threading.Condition()
        self._closing = False
        self._threads: list[threading.Thread] = []
        self._mean_s = 0.1  # of the last orders, for Retry-After
        self.metrics.watch_queue(lambda: len(self._waiting))

    def start(self) -> None:
        """Start the workers, and wait for the first to be ready.

        Raises:
            InfrastructureError: no worker can be started.
        """
        first = _Hand(self.settings)
        first.hire()
        for number in range(self.size):
            hand = first if number == 0 else _Hand(self.settings)
            thread = threading.Thread(
                target=self._work, args=(number, hand), name=f"quasar-worker-{number}", daemon=True
            )
            self._threads.append(thread)
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Finish what was accepted, then end the workers."""
        with self._room:
            self._closing = True
            self._room.notify_all()
        for thread in self._threads:
            thread.join()

    @property
    def waiting(self) -> int:
        """Orders that no worker has taken yet."""
        return len(self._waiting)

    def submit(
        self, operation: str, body: dict[str, Any] | bytes, *, bounded: bool = True
    ) -> Future[bytes]:
        """Hand an order in.

        Args:
            body: the request; or its JSON, where that is there already.
            bounded: refuse it when the queue is full; False for callers that bound themselves.

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
        task = _Task(Order(operation, raw))
        with self._room:
            if self._closing:
                raise ClosedError("the service is shutting down.")
            if bounded and len(self._waiting) >= self.settings.max_queue:
                self.metrics.refused("queue")
                wait_s = min(max(1.0, len(self._waiting) * self._mean_s / self.size), 60.0)
                raise BusyError(
                    f"{len(self._waiting)} requests are waiting already: ask again later.", wait_s
                )
            self._waiting.append(task)
            self._room.notify_all()
        return task.future

    # --- the thread of one worker ----------------------------------------------------------------

    def _work(self, number: int, hand: _Hand) -> None:
        try:
            while (task := self._take(number)) is not None:
                if not task.future.set_running_or_notify_cancel():
                    continue
                started = time.monotonic()
                with self.metrics.busy():
                    outcome = self._finish(task, hand)
                elapsed_s = time.monotonic() - started
                self._mean_s += 0.1 * (elapsed_s - self._mean_s)
                self.metrics.order(task.order.operation, _outcome_name(outcome), elapsed_s)
                if isinstance(outcome, bytes):
                    task.future.set_result(outcome)
                else:
                    task.future.set_exception(outcome)
        finally:
            hand.dismiss()

    def _take(self, number: int) -> _Task | None:
        """The next order for worker `number`; None when there will be none."""
        only_short = number == 0 and self.size > 1
        with self._room:
            while True:
                for place, task in enumerate(self._waiting):
                    if not (only_short and task.order.operation in LONG):
                        del self._waiting[place]
                        return task
                if self._closing:
                    return None
                self._room.wait()

    def _finish(self, task: _Task, hand: _Hand) -> bytes | Exception:
        """The answer to an order, or the error that stands for it."""
        raw = task.order.encode()
        try:
            while True:
                result = hand.carry_out(task.order, raw)
                if result.kind is Kind.ANSWER:
                    return result.content
                words = result.content.decode("utf-8", "replace")
                if result.kind is None:
                    self.metrics.lost()
                    _log.warning("a worker was lost: %s", words)
                    task.losses += 1
                    if task.losses > self.settings.limits.retries:
                        return InfrastructureError("no worker lived to answer.")
                elif result.kind is Kind.VERDICT:
                    # A fresh worker makes the verdict into a report.
                    self.metrics.killed()
                    refusal = {"fault": json.loads(words), "n_qubits": result.n_qubits}
                    raw = replace(task.order, refusal=refusal).encode()
                else:
                    if result.kind is Kind.LIMIT:
                        self.metrics.killed()
                    return _error(result.kind, words)
        except Exception as error:
            _log.exception("the crew failed")
            hand.dismiss()
            return InfrastructureError(f"the crew failed ({type(error).__name__}).")


class _Hand:
    """One worker process at a time, started when it is needed."""

    def __init__(self, settings: ServiceSettings) -> None:
        self.settings = settings
        self.limits = settings.limits
        self._process: ForkServerProcess | None = None
        self._connection: Connection | None = None
        self._progress: Progress | None = None
        self._log: IO[bytes]
        self._served = 0

    def carry_out(self, order: Order, raw: bytes) -> _Result:
        """Have an order carried out, under the limits.

        Raises:
            InfrastructureError: no worker can be started.
        """
        if self._served >= self.limits.tasks_per_worker:
            self.dismiss()  # the importer's caches grow with what it reads
        if self._process is None or not self._process.is_alive():
            self.dismiss()
            self.hire()
        self._served += 1
        connection, progress = self._connection, self._progress
        assert connection is not None
        assert progress is not None
        progress.clear()
        limit_s = self.limits.max_seconds
        if order.operation in LONG:
            limit_s = self.settings.max_design_seconds
        watch = _Watch(self._pid, progress, self.limits.max_problem_seconds, limit_s)
        try:
            connection.send_bytes(raw)
            while not connection.poll(watch.patience_s()):
                why = watch.over()
                if why == "time":
                    self.dismiss()
                    return self._timed_out(order, watch)
                if why == "stall":
                    self.dismiss()
                    return _Result(None, b"it stalled.")
            kind, content = decode(connection.recv_bytes(LONGEST_MESSAGE))
        except (EOFError, OSError, ValueError):
            return self._post_mortem(order, watch)
        if kind in ENDS:
            self.dismiss()
        return _Result(kind, content, watch.standing().n_qubits if kind is Kind.VERDICT else None)

    def dismiss(self) -> tuple[int | None, str]:
        """End the worker, if there is one; its exit code and the end of its log."""
        process, self._process = self._process, None
        if process is None:
            return None, ""
        if self._connection is not None:
            self._connection.close()
        with suppress(ProcessLookupError):
            process.kill()  # leaves the status of one already dead as it is
        process.join()
        code = process.exitcode
        process.close()
        with self._log:
            size = self._log.seek(0, os.SEEK_END)
            self._log.seek(max(0, size - 4096))
            said = self._log.read().decode("utf-8", "replace")
        return code, said

    @property
    def _pid(self) -> int:
        assert self._process is not None
        return self._process.pid or 0

    def hire(self) -> None:
        """Start a worker; returns once it is there.

        Raises:
            InfrastructureError: none can be started.
        """
        context = _context()
        _start_fork_server()
        ours, theirs = context.Pipe()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115
        longest_s = max(
            self.limits.max_problem_seconds + self.limits.max_seconds,
            self.settings.max_design_seconds,
        )
        with tempfile.TemporaryFile() as page:
            page.truncate(SIZE)
            progress = Progress(page.fileno())
            files = Inherited(self._log.fileno()), Inherited(page.fileno())
            process = context.Process(
                target=main, args=(theirs, *files, self.limits, 2 * longest_s), daemon=True
            )
            try:
                process.start()
            except (OSError, EOFError) as error:
                raise InfrastructureError(f"no worker can be started: {error}.") from error
        theirs.close()
        self._process, self._connection, self._progress = process, ours, progress
        self._served = 0

    def _timed_out(self, order: Order, watch: _Watch) -> _Result:
        judging_from_s, n_qubits = watch.standing()
        if judging_from_s is None:
            words = (
                f"the problem takes more than {self.limits.max_problem_seconds:g} s to prepare: "
                "send a smaller one."
            )
            return _Result(Kind.LIMIT, words.encode())
        if order.operation in JUDGED:
            fault = out_of_time(self.limits).model_dump_json()
            return _Result(Kind.VERDICT, fault.encode(), n_qubits)
        words = f"the request takes more than {watch.limit_s:g} s: ask for less."
        return _Result(Kind.LIMIT, words.encode())

    def _post_mortem(self, order: Order, watch: _Watch) -> _Result:
        """What the end of a worker amounts to."""
        code, said = self.dismiss()
        judging_from_s, n_qubits = watch.standing()
        number = -(code or 0)
        if number == signal.SIGXCPU:
            return self._timed_out(order, watch)
        if number not in _FROM_OUTSIDE and any(w in said.lower() for w in _ALLOCATION_FAILED):
            if judging_from_s is not None and order.operation in JUDGED:
                fault = out_of_memory(self.limits).model_dump_json()
                return _Result(Kind.VERDICT, fault.encode(), n_qubits)
            return _Result(Kind.LIMIT, memory_message(self.limits).encode())
        last = said.strip().splitlines()[-1:]
        return _Result(None, f"it ended with {code}{': ' + last[0] if last else ''}.".encode())


class _Watch:
    """Processor time that a worker takes for an order.

    Args:
        problem_s: seconds allowed until the problem is ready.
        limit_s: and from there on.
    """

    def __init__(self, pid: int, progress: Progress, problem_s: float, limit_s: float) -> None:
        self.limit_s = limit_s
        self._problem_s = problem_s
        self._pid = pid
        self._progress = progress
        self._judging = False
        self._clock_s = time.monotonic()
        self._from_s = processor_s(pid)

    def standing(self) -> Standing:
        """How far the worker is."""
        return self._progress.read()

    def patience_s(self) -> float:
        """Seconds until it is to be looked at."""
        if not self._judging:  # or it may be by now, and the circuit's time runs
            return min(max(0.001, self._left_s()), self.limit_s, _LOOK_S)
        return min(max(0.001, self._left_s()), _LOOK_S)

    def over(self) -> str | None:
        """`time` when the limit is used up, `stall` when the clock runs without the process."""
        judging_from_s = self.standing().judging_from_s
        if judging_from_s is not None and not self._judging:
            self._judging, self._from_s, self._clock_s = True, judging_from_s, time.monotonic()
        if self._left_s() <= 0:
            return "time"
        if time.monotonic() - self._clock_s > max(_STALL * self._allowed_s, _STALL_S):
            return "stall"
        return None

    @property
    def _allowed_s(self) -> float:
        return self.limit_s if self._judging else self._problem_s

    def _left_s(self) -> float:
        return self._allowed_s - (processor_s(self._pid) - self._from_s)


def _error(kind: Kind, words: str) -> Exception:
    if kind is Kind.BAD_INPUT:
        return InputError(words)
    if kind is Kind.BAD_CIRCUIT:
        return CircuitError(words)
    if kind is Kind.LIMIT:
        return LimitError(words)
    _log.error("a worker failed:\n%s", words)
    return InfrastructureError("the machinery failed; this says nothing about the request.")


def _outcome_name(outcome: bytes | Exception) -> str:
    if isinstance(outcome, bytes):
        return "answered"
    names = {LimitError: "limit", InputError: "bad_input", CircuitError: "bad_circuit"}
    return names.get(type(outcome), "failed")


# --- the fork server ------------------------------------------------------------------------------


def _context() -> ForkServerContext:
    if sys.platform == "win32":
        raise InfrastructureError("the service needs Linux or macOS.")
    return multiprocessing.get_context("forkserver")


_environment_lock = threading.Lock()


def _start_fork_server() -> None:
    """Start it if it is not running, with an environment of its own."""
    context = _context()
    context.set_forkserver_preload(["quasar.service.preload"])
    with _environment_lock, _changed_environment():
        forkserver.ensure_running()


@contextmanager
def _changed_environment() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in _ENVIRONMENT}
    os.environ.update(_ENVIRONMENT)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
