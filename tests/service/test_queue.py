"""Items of batches that wait on one worker behind others that end it: each its own answer."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from quasar.core.errors import InfrastructureError
from quasar.service import models
from quasar.service.workers import WorkerPool, _RequestScheduler
from quasar.verifier.api import verify
from quasar.verifier.sandbox import SandboxLimits
from quasar.verifier.sandbox.handle import WorkerHandle
from support import dying_worker
from support.dying_worker import MARK
from support.hostile import FOREVER, HEAD
from support.small_service import small

N = 16
PROBLEM = {"hamiltonian": "1.0 * (Z(0) @ Z(1)) + -0.5 * Z(2)"}
LIMITS = SandboxLimits(max_seconds=0.3, max_memory_mib=256, retries=1)
POSITIONS = ([0], [7], [N - 1], [3, 11], [4, 5])
MEMORY = HEAD + "bit[2000000000] c; qubit[1] q;"


def text(i: int) -> str:
    """Programs that differ, each with its energy."""
    return HEAD + f"qubit[3] q; h q[0]; cx q[0], q[1]; ry({i / 10}) q[2];"


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    """One worker, which is handed 16 items at once."""
    pool = WorkerPool(small(workers=1, limits=LIMITS), operations={"verify": dying_worker.verify})
    pool._scheduler.ahead = pool._scheduler.most_ahead = N
    pool.start()
    yield pool
    pool.close()


@pytest.fixture
def most(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """The most items that the worker held."""
    found: Counter[str] = Counter()
    send = _RequestScheduler._send

    def counted(self: _RequestScheduler, worker: WorkerHandle) -> None:
        found["held"] = max(found["held"], len(worker.tasks))
        send(self, worker)

    monkeypatch.setattr(_RequestScheduler, "_send", counted)
    return found


def answers(pool: WorkerPool, killers: dict[int, str]) -> list[dict[str, Any] | Exception]:
    """By place in the queue; the items that end nothing have the verifier's own report."""
    shared = json.dumps(
        models.VerifyRequest(problem=PROBLEM, qasm="x").model_dump(mode="json", exclude={"qasm"})
    ).encode()
    orders = [{"prepared": "ab", "qasm": killers.get(i, text(i))} for i in range(N)]
    with pytest.MonkeyPatch.context() as patch:  # it looks when all of them are there
        patch.setattr(pool, "_notify", lambda: None)
        futures = [
            pool.submit("verify", json.dumps(order).encode(), bounded=False, shared=shared)
            for order in orders
        ]
    pool._notify()
    found: list[dict[str, Any] | Exception] = []
    for i, future in enumerate(futures):
        error = future.exception(timeout=60)
        found.append(error or json.loads(future.result()))
        if i not in killers:
            told = {key: value for key, value in found[i].items() if key != "cost_s"}
            assert told == verify(text(i), PROBLEM).model_dump(mode="json", exclude={"cost_s"})
    return found


@pytest.mark.parametrize("places", POSITIONS, ids=str)
@pytest.mark.parametrize("how", ["time", "memory", "abort"])
def test_an_item_over_a_limit_costs_the_others_nothing(
    pool: WorkerPool, most: Counter[str], places: list[int], how: str
) -> None:
    found = answers(pool, {i: f"{text(i)} {MARK}{how}" for i in places})
    assert {found[i]["fault"]["limit"] for i in places} == {"time" if how == "time" else "memory"}
    assert most["held"] == N


@pytest.mark.parametrize("places", POSITIONS, ids=str)
def test_a_silent_crash_is_a_verdict_on_nobody(pool: WorkerPool, places: list[int]) -> None:
    found = answers(pool, {i: f"{text(i)} {MARK}crash" for i in places})
    assert all(isinstance(found[i], InfrastructureError) for i in places)


def test_programs_of_the_language_do_the_same(pool: WorkerPool) -> None:
    found = answers(pool, {2: FOREVER, 8: MEMORY, 9: FOREVER})
    assert [found[i]["fault"]["limit"] for i in (2, 9)] == ["time", "time"]
    assert found[8]["fault"]["limit"] in {"memory", "time"}


def test_requests_end_where_no_worker_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    made = dying_worker.stillborn
    monkeypatch.setattr("quasar.service.workers.program", lambda *_: made(None))
    pool = WorkerPool(small(workers=2, limits=LIMITS))
    pool.start()
    try:
        order = models.VerifyRequest(problem=PROBLEM, qasm=text(0)).model_dump(mode="json")
        for _ in range(2):  # the pool goes on
            with pytest.raises(InfrastructureError, match="the worker pool failed"):
                pool.submit("verify", order).result(timeout=60)
    finally:
        pool.close()
