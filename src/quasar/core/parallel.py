"""One function over many items, on processes of this machine or on a Ray cluster.

Processes may die or be killed at any moment. An item whose worker died is given to another one; an
item that ends three workers in a row ends the work. Workers end with their parent, however it ends,
and leave Ctrl-C to it. Order of results is that of completion. Untrusted text needs limits as well:
see `verifier.sandbox`.
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
from functools import partial
from itertools import islice
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from quasar.core.cluster import Cluster, on_ray
from quasar.core.errors import InfrastructureError, QuasarError
from quasar.core.processes import SINGLE_THREADED, die_with_parent

T = TypeVar("T")
R = TypeVar("R")

Tick = Callable[[], None]

_MAX_DEATHS = 3


def map_unordered(
    work: Callable[..., R],
    items: Iterable[T],
    *,
    jobs: int,
    cluster: Cluster | None = None,
    tick: Tick | None = None,
) -> Iterator[R]:
    """Yield `work(item)` of every item, or `work(item, tick)` if `tick` is given.

    Args:
        work: at the top of a module or a `functools.partial` of that.
        items: read as needed.
        jobs: processes of this machine; 1 works in this one.
        cluster: work there and not on this machine.
        tick: called here as often as `work` calls the one that it is given, on a cluster as soon
            as the item is done.

    Raises:
        InputError: Ray is not installed.
        InfrastructureError: an item ended its workers, `work` failed in an unforeseen way, or the
            cluster failed.
        QuasarError: as raised by `work`.
    """
    if cluster is not None:
        for result, ticks in on_ray(_count_ticks, (work, tick is not None), items, cluster):
            for _ in range(ticks):
                tick()  # type: ignore[misc]
            yield result
    elif jobs == 1:
        for item in items:
            yield work(item) if tick is None else work(item, tick)
    else:
        with ProcessPool(work, jobs, tick) as pool:
            yield from pool.run(iter(items))


def chunked(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of `size`, the last one shorter."""
    source = iter(items)
    while chunk := list(islice(source, size)):
        yield chunk


def map_ordered(
    work: Callable[..., R], items: Iterable[T], *, jobs: int, tick: Tick | None = None
) -> Iterator[R]:
    """As `map_unordered`, but in the order of the items; what is early waits in memory."""
    numbered = partial(_with_number, work)
    waiting: dict[int, R] = {}
    due = 0
    for number, result in map_unordered(numbered, enumerate(items), jobs=jobs, tick=tick):
        waiting[number] = result
        while due in waiting:
            yield waiting.pop(due)
            due += 1


def _with_number(work: Callable[..., R], item: tuple[int, T], *tick: Tick) -> tuple[int, R]:
    return item[0], work(item[1], *tick)


def _count_ticks(shared: tuple[Callable[..., R], bool], item: Any) -> tuple[R, int]:
    work, ticking = shared
    ticks: list[None] = []
    result = work(item, lambda: ticks.append(None)) if ticking else work(item)
    return result, len(ticks)


@dataclass(eq=False)
class _Worker:
    process: BaseProcess
    connection: Connection
    item: Any = None
    deaths: int = 0
    busy: bool = False


class ProcessPool:
    """Processes of this machine that wait for items until `close`.

    Args:
        work: as in `map_unordered`; each process gets it once.
        jobs: processes at most; they start as items come.
        tick: as in `map_unordered`.
    """

    def __init__(self, work: Callable[..., Any], jobs: int, tick: Tick | None = None) -> None:
        self._work, self._jobs, self._tick = work, jobs, tick
        # A fresh interpreter each: forking a process that has threads can deadlock.
        self._context = multiprocessing.get_context("spawn")
        self._workers: list[_Worker] = []

    def __enter__(self) -> ProcessPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes."""
        self._end(self._workers)

    def _end(self, workers: list[_Worker]) -> None:
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.process.join()
            worker.connection.close()
        self._workers = [worker for worker in self._workers if worker not in workers]

    def run(self, items: Iterator[Any]) -> Iterator[Any]:
        """Yield the result of every item, in order of completion; may be called again."""
        try:
            yield from self._run(items)
        finally:
            self._end([worker for worker in self._workers if worker.busy])

    def _run(self, items: Iterator[Any]) -> Iterator[Any]:
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
                worker = idle or self._start()
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
                    again.append(self._reap(worker))
                    continue
                if kind == "tick":
                    self._tick()  # type: ignore[misc]
                    continue
                worker.busy = False
                if kind == "error":
                    raise value
                yield value

    def _start(self) -> _Worker:
        for name, value in SINGLE_THREADED.items():
            os.environ.setdefault(name, value)
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_serve, args=(theirs, self._work, self._tick is not None), daemon=True
        )
        # The parent alone handles Ctrl-C, from the first moment of a worker's life. Python's
        # resource tracker unblocks it as it starts, so it has to be there before.
        resource_tracker.ensure_running()
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        process.start()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        theirs.close()
        worker = _Worker(process, ours)
        self._workers.append(worker)
        return worker

    def _reap(self, worker: _Worker) -> tuple[Any, int]:
        """Take a dead worker's item back.

        Raises:
            InfrastructureError: it has ended other workers before.
        """
        worker.process.join()
        self._workers.remove(worker)
        worker.connection.close()
        deaths = worker.deaths + 1
        if deaths == _MAX_DEATHS:
            raise InfrastructureError(
                f"the same piece of work ended {deaths} worker processes (last exit code "
                f"{worker.process.exitcode}), perhaps for lack of memory: try fewer --jobs. "
                "What is finished is kept; run the same command again to resume."
            )
        return worker.item, deaths


def _serve(connection: Connection, work: Callable[..., Any], ticking: bool) -> None:
    """Work until the parent is gone."""
    die_with_parent()

    def tick() -> None:
        connection.send(("tick", None))

    # A closed connection: the parent is gone.
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            item = connection.recv()
            try:
                answer = ("done", work(item, tick) if ticking else work(item))
            except QuasarError as error:
                answer = ("error", error)
            except (BrokenPipeError, ConnectionResetError):
                return
            except Exception:
                fault = InfrastructureError(f"a worker failed:\n{traceback.format_exc()}")
                answer = ("error", fault)
            connection.send(answer)
