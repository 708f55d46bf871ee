"""The heaviest disjoint sets, against every choice of sets."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from problems.brute_force import best_sets, ground_solutions, has_no_solution
from quasar.core.seeds import generator
from quasar.problems.base import encode
from quasar.problems.set_packing import SetPacking


def optimal_solutions(problem: Any) -> set[Hashable]:
    return best_sets(problem, "max", lambda times: times <= 1)


def test_weights_of_any_sign() -> None:
    for seed in range(50):
        rng = generator(seed, "set packing")
        problem = SetPacking.sample(rng, 9)
        weights = [int(rng.integers(-3, 6)) / 10 for _ in problem.sets]
        problem = SetPacking(problem.sets, weights)
        assert ground_solutions(problem) == optimal_solutions(problem)


def test_no_set_at_all_is_a_packing() -> None:
    problem = SetPacking({"A": [1, 2], "B": [2, 3]}, [-1, -2])
    assert not has_no_solution(problem)
    assert ground_solutions(problem) == {()}
    assert encode(problem).n_qubits == 2
