"""Items valued alone and in pairs, against every choice of items."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pytest

from problems.brute_force import best, ground_solutions, subsets, total
from quasar.core.errors import ProblemError
from quasar.core.seeds import generator
from quasar.data.identity import instance_id
from quasar.problems.base import encode
from quasar.problems.knapsack import Item
from quasar.problems.load import build_problem
from quasar.problems.quadratic_knapsack import QuadraticKnapsack

ITEMS = [{"name": "a", "weight": 2, "value": 3}, {"name": "b", "weight": 1, "value": 1}]


def optimal_solutions(problem: Any) -> set[Hashable]:
    attributes = problem.to_data()["problem_specific_attributes"]
    items = {item["name"]: item for item in attributes["items"]}

    def fits(chosen: list[Any]) -> bool:
        return sum(items[name]["weight"] for name in chosen) <= attributes["capacity"]

    def value(chosen: list[Any]) -> Any:
        alone = [items[name]["value"] for name in chosen]
        pairs = [v for a, b, v in attributes["pair_values"] if a in chosen and b in chosen]
        return total([*alone, *pairs])

    return best(subsets(list(items)), value, "max", fits)


def test_values_of_any_sign() -> None:
    for seed in range(50):
        rng = generator(seed, "quadratic knapsack")
        problem = QuadraticKnapsack.sample(rng, 10)
        items = [
            Item(i.name, int(rng.integers(0, 5)), int(rng.integers(-5, 9)) / 10)
            for i in problem.items.values()
        ]
        pairs = {pair: int(rng.integers(-9, 9)) / 10 for pair in problem.pairs}
        problem = QuadraticKnapsack(items, int(rng.integers(1, 8)), pairs)
        assert ground_solutions(problem) == optimal_solutions(problem)


def made(pairs: Any) -> QuadraticKnapsack:
    attributes = {"items": ITEMS, "capacity": 2, "pair_values": pairs}
    problem = build_problem(
        {"problem_type": "quadratic_knapsack", "problem_specific_attributes": attributes}
    )
    assert isinstance(problem, QuadraticKnapsack)
    return problem


def test_pairs_count() -> None:
    problem = made([["a", "b", 5]])
    assert encode(problem).n_qubits == 4
    assert problem.objective(["a", "b"]) == 9
    assert problem.prompt_details().endswith(", and the pairs a and b (value 5)")
    assert instance_id(problem) == instance_id(made([["b", "a", 5]]))
    assert instance_id(problem) != instance_id(made([["b", "a", 4]]))


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        (None, "lacks 'pair_values'"),
        ([["a", "b"]], r"must be \[item, item, value\]"),
        ([["a", "c", 1]], "'c', which is not an item"),
        ([["a", "a", 1]], "two different items"),
        ([["a", "b", 1], ["b", "a", 1]], "one value"),
        ([["a", "b", "1"]], "must be a number"),
    ],
)
def test_bad_input(pairs: Any, words: str) -> None:
    with pytest.raises(ProblemError, match=words):
        made(pairs)
