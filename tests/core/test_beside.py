"""Work in a copy of the process: its result, its failures, and no process left."""

from __future__ import annotations

import os
import sys
from functools import partial

import pytest

from quasar.core import beside
from quasar.core.beside import Beside

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="copies are made on Linux")


@pytest.fixture(autouse=True)
def several_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "cores", lambda: 2)
    monkeypatch.setattr(beside.threading, "active_count", lambda: 1)


def test_work_is_done_in_another_process() -> None:
    with Beside(os.getpid) as other:
        pid = other.result()
    assert pid != os.getpid()
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def test_with_one_core_or_threads_it_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside.threading, "active_count", lambda: 2)
    with Beside(os.getpid) as other:
        assert other.result() == os.getpid()
    monkeypatch.setattr(beside.threading, "active_count", lambda: 1)
    monkeypatch.setattr(beside, "cores", lambda: 1)
    with Beside(os.getpid) as other:
        assert other.result() == os.getpid()


def only_in(pid: int) -> str:
    if os.getpid() != pid:
        os._exit(3)
    return "here"


def test_where_the_copy_fails_the_work_is_done_here() -> None:
    with Beside(partial(only_in, os.getpid())) as other:
        assert other.result() == "here"
    with Beside(lambda: 1 // 0) as other, pytest.raises(ZeroDivisionError):
        other.result()


def test_it_ends_where_nobody_waits_for_it() -> None:
    other = Beside(partial(os.read, os.pipe()[0], 1))
    pid = other._pid
    with pytest.raises(KeyboardInterrupt), other:
        raise KeyboardInterrupt
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
