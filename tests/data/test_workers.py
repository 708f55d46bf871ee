from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from quasar.core.errors import InfrastructureError, InputError
from quasar.data.workers import Tick, chunked, in_order, spread


def _double(item: int, tick: Tick) -> int:
    tick()
    return 2 * item


def _dies_once(folder: Path, item: int, tick: Tick) -> int:
    mark = folder / str(item)
    if item == 2 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def _dies(item: int, tick: Tick) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return item


def _refuses(item: int, tick: Tick) -> int:
    raise InputError("item 1 is wrong.")


def _breaks(item: int, tick: Tick) -> int:
    return 1 // 0


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_item_once(jobs: int) -> None:
    ticks = []
    found = list(spread(_double, range(7), jobs=jobs, tick=lambda: ticks.append(1)))
    assert sorted(found) == [0, 2, 4, 6, 8, 10, 12]
    assert len(ticks) == 7


def test_a_dead_workers_item_is_done_again(tmp_path: Path) -> None:
    assert sorted(spread(partial(_dies_once, tmp_path), range(4), jobs=2)) == [0, 1, 2, 3]


def test_an_item_that_kills_every_worker_ends_the_work() -> None:
    with pytest.raises(InfrastructureError, match="ended 3 worker processes"):
        list(spread(_dies, [1], jobs=2))


def test_errors_for_the_user_come_through() -> None:
    with pytest.raises(InputError, match="item 1 is wrong"):
        list(spread(_refuses, [1], jobs=2))


def test_faults_of_ours_say_where() -> None:
    with pytest.raises(InfrastructureError, match="ZeroDivisionError"):
        list(spread(_breaks, [1], jobs=2))


def test_order_is_restored() -> None:
    assert list(in_order([(2, "c"), (0, "a"), (3, "d"), (1, "b")])) == ["a", "b", "c", "d"]
    assert list(chunked(range(5), 2)) == [[0, 1], [2, 3], [4]]


SCRIPT = """
import signal
from quasar.data.workers import spread

def heeds(item, tick):
    return signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])

if __name__ == "__main__":
    print(any(spread(heeds, range(8), jobs=2)))
"""


def test_no_worker_heeds_ctrl_c_not_even_the_first(tmp_path: Path) -> None:
    script = tmp_path / "script.py"  # an interpreter of its own: no resource tracker runs there yet
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == "False"
