"""Many circuits in one request: a stream of lines, in order of completion.

Only a few items at a time are handed to the crew, so that single requests pass in between; the rest
waits in the request itself.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from quasar.core.errors import InputError, QuasarError
from quasar.service.crew import Crew
from quasar.service.errors import BusyError, LimitError
from quasar.service.ledger import Key, Ledger
from quasar.service.metrics import Metrics
from quasar.service.models import API_VERSION, BatchItem, BatchRequest

_AHEAD = 2  # items handed to the crew, a worker


class Batches:
    """Runs batches; bounds how many at a time.

    Args:
        limit: batches at the same time.
    """

    def __init__(self, crew: Crew, ledger: Ledger, limit: int, metrics: Metrics) -> None:
        self.crew = crew
        self.ledger = ledger
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
        """A line for each item, once it is scored.

        Where the client goes away, items already handed to the crew are finished and remembered.
        """
        options = request.options.model_dump(mode="json")
        waiting = iter(request.items)
        pending: dict[asyncio.Future[bytes], BatchItem] = {}
        try:
            while True:
                while len(pending) < self.crew.size * _AHEAD + 1:
                    item = next(waiting, None)
                    if item is None:
                        break
                    try:
                        pending[self._begin(request, item, options, owner)] = item
                    except InputError as error:
                        yield _line(item.id, _failure("bad_request", str(error)))
                if not pending:
                    return
                done, _ = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    yield _line(pending.pop(task).id, _content(task))
        finally:
            for task in pending:
                task.add_done_callback(_seen)

    def _begin(
        self, request: BatchRequest, item: BatchItem, options: dict[str, Any], owner: str
    ) -> asyncio.Future[bytes]:
        problem = item.problem
        body = {
            "problem": request.problems[problem] if isinstance(problem, str) else problem,
            "reference": item.reference,
            "qasm": item.qasm,
            "qasm_base64": item.qasm_base64,
            "options": options,
        }

        async def work() -> bytes:
            return await asyncio.wrap_future(self.crew.submit("verify", body, bounded=False))

        if request.batch_id is None:
            return asyncio.create_task(work())
        key: Key = (owner, request.batch_id, item.id)
        return self.ledger.score(key, _fingerprint(body), work)


def _seen(task: asyncio.Future[bytes]) -> None:
    """Look at a result that nobody waits for, so that asyncio does not complain."""
    if not task.cancelled():
        task.exception()


def _fingerprint(body: dict[str, Any]) -> bytes:
    try:
        return json.dumps(body, sort_keys=True).encode("ascii")
    except RecursionError:
        raise InputError("the problem is nested too deeply.") from None


def _content(task: asyncio.Future[bytes]) -> bytes:
    """What a line says beside the id."""
    error = task.exception()
    if error is None:
        return b'"report":' + task.result()
    if isinstance(error, LimitError):
        return _failure("limit", str(error))
    if isinstance(error, InputError):
        return _failure("bad_problem", str(error))
    if isinstance(error, QuasarError):
        return _failure("internal", str(error))
    return _failure("internal", "the machinery failed; this says nothing about the circuit.")


def _failure(code: str, message: str) -> bytes:
    clean = message.encode("utf-8", "replace").decode("utf-8")
    return b'"error":' + json.dumps({"code": code, "message": clean}).encode("ascii")


def _line(item: str, content: bytes) -> bytes:
    head = f'{{"api_version":{API_VERSION},"id":{json.dumps(item)},'
    return head.encode("ascii") + content + b"}\n"
