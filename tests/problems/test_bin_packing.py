"""Items in bins, against every partition of the items."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import pytest

from problems.brute_force import best, ground_solutions, has_no_solution, total
from quasar.core.errors import ProblemError
from quasar.core.seeds import generator
from quasar.problems.base import encode
from quasar.problems.bin_packing import BinPacking
from quasar.problems.load import build_problem


def partitions(items: list[Any]) -> Iterator[list[list[Any]]]:
    """All partitions, the parts in the order of their first items."""
    if not items:
        yield []
        return
    *before, last = items
    for parts in partitions(before):
        for i in range(len(parts)):
            yield [*parts[:i], [*parts[i], last], *parts[i + 1 :]]
        yield [*parts, [last]]


def optimal_solutions(problem: Any) -> set[Hashable]:
    attributes = problem.to_data()["problem_specific_attributes"]
    sizes, capacity = dict(enumerate(attributes["sizes"])), total([attributes["capacity"]])
    most = attributes.get("bins", len(sizes))

    def is_valid(bins: list[list[Any]]) -> bool:
        return len(bins) <= most and all(total(sizes[i] for i in b) <= capacity for b in bins)

    return best(partitions(list(sizes)), len, "min", is_valid)


def test_sizes_in_tenths_and_a_number_of_bins() -> None:
    unsolvable = 0
    for seed in range(60):
        rng = generator(seed, "bins")
        n = int(rng.integers(3, 7))
        sizes = [int(rng.integers(0, 11)) / 10 for _ in range(n)]
        bins = int(rng.integers(2, 4)) if seed % 2 else None
        problem = BinPacking(dict(enumerate(sizes)), 1, bins)
        if not problem.variables("exact"):
            continue
        expected = optimal_solutions(problem)
        if not expected:
            assert has_no_solution(problem)
            unsolvable += 1
        else:
            assert ground_solutions(problem) == expected
    assert unsolvable


def test_qubits() -> None:
    problem = BinPacking(dict(enumerate([6, 5, 5, 4, 3])), 10)
    assert encode(problem).n_qubits == 1 + 2 + 2 + 2  # first-fit decreasing takes three bins
    assert BinPacking({"a": 1, "b": 1}, 3).variables("exact") == []


def test_an_item_that_fits_no_bin_leaves_no_solution() -> None:
    assert has_no_solution(BinPacking({"a": 5, "b": 2}, 4))
    assert has_no_solution(BinPacking({"b": 2, "a": 5}, 4))


def test_pictures_and_prompts() -> None:
    problem = BinPacking({"a": 3, "b": 2, "c": 2}, 4, 3)
    assert problem.prompt_details() == (
        "with bins of capacity 4, at most 3 of them, and items a (size 3), b (size 2), c (size 2)"
    )
    found = problem.overlay([["a", "b"], ["c"]])
    assert found is not None
    assert found.title == "Packing in 2 bins (infeasible)"
    assert found.wrong_nodes == {("item", "a"), ("item", "b")}


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"capacity": 3}, "lacks 'sizes'"),
        ({"sizes": [1], "capacity": -1}, "0 or more"),
        ({"sizes": [-1], "capacity": 1}, "0 or more"),
        ({"sizes": ["1"], "capacity": 1}, "must be a number"),
        ({"sizes": [1], "capacity": 1, "bins": 0}, "at least 1"),
    ],
)
def test_bad_input(attributes: dict[str, Any], words: str) -> None:
    with pytest.raises(ProblemError, match=words):
        build_problem({"problem_type": "bin_packing", "problem_specific_attributes": attributes})


def test_more_items_than_can_be_encoded_are_for_solvers() -> None:
    problem = BinPacking(dict.fromkeys(range(17), 1), 2)
    with pytest.raises(ProblemError, match="at most 16 can be encoded; `quasar solve` takes more"):
        encode(problem)
    assert len(problem.native().variables) > 17
