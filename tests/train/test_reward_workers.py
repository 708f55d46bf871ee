"""Parallel verification: order, sharing, and faults that are nobody's verdict."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from hostile import FOREVER
from quasar.core.errors import InfrastructureError
from quasar.train.reward_workers import Candidate, RewardWorkers, VerificationSettings
from quasar.verifier.sandbox import Sandbox
from quasar.verifier.settings import VerifierSettings
from small_rewards import ANSWER, BROKEN, PROBLEM, REFERENCE, UNIFORM

BULK = VerifierSettings(quality=False, max_stage=3)


def workers(references: str | None = REFERENCE, **verification: Any) -> RewardWorkers:
    wanted = VerificationSettings.parse({"workers": 1, **verification})
    return RewardWorkers([PROBLEM, PROBLEM], [references] * 2, BULK, wanted)


def test_reports_come_in_order_and_equal_circuits_share_one() -> None:
    with workers() as crew:
        texts = [REFERENCE, BROKEN, "", ANSWER, REFERENCE]
        reports = crew.judge([Candidate(0, text) for text in texts])
        assert [r and r.feasible for r in reports] == [True, False, False, True, True]
        assert reports[0] is reports[4]
        assert reports[0] is not None
        assert reports[0].stages.behaviour is not None
        assert crew.seconds > 0
        assert crew.lost == 0
    assert crew.pids == ()


def test_without_references_nothing_is_compared() -> None:
    with workers(references=None) as crew:
        report = crew.judge([Candidate(1, UNIFORM)])[0]
    assert report is not None
    assert report.stages.behaviour is None


def test_a_circuit_over_its_limits_gets_a_verdict() -> None:
    with workers(limits={"max_seconds": 0.5}) as crew:
        report = crew.judge([Candidate(0, FOREVER)])[0]
    assert report is not None
    assert report.fault is not None
    assert report.fault.limit == "time"


def test_a_worker_killed_in_its_work_leaves_only_its_circuit_out() -> None:
    with workers(limits={"max_seconds": 100, "retries": 0}, restarts=0) as crew:
        crew.judge([Candidate(0, ANSWER)])

        def kill() -> None:
            time.sleep(1.0)
            for pid in crew.pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        reports = crew.judge([Candidate(0, t) for t in (REFERENCE, FOREVER, UNIFORM)])
        killer.join()
        assert [r is None for r in reports] == [False, True, False]
        assert crew.lost == 1
        again = crew.judge([Candidate(0, UNIFORM)])[0]
        assert again is not None


class Flaky:
    """Stands in for the sandbox's run: gives up on chosen texts, as often as told."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.run = Sandbox.run

    def __call__(self, box: Sandbox, jobs: Any) -> Iterator[Any]:
        kept = list(jobs)
        if self.failures:
            self.failures -= 1
            yield from self.run(box, iter([j for j in kept if j.text != UNIFORM]))
            raise InfrastructureError("a worker died.")
        yield from self.run(box, iter(kept))


def flaky(monkeypatch: pytest.MonkeyPatch, failures: int) -> None:
    stand_in = Flaky(failures)
    monkeypatch.setattr(Sandbox, "run", lambda box, jobs: stand_in(box, jobs))


def test_a_fault_is_tried_again_on_a_new_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    flaky(monkeypatch, failures=1)
    with workers() as crew:
        reports = crew.judge([Candidate(0, UNIFORM), Candidate(0, ANSWER)])
        assert None not in reports
        assert crew.lost == 0


def test_faults_that_last_leave_the_sample_out(monkeypatch: pytest.MonkeyPatch) -> None:
    flaky(monkeypatch, failures=2)
    with workers() as crew:
        reports = crew.judge([Candidate(0, UNIFORM), Candidate(0, ANSWER), Candidate(0, UNIFORM)])
        assert [r is None for r in reports] == [True, False, True]
        assert crew.lost == 2


def test_a_verifier_that_never_answers_ends_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    flaky(monkeypatch, failures=100)
    with workers(restarts=0) as crew:
        for _ in range(2):
            assert crew.judge([Candidate(0, UNIFORM)]) == [None]
        with pytest.raises(InfrastructureError, match="3 batches in a row"):
            crew.judge([Candidate(0, UNIFORM)])
