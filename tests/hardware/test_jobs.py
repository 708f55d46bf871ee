"""Waiting: states, time limits, failures of job and network, and the user's wish to end."""

from __future__ import annotations

from typing import Any

import pytest

from quasar.core.errors import InfrastructureError, Interrupted
from quasar.core.interrupt import Interrupt
from quasar.core.progress import Progress
from quasar.hardware.jobs import JobRecord, Patience, State, Waiting, is_passing, wait
from support.fake_service import FakeJob


class Heard(Progress):
    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, what: str) -> None:
        self.said.append(what)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def __call__(self) -> float:
        return self.now


def waited(
    states: list[Any],
    *,
    error: str | None = None,
    patience: Patience | None = None,
    interrupt: Interrupt | None = None,
) -> tuple[Any, list[State], list[str]]:
    job = FakeJob("j1", states, "the result", error)
    clock, heard, seen = Clock(), Heard(), []
    watch = Waiting(heard, interrupt or Interrupt(), seen.append, "resume it", clock.sleep, clock)
    record = JobRecord(backend="ibm_x", local=False, shots=10, seed=0, tag="t", job_id="j1")
    return wait(job, record, patience or Patience(), watch), seen, heard.said


def test_a_job_is_waited_for_through_its_states() -> None:
    result, seen, said = waited(["INITIALIZING", "QUEUED", "RUNNING", "DONE"])
    assert result == "the result"
    assert seen == ["queued", "running", "done"]
    assert any("queued (place 7)" in line for line in said)


@pytest.mark.parametrize(
    ("states", "match"),
    [
        (["RUNNING", "ERROR"], "job j1 on ibm_x failed: out of cheese"),
        (["QUEUED", "CANCELLED"], "was cancelled"),
    ],
)
def test_a_job_that_failed_says_why_and_how_to_go_on(states: list[str], match: str) -> None:
    with pytest.raises(InfrastructureError, match=match) as raised:
        waited(states, error="out of cheese")
    assert "--resubmit" in str(raised.value)


def test_a_job_in_a_long_queue_is_left_there() -> None:
    with pytest.raises(InfrastructureError, match=r"still queued after 60 s.*resume it"):
        waited(["QUEUED"], patience=Patience(timeout_s=60.0))


def test_network_errors_are_tried_again() -> None:
    from qiskit_ibm_runtime.api.exceptions import RequestsApiError

    states = [
        ConnectionError("no route"),
        RequestsApiError("503 Server Error", status_code=503),
        "RUNNING",
        TimeoutError("slow"),
        "DONE",
    ]
    result, _, said = waited(states)
    assert result == "the result"
    assert any("attempt 2" in line for line in said)


def test_after_enough_failures_the_job_is_left_to_be_resumed() -> None:
    with pytest.raises(InfrastructureError, match=r"did not answer 3 times.*resume it"):
        waited([ConnectionError("no route")], patience=Patience(retries=2))


def test_a_refusal_is_not_tried_again() -> None:
    from qiskit_ibm_runtime.api.exceptions import RequestsApiError

    assert not is_passing(RequestsApiError("401", status_code=401))
    assert is_passing(RequestsApiError("no connection"))
    with pytest.raises(InfrastructureError, match="j1 on ibm_x: 401"):
        waited([RequestsApiError("401", status_code=401)])


def test_the_users_wish_ends_waiting_and_not_the_job() -> None:
    ending = Interrupt()
    ending.requested = True
    with pytest.raises(Interrupted, match="goes on"):
        waited(["QUEUED"], interrupt=ending)
