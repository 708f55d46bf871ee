"""Schedules, against every start of every operation."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import combinations, product
from typing import Any

import pytest

from problems.brute_force import best, ground_solutions, has_no_solution
from quasar.core.errors import ProblemError
from quasar.core.seeds import generator
from quasar.data.identity import instance_id
from quasar.problems.base import encode
from quasar.problems.job_shop import JobShop, Operation
from quasar.problems.load import build_problem


def optimal_solutions(problem: Any) -> set[Hashable]:
    """All schedules within the time that the jobs take one after the other."""
    attributes = problem.to_data()["problem_specific_attributes"]
    jobs = attributes["jobs"]
    jobs = dict(enumerate(jobs)) if isinstance(jobs, list) else jobs
    every = [(job, o, *has) for job, has in jobs.items() for o, has in enumerate(has)]
    serial = sum(duration for *_, duration in every)
    latest = min(serial, attributes.get("horizon", serial))

    def of_job(job: Any) -> list[tuple[int, ...]]:
        """All starts of a job's operations in their order."""
        durations = [duration for name, *_, duration in every if name == job]
        return [
            starts
            for starts in product(range(latest + 1), repeat=len(durations))
            if all(
                starts[o] + durations[o] <= (starts[o + 1] if o + 1 < len(starts) else latest)
                for o in range(len(starts))
            )
        ]

    for end in range(1, latest + 1):
        schedules = []
        fitting = [[s for s in of_job(job) if s[-1] + jobs[job][-1][1] <= end] for job in jobs]
        for parts in product(*fitting):
            starts = [start for part in parts for start in part]
            rows = [(*op, start) for op, start in zip(every, starts, strict=True)]
            clash = any(
                a[2] == b[2] and a[0] != b[0] and a[4] < b[4] + b[3] and b[4] < a[4] + a[3]
                for a, b in combinations(rows, 2)
            )
            if not clash:
                schedules.append([[job, o, start] for job, o, _, _, start in rows])
        if schedules:
            return best(schedules, lambda _: 0, "min")
    return set()


def made(jobs: Any, **more: Any) -> JobShop:
    attributes = {"jobs": jobs, **more}
    problem = build_problem({"problem_type": "job_shop", "problem_specific_attributes": attributes})
    assert isinstance(problem, JobShop)
    return problem


def test_horizons_early_and_late() -> None:
    unsolvable = 0
    for seed in range(50):
        rng = generator(seed, "job shop")
        jobs = JobShop.sample(rng, 10).jobs
        longest = max(sum(o.duration for o in has) for has in jobs.values())
        problem = JobShop(jobs, longest + int(rng.integers(0, 3)))
        if not problem.variables("exact"):
            continue
        expected = optimal_solutions(problem)
        if expected:
            assert ground_solutions(problem) == expected
        else:
            assert has_no_solution(problem)
            unsolvable += 1
    assert unsolvable


def test_qubits_and_a_later_horizon() -> None:
    jobs = {"A": [Operation("saw", 2), Operation("drill", 1)], "B": [Operation("saw", 1)]}
    problem = JobShop(jobs)
    # Saw A, then saw B beside drill A: 3 steps, so that only B waits.
    assert encode(problem).n_qubits == 2
    assert ground_solutions(problem) == {(("A", 0, 0), ("A", 1, 2), ("B", 0, 2))}
    assert encode(JobShop(jobs, 9)).hamiltonian == encode(problem).hamiltonian
    assert problem.prompt_details() == "with the jobs A (saw for 2, drill for 1), B (saw for 1)"
    assert JobShop(jobs, 9).prompt_details().endswith(" within 9 steps")


def test_names_make_no_other_instance() -> None:
    one = made({"A": [["saw", 2], ["drill", 1]], "B": [["drill", 2]]})
    other = made([[["x", 2]], [["y", 2], ["x", 1]]])
    assert instance_id(one) == instance_id(other)
    assert instance_id(one) != instance_id(made([[["x", 2]], [["y", 2], ["z", 1]]]))


def test_the_picture_marks_what_clashes() -> None:
    problem = made({"A": [["saw", 2], ["drill", 1]], "B": [["saw", 1]]})
    found = problem.overlay([["A", 0, 0], ["A", 1, 2], ["B", 0, 1]])
    assert found is not None
    assert found.title == "Schedule of length 3 (infeasible)"
    assert found.wrong_nodes == {("operation", "A", 0), ("operation", "B", 0)}
    early = problem.overlay([["A", 0, 1], ["A", 1, 2], ["B", 0, 0]])
    assert early is not None
    assert early.wrong_nodes == {("operation", "A", 1)}


@pytest.mark.parametrize(
    ("jobs", "more", "words"),
    [
        (None, {}, "lacks 'jobs'"),
        ([], {}, "'jobs' is empty"),
        ([[]], {}, "job 0 is empty"),
        ([[["saw"]]], {}, r"must be \[machine, duration\]"),
        ([[["saw", 0]]], {}, "at least 1"),
        ([[["saw", 1.5]]], {}, "must be an integer"),
        ([[["saw", 3]]], {"horizon": 2}, "a job takes 3 steps"),
    ],
)
def test_bad_input(jobs: Any, more: dict[str, Any], words: str) -> None:
    with pytest.raises(ProblemError, match=words):
        made(jobs, **more)
