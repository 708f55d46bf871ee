"""Many circuits in one request: a stream of lines, in order of completion.

Only a few items at a time are handed to the pool, so that single requests pass in between; the rest
waits in the request itself.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from quasar.core.errors import InputError, QuasarError
from quasar.service.errors import BusyError
from quasar.service.failures import failure_json, failure_of
from quasar.service.idempotency import IdempotencyCache, ItemKey
from quasar.service.metrics import Metrics
from quasar.service.models import API_VERSION, BatchRequest, BatchRequestItem
from quasar.service.workers import WorkerPool

_log = logging.getLogger(__name__)
_AHEAD = 2  # items handed to the pool, a worker
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
        bodies = _Bodies(request)
        waiting = iter(request.items)
        lines: list[bytes] = []
        due = asyncio.Event()
        running, gone = 0, False

        def say(item: BatchRequestItem, content: bytes) -> None:
            lines.append(_line(item.id, content))
            if len(lines) == 1:
                loop.call_later(_GATHER_S, due.set)

        def finished(item: BatchRequestItem, answer: asyncio.Future[bytes]) -> None:
            nonlocal running
            running -= 1
            error = answer.exception()
            say(item, b'"report":' + answer.result() if error is None else _failed(error))
            top_up()

        def top_up() -> None:
            nonlocal running
            while not gone and running < self.pool.size * _AHEAD + 1 and len(lines) < _UNSENT:
                item = next(waiting, None)
                if item is None:
                    return
                try:
                    answer = self._begin(request.batch_id, item, *bodies.of(item), owner)
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
        self, batch_id: str | None, item: BatchRequestItem, body: bytes, content: bytes, owner: str
    ) -> asyncio.Future[bytes]:
        def work() -> asyncio.Future[bytes]:
            return asyncio.wrap_future(self.pool.submit("verify", body, bounded=False))

        if batch_id is None:
            return work()
        key: ItemKey = (owner, batch_id, item.id)
        return self.cache.once(key, content, work)


class _Bodies:
    """Orders' bodies; what many items share is written once."""

    def __init__(self, request: BatchRequest) -> None:
        self._problems = request.problems
        self._options = request.options.model_dump(mode="json")
        self._written: dict[tuple[str, str | None], tuple[bytes, str]] = {}

    def of(self, item: BatchRequestItem) -> tuple[bytes, bytes]:
        """The body for an item, and what makes it the same item as another.

        Raises:
            InputError: the problem is nested too deeply.
        """
        shared, key = self._shared(item)
        own = item.model_dump(mode="json", include={"qasm", "qasm_base64", "parameters"})
        program = json.dumps(own).encode("ascii")
        body = b'{%s,"prepared":"%s",%s' % (shared[1:-1], key.encode("ascii"), program[1:])
        return body, key.encode("ascii") + program

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
