"""The lightest sets that hold every element, against every choice of sets."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from problems.brute_force import best, ground_solutions, has_no_solution, subsets, total
from quasar.core.seeds import generator
from quasar.problems.base import encode
from quasar.problems.set_cover import SetCover


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

    def is_valid(chosen: list[Any]) -> bool:
        return all(holds(chosen, e) for e in elements)

    return best(
        subsets(list(sets)),
        lambda chosen: total(weights[s] if weights else 1 for s in chosen),
        "min",
        is_valid,
    )


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
