"""Candidates in one message to a worker that one of them ends: each of the others gets its own
verdict, once, and none is blamed for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

import quasar
from quasar.core.errors import InfrastructureError
from quasar.verifier.pipeline import Verifier
from quasar.verifier.report import Report
from quasar.verifier.sandbox import Job, Sandbox, SandboxLimits
from quasar.verifier.sandbox.batch import Batch
from quasar.verifier.sandbox.handle import WorkerHandle
from quasar.verifier.settings import VerifierSettings
from support import dying_worker
from support.dying_worker import MARK
from support.hostile import FOREVER, HEAD

N = 16
PROBLEM = quasar.load_problem({"hamiltonian": "1.0 * (Z(0) @ Z(1)) + -0.5 * Z(2)"})
SETTINGS = VerifierSettings(max_stage=3, quality=False)  # short ones are held back
LIMITS = SandboxLimits(max_seconds=0.2, max_memory_mib=256, retries=1)
POSITIONS = ([0], [7], [N - 1], [3, 11], [4, 5], [0, 1, N - 1])
IDS = ("first", "middle", "last", "two", "neighbours", "three")
MEMORY = HEAD + "bit[2000000000] c; qubit[1] q;"


def text(i: int) -> str:
    """Programs that differ, each with its energy."""
    return HEAD + f"qubit[3] q; h q[0]; cx q[0], q[1]; ry({i / 10}) q[2];"


def measured(report: Report) -> dict[str, Any]:
    return report.model_dump(mode="json", exclude={"cost_s"})


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("quasar.verifier.sandbox.pool.program", dying_worker.program)
        patch.setattr("quasar.verifier.sandbox.batch._AHEAD", N)
        with Sandbox([PROBLEM], SETTINGS, limits=LIMITS, workers=1) as opened:
            yield opened


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Counter[Any]:
    """How often each candidate was handed to a worker."""
    found: Counter[Any] = Counter()
    give = Batch._give

    def counted(self: Batch, worker: WorkerHandle, task: Any) -> None:
        found[task.job.key] += 1
        give(self, worker, task)

    monkeypatch.setattr(Batch, "_give", counted)
    return found


def judged(sandbox: Sandbox, killers: dict[int, str]) -> tuple[dict[int, Report], str]:
    """Reports by place in the queue, each there once; and what is said of those without one."""
    found: dict[int, Report] = {}
    said = ""
    try:
        for key, report in sandbox.run(Job(i, 0, killers.get(i, text(i))) for i in range(N)):
            assert key not in found
            found[key] = report
    except InfrastructureError as error:
        said = str(error)
    verifier = Verifier(PROBLEM, None, SETTINGS)
    for i in set(range(N)) - killers.keys():
        assert measured(found[i]) == measured(verifier.verify(text(i)))
    return found, said


@pytest.mark.parametrize("places", POSITIONS, ids=IDS)
@pytest.mark.parametrize(("how", "limit"), [("time", "time"), ("memory", "memory")])
def test_a_candidate_over_a_limit_costs_the_others_nothing(
    sandbox: Sandbox, given: Counter[Any], places: list[int], how: str, limit: str
) -> None:
    found, said = judged(sandbox, {i: f"{text(i)} {MARK}{how}" for i in places})
    assert (sorted(found), said) == ([*range(N)], "")
    assert {found[i].fault.limit for i in places} == {limit}
    if how == "time":  # what it held back went with the worker, and was judged again
        assert all(given[i] == 1 + sum(i <= place for place in places) for i in range(places[0]))


@pytest.mark.parametrize("places", POSITIONS, ids=IDS)
def test_a_worker_that_a_library_aborts_for_memory_costs_the_others_nothing(
    sandbox: Sandbox, places: list[int]
) -> None:
    found, said = judged(sandbox, {i: f"{text(i)} {MARK}abort" for i in places})
    assert (sorted(found), said) == ([*range(N)], "")
    assert {found[i].fault.limit for i in places} == {"memory"}


@pytest.mark.parametrize(
    ("how", "places"), [*(("crash", p) for p in POSITIONS), ("exit", [3, 11]), ("raise", [3, 11])]
)
def test_a_silent_crash_is_a_verdict_on_nobody(
    sandbox: Sandbox, given: Counter[Any], how: str, places: list[int]
) -> None:
    found, said = judged(sandbox, {i: f"{text(i)} {MARK}{how}" for i in places})
    assert sorted(found) == sorted(set(range(N)) - set(places))
    assert f"without a verdict: {len(places)}," in said
    assert all(f"{i}: " in said for i in places)
    assert all(given[i] >= 2 for i in places)


@pytest.mark.parametrize(
    ("first", "second"), [("time", "memory"), ("memory", "time"), ("crash", "time")]
)
def test_two_that_end_it_in_different_ways_get_one_verdict_each(
    sandbox: Sandbox, first: str, second: str
) -> None:
    killers = {5: f"{text(5)} {MARK}{first}", 9: f"{text(9)} {MARK}{second}"}
    found, said = judged(sandbox, killers)
    assert found[9].fault.limit == second
    assert bool(said) is (first == "crash")
    assert 5 not in found if said else found[5].fault.limit == first


def test_programs_of_the_language_do_the_same(sandbox: Sandbox) -> None:
    found, said = judged(sandbox, {2: FOREVER, 8: MEMORY, 9: FOREVER})
    assert (sorted(found), said) == ([*range(N)], "")
    assert [found[i].fault.limit for i in (2, 9)] == ["time", "time"]
    assert found[8].fault.limit in {"memory", "time"}


def test_workers_that_never_begin_are_an_error_and_not_a_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("quasar.verifier.sandbox.pool.program", dying_worker.stillborn)
    with (
        Sandbox([PROBLEM], SETTINGS, workers=2) as box,
        pytest.raises(InfrastructureError, match=r"before they began.*no space left on device"),
    ):
        box.map([Job(i, 0, text(i)) for i in range(5)])
