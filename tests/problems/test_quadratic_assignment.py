"""Facilities and locations, against every assignment."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import permutations
from typing import Any

import pytest

from problems.brute_force import best, ground_solutions, total
from quasar.core.errors import ProblemError
from quasar.core.seeds import generator
from quasar.data.identity import instance_id
from quasar.problems import sampling
from quasar.problems.base import encode
from quasar.problems.load import build_problem
from quasar.problems.quadratic_assignment import QuadraticAssignment


def optimal_solutions(problem: Any) -> set[Hashable]:
    attributes = problem.to_data()["problem_specific_attributes"]
    flows, distances = attributes["flows"], attributes["distances"]
    n = range(len(flows))

    def cost(solution: list[list[int]]) -> Any:
        at = dict(solution)  # type: ignore[arg-type]
        tenths = (
            round(10 * flows[i][j]) * round(10 * distances[at[i]][at[j]]) for i in n for j in n
        )
        return total(tenths)

    assignments = ([[i, k] for i, k in zip(n, order, strict=True)] for order in permutations(n))
    return best(assignments, cost, "min")


def test_numbers_of_any_sign_with_diagonals() -> None:
    for seed in range(50):
        rng = generator(seed, "assignment")
        n = 4 if seed % 10 == 0 else 3
        flows, distances = (
            [[int(x) / 10 for x in row] for row in rng.integers(-9, 9, (n, n))] for _ in range(2)
        )
        problem = QuadraticAssignment(flows, distances)
        assert encode(problem).n_qubits == n**2
        assert ground_solutions(problem) == optimal_solutions(problem)


def test_names_and_order_make_no_other_instance() -> None:
    for seed in range(10):
        rng = generator(seed, "renamed assignment")
        problem = QuadraticAssignment.sample(rng, 9)
        data = problem.to_data()["problem_specific_attributes"]
        order = sampling.permutation(rng, range(len(problem.flows)))
        flows = [[data["flows"][i][j] for j in order] for i in order]
        names = ["w", "x", "y"][: len(order)]
        again = QuadraticAssignment(flows, data["distances"], names)
        assert instance_id(again) == instance_id(problem)


def test_names_reach_solution_prompt_and_picture() -> None:
    names = {"facilities": ["mill", "shop"], "locations": ["A", "B"]}
    attributes = {"flows": [[0, 1], [0, 0]], "distances": [[0, 5], [2, 0]], **names}
    problem = build_problem(
        {"problem_type": "quadratic_assignment", "problem_specific_attributes": attributes}
    )
    assert ground_solutions(problem) == {(("mill", "B"), ("shop", "A"))}
    assert problem.prompt_details() == (
        "with the flows 0 1; 0 0 of mill, shop and the distances 0 5; 2 0 between A, B"
    )
    found = problem.overlay([["mill", "A"], ["mill", "B"]])
    assert found is not None
    assert found.wrong_nodes == {("facility", "mill"), ("facility", "shop")}


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({}, "lacks 'flows'"),
        ({"flows": [[0]], "distances": [[0, 1], [1, 0]]}, "1 facilities but 2 locations"),
        ({"flows": [[0, 1]], "distances": [[0]]}, "must be a square matrix"),
        ({"flows": [["1"]], "distances": [[0]]}, "must be a number"),
        ({"flows": [[0]], "distances": [[0]], "facilities": ["a", "b"]}, "2 names for 1"),
    ],
)
def test_bad_input(attributes: dict[str, Any], words: str) -> None:
    with pytest.raises(ProblemError, match=words):
        build_problem(
            {"problem_type": "quadratic_assignment", "problem_specific_attributes": attributes}
        )
