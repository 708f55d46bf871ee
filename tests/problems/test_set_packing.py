"""The heaviest disjoint sets, against every choice of sets."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from problems.brute_force import best, ground_solutions, has_no_solution, subsets, total
from quasar.core.seeds import generator
from quasar.problems.base import encode
from quasar.problems.set_packing import SetPacking


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
        chosen for chosen in subsets(list(sets)) if all(holds(chosen, e) <= 1 for e in elements)
    )
    return best(valid, lambda chosen: total(weights[s] if weights else 1 for s in chosen), "max")


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
