"""What the routes of one service share: workers, batches, generators, metrics."""

from __future__ import annotations

import asyncio

from starlette.exceptions import HTTPException

from quasar.service.batch import Batches
from quasar.service.generators import GeneratorRegistry
from quasar.service.idempotency import IdempotencyCache
from quasar.service.metrics import Metrics
from quasar.service.models import ApiRequest
from quasar.service.settings import ServiceSettings
from quasar.service.workers import WorkerPool

_MIB = 1 << 20


class ServiceState:
    """See the module.

    Args:
        pool: the workers; default: new ones.

    Raises:
        InputError: a model that is to be offered cannot be found.
    """

    def __init__(self, settings: ServiceSettings, pool: WorkerPool | None = None) -> None:
        self.settings = settings
        self.pool = pool or WorkerPool(settings, Metrics())
        self.metrics = self.pool.metrics
        self.generators = GeneratorRegistry(settings.models, settings.limits)
        cache = IdempotencyCache(
            int(settings.kept_answers_mib * _MIB), settings.kept_answers_seconds, self.metrics
        )
        self.batches = Batches(self.pool, cache, settings.max_batches, self.metrics)

    async def run(self, operation: str, request: ApiRequest) -> bytes:
        """The JSON of a worker's answer; raises what `WorkerPool.submit` and its result raise."""
        future = self.pool.submit(operation, request.model_dump(mode="json"))
        return await asyncio.wrap_future(future)

    def require_batch_size(self, count: int) -> None:
        """Check that a batch has no more items than allowed.

        Raises:
            HTTPException: it has.
        """
        if count > self.settings.max_batch_items:
            most = self.settings.max_batch_items
            raise HTTPException(413, f"{count} items: send at most {most} at once.")
