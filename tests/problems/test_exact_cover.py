"""Sets that hold every element once, against every choice of sets."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from problems.brute_force import best_sets, ground_solutions, has_no_solution
from quasar.core.seeds import generator
from quasar.problems.base import encode
from quasar.problems.exact_cover import ExactCover


def optimal_solutions(problem: Any) -> set[Hashable]:
    return best_sets(problem, "min", lambda times: times == 1, weight=0)


def test_weights_of_any_sign() -> None:
    for seed in range(50):
        rng = generator(seed, "exact cover")
        problem = ExactCover.sample(rng, 9)
        weights = [int(rng.integers(-3, 6)) / 10 for _ in problem.sets]
        problem = ExactCover(problem.sets, weights)
        assert ground_solutions(problem) == optimal_solutions(problem)


def test_without_weights_every_exact_cover_is_a_solution() -> None:
    problem = ExactCover({"A": [1, 2], "B": [3], "C": [1, 2, 3], "D": [2, 3]})
    assert ground_solutions(problem) == {("A", "B"), ("C",)}
    weighted = ExactCover(problem.sets, [1, 1, 1, 1])
    assert ground_solutions(weighted) == {("C",)}
    assert encode(problem).n_qubits == 4


def test_no_exact_cover_is_said_to_be_none() -> None:
    assert has_no_solution(ExactCover({"A": [1, 2], "B": [2, 3]}))
    assert has_no_solution(ExactCover({"A": [1, 2], "B": [2, 3]}, [1, 2]))
