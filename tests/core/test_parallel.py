from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from quasar.core.errors import InfrastructureError, InputError
from quasar.core.parallel import Tick, chunked, map_ordered, map_unordered


def _double(item: int, tick: Tick) -> int:
    tick()
    return 2 * item


def _dies_once(folder: Path, item: int) -> int:
    mark = folder / str(item)
    if item == 2 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def _dies(item: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return item


def _refuses(item: int) -> int:
    raise InputError("item 1 is wrong.")


def _breaks(item: int) -> int:
    return 1 // 0


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_item_once(jobs: int) -> None:
    ticks = []
    found = list(map_unordered(_double, range(7), jobs=jobs, tick=lambda: ticks.append(1)))
    assert sorted(found) == [0, 2, 4, 6, 8, 10, 12]
    assert len(ticks) == 7


def test_a_dead_workers_item_is_done_again(tmp_path: Path) -> None:
    assert sorted(map_unordered(partial(_dies_once, tmp_path), range(4), jobs=2)) == [0, 1, 2, 3]


def test_an_item_that_kills_every_worker_ends_the_work() -> None:
    with pytest.raises(InfrastructureError, match="ended 3 worker processes"):
        list(map_unordered(_dies, [1], jobs=2))


def test_errors_for_the_user_come_through() -> None:
    with pytest.raises(InputError, match="item 1 is wrong"):
        list(map_unordered(_refuses, [1], jobs=2))


def test_faults_of_ours_say_where() -> None:
    with pytest.raises(InfrastructureError, match="ZeroDivisionError"):
        list(map_unordered(_breaks, [1], jobs=2))


def _late_first(item: int) -> int:
    time.sleep(0.3 if item == 0 else 0.0)
    return -item


def _late_first_ticking(item: int, tick: Tick) -> int:
    tick()
    return _late_first(item)


@pytest.mark.parametrize("jobs", [1, 2])
def test_order_is_restored(jobs: int) -> None:
    assert list(map_ordered(_late_first, range(6), jobs=jobs)) == [0, -1, -2, -3, -4, -5]
    ticks: list[int] = []
    found = map_ordered(_late_first_ticking, range(3), jobs=jobs, tick=lambda: ticks.append(1))
    assert list(found) == [0, -1, -2]
    assert len(ticks) == 3


def test_chunks() -> None:
    assert list(chunked(range(5), 2)) == [[0, 1], [2, 3], [4]]


def test_items_are_read_as_they_are_needed() -> None:
    read = []

    def source() -> Iterator[int]:
        for i in range(1000):
            read.append(i)
            yield i

    results = map_unordered(abs, source(), jobs=2)
    next(results)
    assert len(read) < 10
    results.close()  # type: ignore[attr-defined]


SCRIPT = """
import signal
from quasar.core.parallel import map_unordered

def heeds(item):
    return signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])

if __name__ == "__main__":
    print(any(map_unordered(heeds, range(8), jobs=2)))
"""


def test_no_worker_heeds_ctrl_c_not_even_the_first(tmp_path: Path) -> None:
    script = tmp_path / "script.py"  # an interpreter of its own: no resource tracker runs there yet
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == "False"
