from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.core.errors import InfrastructureError, InputError
from quasar.service.idempotency import IdempotencyCache
from quasar.service.metrics import Metrics


def counted(
    answers: list[str], text: str, wait_s: float = 0.0
) -> Callable[[], asyncio.Future[bytes]]:
    async def work() -> bytes:
        answers.append(text)
        await asyncio.sleep(wait_s)
        return text.encode()

    return lambda: asyncio.ensure_future(work())


def test_an_item_is_scored_once_also_while_it_is_in_progress() -> None:
    async def run() -> tuple[list[bytes], list[str]]:
        metrics = Metrics()
        cache, done = IdempotencyCache(1000, 60, metrics), []
        key = ("ada", "b", "1")
        first = cache.once(key, b"x", counted(done, "1", 0.05))
        second = cache.once(key, b"x", counted(done, "1", 0.05))
        both = list(await asyncio.gather(first, second))
        both.append(await cache.once(key, b"x", counted(done, "again")))
        name = "quasar_batch_answers_replayed_total"
        assert metrics.registry.get_sample_value(name) == 2
        return both, done

    assert asyncio.run(run()) == ([b"1"] * 3, ["1"])


def test_work_goes_on_when_nobody_waits_for_it() -> None:
    async def run() -> list[str]:
        cache, done = IdempotencyCache(1000, 60, Metrics()), []
        key = ("", "b", "1")
        waiter = asyncio.create_task(asyncio.wait([cache.once(key, b"", counted(done, "1", 0.05))]))
        await asyncio.sleep(0.01)
        waiter.cancel()
        await asyncio.sleep(0.1)
        assert await cache.once(key, b"", counted(done, "2")) == b"1"
        return done

    assert asyncio.run(run()) == ["1"]


def test_others_and_other_batches_do_not_see_it() -> None:
    async def run() -> list[str]:
        cache, done = IdempotencyCache(1000, 60, Metrics()), []
        for key in [("ada", "b", "1"), ("eve", "b", "1"), ("ada", "c", "1"), ("ada", "b", "2")]:
            await cache.once(key, b"", counted(done, "/".join(key)))
        return done

    assert len(asyncio.run(run())) == 4


def test_the_same_id_with_another_content_is_refused() -> None:
    async def run() -> None:
        cache = IdempotencyCache(1000, 60, Metrics())
        await cache.once(("", "b", "1"), b"x", counted([], "1"))
        with pytest.raises(InputError, match="a different item"):
            cache.once(("", "b", "1"), b"y", counted([], "1"))

    asyncio.run(run())


def test_a_failure_is_not_remembered() -> None:
    async def fail() -> bytes:
        raise InfrastructureError("gone")

    async def run() -> bytes:
        cache = IdempotencyCache(1000, 60, Metrics())
        with pytest.raises(InfrastructureError):
            await cache.once(("", "b", "1"), b"", lambda: asyncio.ensure_future(fail()))
        assert len(cache) == 0
        return await cache.once(("", "b", "1"), b"", counted([], "1"))

    assert asyncio.run(run()) == b"1"


def test_answers_grow_old() -> None:
    async def run() -> list[str]:
        cache, done = IdempotencyCache(1000, 0.05, Metrics()), []
        await cache.once(("", "b", "1"), b"", counted(done, "1"))
        await asyncio.sleep(0.1)
        await cache.once(("", "b", "1"), b"", counted(done, "2"))
        return done

    assert asyncio.run(run()) == ["1", "2"]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 60), max_size=30), st.integers(0, 200))
def test_what_is_kept_is_bounded_and_the_oldest_go_first(sizes: list[int], most: int) -> None:
    async def run() -> None:
        cache = IdempotencyCache(most, 60, Metrics())
        for number, size in enumerate(sizes):
            await cache.once(("", "b", str(number)), b"", counted([], "x" * size))
            await asyncio.sleep(0)
            assert cache._bytes <= most
            assert cache._bytes == sum(entry.size for entry in cache._finished.values())
        kept = [int(key[2]) for key in cache._finished]
        assert kept == list(range(len(sizes) - len(kept), len(sizes)))

    asyncio.run(run())
