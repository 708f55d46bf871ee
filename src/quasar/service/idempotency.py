"""Answers of recent batches, so that a batch that is sent again verifies nothing twice.

The key of an item is its owner (which API key), its batch's id and its own id. Answers are kept for
a limited time in limited memory; the oldest go first. To be used in one event loop.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from quasar.core.errors import InputError
from quasar.service.metrics import Metrics

ItemKey = tuple[str, str, str]
"""Owner, batch, item."""
_OVERHEAD = 512
"""Bytes of an entry, apart from its answer and its key."""


@dataclass(eq=False, slots=True)
class _Running:
    digest: bytes
    answer: asyncio.Future[bytes]


@dataclass(eq=False, slots=True)
class _Finished:
    """Kept instead of the future, which takes more memory than the answer."""

    digest: bytes
    answer: bytes
    finished_s: float
    size: int


class IdempotencyCache:
    """Does the work for an item once, as long as it remembers the item.

    Args:
        max_bytes: of all answers kept.
        max_seconds: how long one is kept.
        metrics: counts what was answered from memory.
    """

    def __init__(self, max_bytes: int, max_seconds: float, metrics: Metrics) -> None:
        self.max_bytes = max_bytes
        self.max_seconds = max_seconds
        self.metrics = metrics
        self._running: dict[ItemKey, _Running] = {}
        self._finished: OrderedDict[ItemKey, _Finished] = OrderedDict()  # the oldest first
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._running) + len(self._finished)

    def once(
        self, key: ItemKey, content: bytes, work: Callable[[], asyncio.Future[bytes]]
    ) -> asyncio.Future[bytes]:
        """The answer to an item: from memory, from the work in progress, or by doing it.

        The work goes on, and its answer is kept, where the caller stops waiting. An exception is
        not kept.

        Args:
            content: the item; the same key must come with the same content.
            work: starts the work; what it raises is passed on.

        Raises:
            InputError: the key was used for other content.
        """
        self._evict()
        digest = hashlib.sha256(content).digest()
        known = self._running.get(key) or self._finished.get(key)
        if known is not None:
            if known.digest != digest:
                raise InputError("a different item was sent under this id in the same batch.")
            self.metrics.replayed()
            if isinstance(known, _Running):
                return known.answer
            answered = asyncio.get_running_loop().create_future()
            answered.set_result(known.answer)
            return answered
        entry = _Running(digest, work())
        self._running[key] = entry
        entry.answer.add_done_callback(lambda answer: self._keep(key))
        return entry.answer

    def _keep(self, key: ItemKey) -> None:
        entry = self._running.pop(key)
        if entry.answer.cancelled() or entry.answer.exception() is not None:
            return
        answer = entry.answer.result()
        size = len(answer) + sum(map(len, key)) + _OVERHEAD
        self._finished[key] = _Finished(entry.digest, answer, time.monotonic(), size)
        self._bytes += size
        self._evict()

    def _evict(self) -> None:
        """Drop entries that are too old, and the oldest where memory is full."""
        oldest_s = time.monotonic() - self.max_seconds
        while self._finished:
            key, entry = next(iter(self._finished.items()))
            if self._bytes <= self.max_bytes and entry.finished_s >= oldest_s:
                return
            del self._finished[key]
            self._bytes -= entry.size
