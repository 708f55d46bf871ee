"""Work spread over processes of this machine, which may die or be killed at any moment.

A piece of work whose worker died is given to a new one; a piece that kills three workers in a row
is given up. Workers end with their parent, however it ends: they notice when they next report.
Order of results is that of completion.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from quasar.core.cluster import single_threaded
from quasar.core.errors import InfrastructureError, QuasarError

T = TypeVar("T")
R = TypeVar("R")

Tick = Callable[[], None]
Work = Callable[[T, Tick], R]

_MAX_DEATHS = 3


def default_jobs() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread(
    work: Work[T, R], items: Iterable[T], *, jobs: int, tick: Tick = lambda: None
) -> Iterator[R]:
    """Yield `work(item, tick)` of every item.

    Args:
        work: at the top of a module or a `functools.partial` of that; calls the tick it is given
            whenever a part is done.
        items: read as needed.
        jobs: processes; 1 works in this one.
        tick: called here for every tick of a worker.

    Raises:
        InfrastructureError: a piece of work killed its workers, or failed in an unforeseen way.
        QuasarError: as raised by `work`.
    """
    if jobs == 1:
        for item in items:
            yield work(item, tick)
        return
    with _Crew(work, jobs) as crew:
        yield from crew.run(iter(items), tick)


def chunked(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of `size`, the last one shorter."""
    source = iter(items)
    while chunk := list(islice(source, size)):
        yield chunk


def in_order(results: Iterable[tuple[int, R]]) -> Iterator[R]:
    """Numbered results, from 0 and without gaps, in the order of their numbers."""
    waiting: dict[int, R] = {}
    due = 0
    for number, result in results:
        waiting[number] = result
        while due in waiting:
            yield waiting.pop(due)
            due += 1


@dataclass(eq=False)
class _Worker:
    process: BaseProcess
    connection: Connection
    item: Any = None
    deaths: int = 0
    busy: bool = False


class _Crew:
    def __init__(self, work: Work[Any, Any], jobs: int) -> None:
        self._work, self._jobs = work, jobs
        # A fresh interpreter each: forking a process that has threads can deadlock.
        self._context = multiprocessing.get_context("spawn")
        self._workers: list[_Worker] = []

    def __enter__(self) -> _Crew:
        for name, value in single_threaded().items():
            os.environ.setdefault(name, value)
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()
            worker.connection.close()

    def run(self, items: Iterator[Any], tick: Tick) -> Iterator[Any]:
        again: deque[tuple[Any, int]] = deque()
        more = True
        while True:
            while more or again:
                idle = next((w for w in self._workers if not w.busy), None)
                if idle is None and len(self._workers) == self._jobs:
                    break
                try:
                    item, deaths = again.popleft() if again else (next(items), 0)
                except StopIteration:
                    more = False
                    break
                worker = idle or self._hire()
                worker.item, worker.deaths, worker.busy = item, deaths, True
                with suppress(OSError):  # already dead: found out below
                    worker.connection.send(item)
            busy = {w.connection: w for w in self._workers if w.busy}
            if not busy:
                return
            for ready in wait(list(busy)):
                worker = busy[ready]  # type: ignore[index]
                try:
                    kind, value = worker.connection.recv()
                except (EOFError, OSError):
                    again.append(self._bury(worker))
                    continue
                if kind == "tick":
                    tick()
                    continue
                worker.busy = False
                if kind == "error":
                    raise value
                yield value

    def _hire(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs, self._work), daemon=True)
        # Ctrl-C is the parent's business, from the first moment of a worker's life. Python's
        # resource tracker unblocks it as it starts, so it has to be there before.
        resource_tracker.ensure_running()
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        process.start()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        theirs.close()
        worker = _Worker(process, ours)
        self._workers.append(worker)
        return worker

    def _bury(self, worker: _Worker) -> tuple[Any, int]:
        """Take a dead worker's work back.

        Raises:
            InfrastructureError: it has killed others before.
        """
        worker.process.join()
        self._workers.remove(worker)
        worker.connection.close()
        deaths = worker.deaths + 1
        if deaths == _MAX_DEATHS:
            raise InfrastructureError(
                f"the same piece of work ended {deaths} worker processes (last exit code "
                f"{worker.process.exitcode}), perhaps for lack of memory: try fewer --jobs. "
                "What is finished is kept; run the same command again to go on."
            )
        return worker.item, deaths


def _serve(connection: Connection, work: Work[Any, Any]) -> None:
    """Work until the parent is gone."""

    def tick() -> None:
        connection.send(("tick", None))

    # A closed connection: the parent is gone.
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            item = connection.recv()
            try:
                answer = ("done", work(item, tick))
            except QuasarError as error:
                answer = ("error", error)
            except (BrokenPipeError, ConnectionResetError):
                return
            except Exception:
                fault = InfrastructureError(f"a worker failed:\n{traceback.format_exc()}")
                answer = ("error", fault)
            connection.send(answer)
