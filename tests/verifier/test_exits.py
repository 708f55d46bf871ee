"""What the end of a worker says: a limit of the task, or nothing about it."""

from __future__ import annotations

import signal

import pytest

from quasar.verifier.sandbox.exits import diagnose, is_stalled

ALLOCATION = "thread 'main':\nmemory allocation of 8589934592 bytes failed\n"


@pytest.mark.parametrize(
    ("status", "said", "cause", "words"),
    [
        (None, ALLOCATION, "lost", "its worker was lost."),
        (signal.SIGXCPU, "", "time", "its worker used too much processor time."),
        (signal.SIGABRT, ALLOCATION, "memory", "memory allocation of 8589934592 bytes failed"),
        (1 << 8, "terminate: std::bad_alloc", "memory", "terminate: std::bad_alloc"),
        (1 << 8, "MemoryError\n", "memory", "MemoryError"),
        (signal.SIGKILL, ALLOCATION, "lost", None),  # from outside: the kernel chose it, perhaps
        (signal.SIGTERM, ALLOCATION, "lost", None),
        (signal.SIGSEGV, "", "lost", "its worker was killed by SIGSEGV."),
        (3 << 8, "one\ntwo\n", "lost", "its worker ended with 3: two."),
    ],
)
def test_an_end_is_the_tasks_fault_only_where_it_is_known(
    status: int | None, said: str, cause: str, words: str | None
) -> None:
    end = diagnose(status, said)
    assert end.cause == cause
    assert words is None or end.words == words


def test_a_worker_is_given_ten_times_its_limit_and_no_less_than_three_seconds() -> None:
    assert not is_stalled(2.9, 0.1)
    assert is_stalled(3.1, 0.1)
    assert not is_stalled(19.9, 2.0)
    assert is_stalled(20.1, 2.0)
