"""Clauses of any length, weighted and hard, against every assignment."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import product
from typing import Any

import numpy as np
import pytest

from problems.brute_force import ground_solutions, has_no_solution
from problems.solvers import canonical
from quasar.core.errors import ProblemError
from quasar.core.seeds import generator
from quasar.data.identity import instance_id
from quasar.problems.base import encode
from quasar.problems.load import build_problem
from quasar.problems.max_sat import MaxSat


def optimal_solutions(problem: Any) -> set[Hashable]:
    attributes = problem.to_data()["problem_specific_attributes"]
    soft, hard = attributes.get("clauses", []), attributes.get("hard_clauses", [])
    weights = attributes.get("weights", [1] * len(soft))
    names = sorted({abs(literal) for clause in (*soft, *hard) for literal in clause})
    rows = np.array(list(product((False, True), repeat=len(names))))

    def holds(clause: list[int]) -> np.ndarray:
        return np.any([rows[:, names.index(abs(x))] == (x > 0) for x in clause], axis=0)

    value = np.zeros(len(rows), dtype=int)  # in tenths
    for clause, weight in zip(soft, weights, strict=True):
        value += round(10 * weight) * holds(clause)
    valid = np.all([np.ones(len(rows), dtype=bool), *map(holds, hard)], axis=0)
    if not valid.any():
        return set()
    best = valid & (value == value[valid].max())
    return {
        canonical({str(v): bool(x) for v, x in zip(names, row, strict=True)}) for row in rows[best]
    }


def made(**attributes: Any) -> MaxSat:
    problem = build_problem({"problem_type": "max_sat", "problem_specific_attributes": attributes})
    assert isinstance(problem, MaxSat)
    return problem


def test_weights_of_any_sign() -> None:
    for seed in range(50):
        rng = generator(seed, "max sat")
        problem = MaxSat.sample(rng, 7)
        weights = [int(rng.integers(-3, 7)) / 10 for _ in problem.clauses] or None
        problem = MaxSat(problem.clauses, weights, problem.hard)
        assert ground_solutions(problem) == optimal_solutions(problem)


def test_clauses_without_a_solution() -> None:
    every = [[a, b] for a in (1, -1) for b in (2, -2)]
    assert has_no_solution(made(hard_clauses=every))
    assert not has_no_solution(made(clauses=every))
    assert not has_no_solution(made(hard_clauses=every[1:], clauses=every))


def test_a_long_clause_takes_no_further_qubits() -> None:
    problem = made(clauses=[[*range(1, 11)], [-1], [-2]], weights=[5, 1, 1])
    assert encode(problem).n_qubits == 10
    assert encode(problem).hamiltonian.ground.sum() == 2**8 - 1


def test_hard_clauses_make_another_instance() -> None:
    soft = made(clauses=[[1, 2], [-1, 2]])
    partial = made(clauses=[[1, 2]], hard_clauses=[[-1, 2]])
    assert len({instance_id(soft), instance_id(partial)}) == 2
    assert partial.prompt_details() == (
        "with the clauses (1 or 2) and with the hard clauses (not 1 or 2)"
    )


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({}, "lacks 'clauses'"),
        ({"hard_clauses": []}, "'hard_clauses' is empty"),
        ({"hard_clauses": [[1]], "weights": [2]}, "hard clauses have no weights"),
        ({"clauses": [[*range(1, 18)]]}, "at most 16"),
        ({"hard_clauses": [[0]]}, "literal 0"),
    ],
)
def test_bad_input(attributes: dict[str, Any], words: str) -> None:
    with pytest.raises(ProblemError, match=words):
        made(**attributes)


def test_max_3sat_names_the_type_for_longer_clauses() -> None:
    data = {
        "problem_type": "max_3sat",
        "problem_specific_attributes": {"clauses": [[1, 2, 3, 4]]},
    }
    with pytest.raises(ProblemError, match=r"4 literals but at most 3 .* 'max_sat'"):
        build_problem(data)
