"""Sets that hold every element once, against every choice of sets."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from problems.brute_force import best, ground_solutions, has_no_solution, subsets, total
from quasar.core.seeds import generator
from quasar.problems.base import encode
from quasar.problems.exact_cover import ExactCover


def optimal_solutions(problem: Any) -> set[Hashable]:
    attributes = problem.to_data()["problem_specific_attributes"]
    sets, weights = attributes["sets"], attributes.get("weights")
    sets = dict(enumerate(sets)) if isinstance(sets, list) else sets
    if weights is not None:
        weights = dict(enumerate(weights)) if isinstance(weights, list) else weights
    elements = {e for members in sets.values() for e in members} | set(
        attributes.get("elements", [])
    )

    def holds(chosen: list[Any], element: Any) -> int:
        return sum(element in sets[name] for name in chosen)

    valid = (
        chosen for chosen in subsets(list(sets)) if all(holds(chosen, e) == 1 for e in elements)
    )
    return best(valid, lambda chosen: total(weights[s] if weights else 0 for s in chosen), "min")


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
