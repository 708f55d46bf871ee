"""Work spread over processes: every item once, lazily, and a death that is told."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from quasar.core.errors import InfrastructureError, InputError
from quasar.evaluation.evaluate import VERIFIER
from quasar.evaluation.inputs import read_records
from quasar.evaluation.judge import Judge, spread
from quasar.verifier.sandbox import Job, SandboxLimits
from small_evaluation import hadamards, records


def _double(x: int) -> int:
    return 2 * x


def _die(x: int) -> int:
    os._exit(3)


def _refuse(x: int) -> int:
    raise InputError(f"{x} is wrong.")


@pytest.mark.parametrize("workers", [1, 2])
def test_every_item_comes_back_once(workers: int) -> None:
    assert sorted(spread(_double, range(30), workers=workers)) == list(range(0, 60, 2))
    assert list(spread(_double, [], workers=workers)) == []


def test_items_are_read_as_they_are_needed() -> None:
    read = []

    def source() -> Iterator[int]:
        for i in range(1000):
            read.append(i)
            yield i

    results = spread(_double, source(), workers=2)
    next(results)
    assert len(read) < 40
    results.close()  # type: ignore[attr-defined]


def test_a_dead_worker_is_no_verdict() -> None:
    with pytest.raises(InfrastructureError, match="a worker process died"):
        list(spread(_die, [1], workers=2))


def test_an_error_keeps_its_words() -> None:
    with pytest.raises(InputError, match="7 is wrong"):
        list(spread(_refuse, [7], workers=2))


@pytest.mark.parametrize("sandbox", [None, SandboxLimits()], ids=["plain", "sandboxed"])
def test_keys_come_back_with_their_reports(sandbox: SandboxLimits | None) -> None:
    problems = [record.problem for record in read_records(records(3)).items]
    jobs = [
        Job((number, extra), number, hadamards(problem.n_qubits + extra))
        for number, problem in enumerate(problems)
        for extra in (0, 1)
    ]
    with Judge(problems, VERIFIER, sandbox=sandbox, workers=1) as judge:
        for _ in range(2):
            found = dict(judge.run(jobs))
            assert found.keys() == {job.key for job in jobs}
            for (number, extra), report in found.items():
                assert report.n_qubits == problems[number].n_qubits + extra
                assert report.feasible is (extra == 0)
