"""The lightest sets that hold every element, against every choice of sets."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from problems.brute_force import best_sets, ground_solutions, has_no_solution
from quasar.core.seeds import generator
from quasar.problems.base import encode
from quasar.problems.set_cover import SetCover


def optimal_solutions(problem: Any) -> set[Hashable]:
    return best_sets(problem, "min", lambda times: times >= 1)


def test_weights_of_any_sign() -> None:
    for seed in range(50):
        rng = generator(seed, "set cover")
        problem = SetCover.sample(rng, 9)
        weights = [int(rng.integers(-3, 6)) / 10 for _ in problem.sets]
        problem = SetCover(problem.sets, weights)
        assert ground_solutions(problem) == optimal_solutions(problem)


def test_an_element_in_no_set_leaves_no_solution() -> None:
    assert has_no_solution(SetCover({"A": [1], "B": [2]}, None, [1, 2, 3]))


def test_it_takes_a_qubit_for_each_set() -> None:
    problem = SetCover({"A": [1, 2], "B": [2, 3], "C": [1, 3]})
    assert encode(problem).n_qubits == 3
    assert ground_solutions(problem) == {("A", "B"), ("A", "C"), ("B", "C")}
