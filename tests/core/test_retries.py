from __future__ import annotations

from email.utils import formatdate

import pytest

from quasar.core.retries import Backoff, TransientError, retry_after_s


def test_pauses_double_up_to_the_limit_with_jitter() -> None:
    backoff = Backoff(1.0, 60.0)
    for attempt in (*range(8), 5000):
        some = [backoff.pause_s(attempt) for _ in range(200)]
        top = 2.0 ** min(attempt, 7)
        assert all(min(60.0, top / 2) <= pause_s <= min(60.0, top) for pause_s in some)
        assert attempt > 5 or len(set(some)) > 100


@pytest.mark.parametrize(("asked_s", "pause_s"), [(5.0, 5.0), (999.0, 60.0), (0.0, 0.5)])
def test_a_pause_is_no_shorter_than_asked_and_no_longer_than_the_limit(
    asked_s: float, pause_s: float
) -> None:
    found = Backoff(1.0, 60.0).pause_s(0, TransientError("busy", asked_s))
    assert pause_s <= found <= max(pause_s, 1.0)


def test_an_error_that_asks_for_nothing_changes_nothing() -> None:
    for error in (None, OSError("lost"), TransientError("busy")):
        assert Backoff(0.0, 60.0).pause_s(3, error) == 0.0


def test_retry_after_reads_seconds_and_dates() -> None:
    assert retry_after_s(None) is None
    assert retry_after_s("2.5") == 2.5
    assert retry_after_s("-3") == 0.0
    assert retry_after_s("soon") is None
    assert retry_after_s(formatdate(1030, usegmt=True), now=lambda: 1000.0) == 30.0
