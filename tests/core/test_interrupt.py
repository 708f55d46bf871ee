"""Signals as a wish to end: polled, or at once; the second one always at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from quasar.core.interrupt import SIGNALS, Interrupt, heeding


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_is_noted_and_the_second_raises(number: signal.Signals) -> None:
    told: list[int] = []
    before = signal.getsignal(number)
    with heeding(lambda: told.append(1)) as interrupt:
        os.kill(os.getpid(), number)
        assert interrupt.requested
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert told == [1]
    assert signal.getsignal(number) is before


def test_work_that_cannot_be_polled_is_broken_off() -> None:
    with heeding() as interrupt:
        with interrupt.at_once(), pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        assert interrupt.requested
        with pytest.raises(KeyboardInterrupt), interrupt.at_once():
            pass


@pytest.mark.usefixtures("restore")
def test_ignored_signals_stay_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with heeding() as interrupt:
        os.kill(os.getpid(), signal.SIGINT)
        assert not interrupt.requested


@pytest.fixture
def restore() -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


def test_outside_the_main_thread() -> None:
    seen: list[Interrupt] = []

    def work() -> None:
        with heeding() as interrupt:
            seen.append(interrupt)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not seen[0].requested
