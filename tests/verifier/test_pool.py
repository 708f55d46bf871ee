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

from quasar.core.errors import InfrastructureError, InputError
from quasar.evaluation.evaluate import VERIFIER
from quasar.evaluation.inputs import read_records
from quasar.train.verification import VerificationSettings
from quasar.verifier.pool import VerifierPool
from quasar.verifier.sandbox import Job, Sandbox, SandboxLimits
from quasar.verifier.settings import VerifierSettings
from support.hostile import FOREVER
from support.small_evaluation import hadamards, records
from support.small_rewards import ANSWER, BROKEN, PROBLEM, REFERENCE, UNIFORM

BULK = VerifierSettings(quality=False, max_stage=3)


def opened(references: str | None = REFERENCE, **verification: Any) -> VerifierPool:
    wanted = VerificationSettings.parse({"workers": 1, **verification})
    return wanted.pool([PROBLEM, PROBLEM], [references] * 2, BULK)


def test_reports_come_in_order_and_equal_circuits_share_one() -> None:
    with opened() as pool:
        texts = [REFERENCE, BROKEN, "", ANSWER, REFERENCE]
        reports = pool.reports([Job(None, 0, text) for text in texts])
        assert [r and r.feasible for r in reports] == [True, False, False, True, True]
        assert reports[0] is reports[4]
        assert reports[0] is not None
        assert reports[0].stages.behaviour is not None
        assert pool.seconds > 0
        assert pool.lost == 0
    assert pool.pids == ()


def test_without_references_nothing_is_compared() -> None:
    with opened(references=None) as pool:
        report = pool.reports([Job(None, 1, UNIFORM)])[0]
    assert report is not None
    assert report.stages.behaviour is None


def test_a_circuit_over_its_limits_gets_a_verdict() -> None:
    with opened(limits={"max_seconds": 0.5}) as pool:
        report = pool.reports([Job(None, 0, FOREVER)])[0]
    assert report is not None
    assert report.fault is not None
    assert report.fault.limit == "time"


def test_a_worker_killed_in_its_work_leaves_only_its_circuit_out() -> None:
    with opened(limits={"max_seconds": 100, "retries": 0}, restarts=0) as pool:
        pool.reports([Job(None, 0, ANSWER)])

        def kill() -> None:
            time.sleep(1.0)
            for pid in pool.pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        reports = pool.reports([Job(None, 0, t) for t in (REFERENCE, FOREVER, UNIFORM)])
        killer.join()
        assert [r is None for r in reports] == [False, True, False]
        assert pool.lost == 1
        again = pool.reports([Job(None, 0, UNIFORM)])[0]
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
    with opened() as pool:
        reports = pool.reports([Job(None, 0, UNIFORM), Job(None, 0, ANSWER)])
        assert None not in reports
        assert pool.lost == 0


def test_faults_that_last_leave_the_sample_out(monkeypatch: pytest.MonkeyPatch) -> None:
    flaky(monkeypatch, failures=2)
    with opened() as pool:
        reports = pool.reports([Job(None, 0, UNIFORM), Job(None, 0, ANSWER), Job(None, 0, UNIFORM)])
        assert [r is None for r in reports] == [True, False, True]
        assert pool.lost == 2


def test_a_verifier_that_never_answers_ends_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    flaky(monkeypatch, failures=100)
    with opened(restarts=0) as pool:
        for _ in range(2):
            assert pool.reports([Job(None, 0, UNIFORM)]) == [None]
        with pytest.raises(InfrastructureError, match="3 batches in a row"):
            pool.reports([Job(None, 0, UNIFORM)])


@pytest.mark.parametrize(
    ("limits", "workers"),
    [(None, 1), (None, 2), (SandboxLimits(), 1)],
    ids=["here", "plain", "sandboxed"],
)
def test_keys_come_back_with_their_reports(limits: SandboxLimits | None, workers: int) -> None:
    problems = [record.problem for record in read_records(records(3)).items]
    jobs = [
        Job((number, extra), number, hadamards(problem.n_qubits + extra))
        for number, problem in enumerate(problems)
        for extra in (0, 1)
    ]
    with VerifierPool(problems, VERIFIER, limits=limits, workers=workers) as pool:
        for _ in range(2):
            found = dict(pool.run(jobs))
            assert found.keys() == {job.key for job in jobs}
            for (number, extra), report in found.items():
                assert report.n_qubits == problems[number].n_qubits + extra
                assert report.feasible is (extra == 0)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_job_may_leave_the_reference_out(workers: int) -> None:
    given = PROBLEM.with_reference(REFERENCE)
    jobs = [Job(compared, 0, ANSWER, compared) for compared in (True, False)]
    with VerifierPool([given], BULK, limits=None, workers=workers) as pool:
        found = dict(pool.run(jobs))
    assert found[True].stages.behaviour is not None
    assert found[False].stages.behaviour is None


@pytest.mark.parametrize("workers", [1, 2])
def test_a_job_for_no_problem_is_refused(workers: int) -> None:
    with (
        VerifierPool([PROBLEM], BULK, limits=None, workers=workers) as pool,
        pytest.raises(InputError, match="problem 1"),
    ):
        list(pool.run([Job(0, 1, ANSWER)]))


def test_without_jobs_nothing_starts() -> None:
    with VerifierPool([PROBLEM], BULK, limits=SandboxLimits(), workers=1) as pool:
        assert list(pool.run([])) == []
        assert pool.reports([]) == []
        assert pool.pids == ()
