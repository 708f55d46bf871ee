from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

pytest.importorskip("fastapi")

from quasar.service.workers import WorkerPool
from quasar.verifier.sandbox.workers import Workers
from support.small_service import Running, serving, small


@pytest.fixture(scope="session", autouse=True)
def fork_servers_are_kept() -> Iterator[None]:
    """A pool takes the fork server of the one before: starting one takes a second and a half."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("quasar.service.workers.Workers", partial(Workers, reusable=True))
        yield


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
