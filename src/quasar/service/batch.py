"""Many circuits in one request: a stream of lines, in order of completion.

Only a few items at a time are handed to the pool, so that single requests pass in between; the rest
waits in the request itself.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

from quasar.core.errors import InputError, QuasarError
from quasar.service.errors import BusyError
from quasar.service.failures import failure_json, failure_of
from quasar.service.idempotency import IdempotencyCache, ItemKey
from quasar.service.metrics import Metrics
from quasar.service.models import API_VERSION, BatchRequest, BatchRequestItem
from quasar.service.workers import MOST_AHEAD, WorkerPool

_log = logging.getLogger(__name__)
_AHEAD = 2 * MOST_AHEAD  # items handed to the pool, a worker
_GATHER_S = 0.002  # that a line may wait for others: each write costs as much as half a circuit
_UNSENT = 256  # lines that may wait for a client that reads slowly; then its batch pauses


class Batches:
    """Runs batches; bounds how many at a time.

    Args:
        limit: batches at the same time.
    """

    def __init__(
        self, pool: WorkerPool, cache: IdempotencyCache, limit: int, metrics: Metrics
    ) -> None:
        self.pool = pool
        self.cache = cache
        self.limit = limit
        self.metrics = metrics
        self.running = 0

    def enter(self) -> None:
        """Take a place.

        Raises:
            BusyError: all are taken.
        """
        if self.running >= self.limit:
            self.metrics.refused("batches")
            raise BusyError(f"{self.limit} batches are running already: ask again later.", 2.0)
        self.running += 1

    def leave(self) -> None:
        """Give the place back."""
        self.running -= 1

    async def stream(self, request: BatchRequest, owner: str) -> AsyncIterator[bytes]:
        """Lines of items once they are scored, a few together where they come fast.

        Where the client goes away, items already handed to the pool are finished and remembered.
        """
        loop = asyncio.get_running_loop()
        bodies, answers = _Bodies(request), _Answers(loop)
        waiting = iter(request.items)
        lines: list[bytes] = []
        due = asyncio.Event()
        running, gone, called = 0, False, False

        def say(item: BatchRequestItem, content: bytes) -> None:
            lines.append(_line(item.id, content))
            if len(lines) == 1:
                loop.call_later(_GATHER_S, due.set)

        def finished(item: BatchRequestItem, answer: asyncio.Future[bytes]) -> None:
            nonlocal running, called
            running -= 1
            error = answer.exception()
            say(item, b'"report":' + answer.result() if error is None else _failed(error))
            if not called:  # once for all that are finished now
                called = True
                loop.call_soon(top_up)

        def top_up() -> None:
            nonlocal called
            called = False
            begin_more()
            self.pool.wake()

        def begin_more() -> None:
            nonlocal running
            while not gone and running < self.pool.size * _AHEAD + 1 and len(lines) < _UNSENT:
                item = next(waiting, None)
                if item is None:
                    return
                try:
                    answer = self._begin(request.batch_id, item, bodies.of(item), owner, answers)
                except InputError as error:
                    say(item, _failure("bad_request", str(error)))
                except QuasarError as error:
                    say(item, _failed(error))
                else:
                    running += 1
                    answer.add_done_callback(partial(finished, item))

        try:
            top_up()
            while running or lines:
                await due.wait()
                due.clear()
                together = b"".join(lines)
                lines.clear()
                yield together
                top_up()
        finally:
            gone = True

    def _begin(
        self,
        batch_id: str | None,
        item: BatchRequestItem,
        order: _Order,
        owner: str,
        answers: _Answers,
    ) -> asyncio.Future[bytes]:
        def work() -> asyncio.Future[bytes]:
            answer = answers.expect()
            self.pool.submit_item(order.body, order.shared, answer)
            return answer.future

        if batch_id is None:
            return work()
        key: ItemKey = (owner, batch_id, item.id)
        return self.cache.once(key, order.body, work)


class _Answers:
    """Takes answers from the pool's thread into the event loop's, many at a time."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._come: deque[tuple[asyncio.Future[bytes], bytes | Exception]] = deque()
        self._called = False

    def expect(self) -> _Answer:
        """What the pool is to tell of one more item."""
        return _Answer(self, self._loop.create_future())

    def note(self, answer: asyncio.Future[bytes], found: bytes | Exception) -> None:
        """In the pool's thread."""
        self._come.append((answer, found))
        if not self._called:
            self._called = True
            with suppress(RuntimeError):  # the loop is closed: nobody waits
                self._loop.call_soon_threadsafe(self._hand_over)

    def _hand_over(self) -> None:
        self._called = False  # before looking, so that what comes from now on calls again
        while self._come:
            answer, found = self._come.popleft()
            if answer.done():
                continue
            if isinstance(found, bytes):
                answer.set_result(found)
            else:
                answer.set_exception(found)


class _Answer(NamedTuple):
    """The outcome of an item, a `workers.RequestOutcome`; `future` is the event loop's."""

    answers: _Answers
    future: asyncio.Future[bytes]

    def set_running_or_notify_cancel(self) -> bool:
        """Items that were handed in are finished."""
        return True

    def set_result(self, result: bytes, /) -> None:
        """In the pool's thread."""
        self.answers.note(self.future, result)

    def set_exception(self, exception: Exception, /) -> None:
        """In the pool's thread."""
        self.answers.note(self.future, exception)


class _Order(NamedTuple):
    """What the pool is handed for an item.

    Attributes:
        shared: JSON of problem, reference and options.
        body: JSON of the program, and of a key that stands for what is shared.
    """

    shared: bytes
    body: bytes


class _Bodies:
    """Orders' bodies; what many items share is written once."""

    def __init__(self, request: BatchRequest) -> None:
        self._problems = request.problems
        self._options = request.options.model_dump(mode="json")
        self._written: dict[tuple[str, str | None], tuple[bytes, str]] = {}

    def of(self, item: BatchRequestItem) -> _Order:
        """The order for an item.

        Raises:
            InputError: the problem is nested too deeply.
        """
        shared, key = self._shared(item)
        own: dict[str, Any] = {"qasm": item.qasm}
        if item.qasm is None or item.parameters:
            own = item.model_dump(mode="json", include={"qasm", "qasm_base64", "parameters"})
        return _Order(shared, json.dumps({"prepared": key, **own}).encode("ascii"))

    def _shared(self, item: BatchRequestItem) -> tuple[bytes, str]:
        problem = item.problem
        if not isinstance(problem, str):
            return self._write(problem, item.reference)
        found = self._written.get((problem, item.reference))
        if found is None:
            found = self._write(self._problems[problem], item.reference)
            self._written[problem, item.reference] = found
        return found

    def _write(self, problem: dict[str, Any], reference: str | None) -> tuple[bytes, str]:
        parts = {"problem": problem, "reference": reference, "options": self._options}
        try:
            ordered = json.dumps(parts, sort_keys=True).encode("ascii")
            return json.dumps(parts).encode("ascii"), hashlib.sha256(ordered).hexdigest()
        except RecursionError:
            raise InputError("the problem is nested too deeply.") from None


def _failed(error: BaseException) -> bytes:
    """What a line tells of an item without a report."""
    _, code, message = failure_of(error)
    if code == "internal":
        _log.error("an item of a batch failed: %s", error)
    return _failure(code, message)


def _failure(code: str, message: str) -> bytes:
    return b'"error":' + failure_json(code, message)


def _line(item: str, content: bytes) -> bytes:
    head = f'{{"api_version":{API_VERSION},"id":{json.dumps(item)},'
    return head.encode("ascii") + content + b"}\n"
