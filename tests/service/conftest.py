from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("fastapi")

from quasar.service.workers import WorkerPool
from support.small_service import Running, serving, small


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    with serving(small()) as service:
        yield service


@pytest.fixture(scope="session")
def pool() -> Iterator[WorkerPool]:
    pool = WorkerPool(small())
    pool.start()
    yield pool
    pool.close()
