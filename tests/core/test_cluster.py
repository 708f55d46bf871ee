"""Work on a real local Ray of two workers: answers, errors, and workers that die."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from quasar.core import cluster
from quasar.core.cluster import Cluster, on_ray
from quasar.core.errors import InfrastructureError, ProblemError
from quasar.core.parallel import Tick, map_unordered

pytestmark = pytest.mark.usefixtures("one_ray")
TWO = Cluster(None, 2)


def add(shared: int, item: int) -> int:
    return shared + item


def fail_at(shared: int, item: int) -> int:
    if item == shared:
        raise ProblemError(f"no {item} here.")
    return item


def die_once(shared: str, item: int) -> int:
    mark = Path(shared) / str(item)
    if item == 3 and not mark.exists():
        mark.touch()
        os._exit(1)
    return item


def die(shared: None, item: int) -> int:
    os._exit(1)


def test_every_item_once() -> None:
    assert sorted(on_ray(add, 100, iter(range(40)), TWO)) == list(range(100, 140))
    assert list(on_ray(add, 1, [], TWO)) == []


def tick_twice(item: int, tick: Tick) -> int:
    tick()
    tick()
    return item


def test_a_cluster_works_as_processes_do() -> None:
    ticks: list[int] = []
    found = map_unordered(tick_twice, range(5), jobs=2, cluster=TWO, tick=lambda: ticks.append(1))
    assert sorted(found) == [0, 1, 2, 3, 4]
    assert len(ticks) == 10
    assert sorted(map_unordered(abs, [-1, 2], jobs=2, cluster=TWO)) == [1, 2]


def test_items_are_read_as_needed() -> None:
    read = []

    def items() -> Iterator[int]:
        for item in range(1000):
            read.append(item)
            yield item

    first = on_ray(add, 0, items(), TWO)
    next(first)
    first.close()
    assert len(read) < 20


def test_our_errors_come_through_as_they_are() -> None:
    with pytest.raises(ProblemError, match="no 5 here"):
        list(on_ray(fail_at, 5, range(10), TWO))


def test_work_of_a_dead_worker_is_done_by_another(tmp_path: Path) -> None:
    assert sorted(on_ray(die_once, str(tmp_path), range(6), TWO)) == list(range(6))


def test_work_that_kills_every_worker_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_RETRIES", 1)  # each starts a worker
    with pytest.raises(InfrastructureError, match="run the same command again"):
        list(on_ray(die, None, [1], TWO))
