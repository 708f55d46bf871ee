"""What problems on named sets share: reading, names, weights, pictures, instances."""

from __future__ import annotations

from typing import Any

import pytest

from problems.brute_force import ground_solutions
from quasar.core.errors import ProblemError
from quasar.core.seeds import generator
from quasar.data.identity import instance_id
from quasar.problems import sampling
from quasar.problems.base import Problem
from quasar.problems.load import build_problem
from quasar.problems.registry import PROBLEMS
from quasar.problems.set_systems import SetSystem

TYPES = sorted(name for name, cls in PROBLEMS.items() if issubclass(cls, SetSystem))


def made(problem_type: str, sets: Any, **more: Any) -> Problem:
    attributes = {"sets": sets, **more}
    return build_problem({"problem_type": problem_type, "problem_specific_attributes": attributes})


def test_objects_and_lists() -> None:
    named = made("set_cover", {"Ann": ["x", "y"], "Bob": ["y"]}, weights={"Bob": 1, "Ann": 3})
    listed = made("set_cover", [["x", "y"], ["y"]], weights=[3, 1])
    assert ground_solutions(named) == {("Ann",)}
    assert ground_solutions(listed) == {(0,)}
    assert named.prompt_details() == "with the sets Ann (x, y) of weight 3, Bob (y) of weight 1"
    assert instance_id(named) == instance_id(listed)


@pytest.mark.parametrize("problem_type", TYPES)
def test_an_instance_is_the_same_under_other_names(problem_type: str) -> None:
    for seed in range(10):
        rng = generator(seed, "sets", problem_type)
        data = PROBLEMS[problem_type].sample(rng, 9).to_data()
        attributes = data["problem_specific_attributes"]
        inside = sorted({e for members in attributes["sets"] for e in members})
        names = dict(zip(inside, sampling.permutation(rng, inside), strict=True))
        order = sampling.permutation(rng, range(len(attributes["sets"])))
        sets = [[f"e{names[e]}" for e in attributes["sets"][i]] for i in order]
        more = {}
        if "weights" in attributes:
            more["weights"] = [attributes["weights"][i] for i in order]
        assert instance_id(made(problem_type, sets, **more)) == instance_id(build_problem(data))
        assert instance_id(made(problem_type, [*sets, sets[0]])) != instance_id(build_problem(data))


def test_the_picture_joins_sets_and_elements() -> None:
    problem = made("set_cover", {"A": [1, 2], "B": [2, 3]}, elements=[1, 2, 3, 4])
    found = problem.overlay(["A"])
    assert found is not None
    assert found.title == "Cover of 1 set (infeasible)"
    assert found.wrong_nodes == {("element", 3), ("element", 4)}
    assert found.groups == {("set", "A"): 0, ("element", 1): 1, ("element", 2): 1}
    assert found.strong == {(("set", "A"), ("element", 1)), (("set", "A"), ("element", 2))}


@pytest.mark.parametrize(
    ("sets", "more", "words"),
    [
        (None, {}, "lacks 'sets'"),
        ([], {}, "'sets' is empty"),
        ({}, {}, "'sets' is empty"),
        (3, {}, "'sets' must be a list"),
        ([[]], {}, "set 0 is empty"),
        ([[1, 1]], {}, "set 0 lists an element twice"),
        ({"A": 3}, {}, "set 'A' must be a list"),
        ([[1]], {"weights": [1, 2]}, "1 sets but 2 weights"),
        ([[1]], {"weights": {"0": 2}}, "form of 'sets'"),
        ({"A": [1]}, {"weights": {"B": 2}}, "give each set one weight"),
        ({"A": [1]}, {"weights": {"A": "2"}}, "weight of set 'A' must be a number"),
        ([[1, 2]], {"elements": [1]}, "a set holds 2, which 'elements' lacks"),
        ([[None]], {}, "an element of set 0 must be"),
    ],
)
def test_bad_input(sets: Any, more: dict[str, Any], words: str) -> None:
    with pytest.raises(ProblemError, match=words):
        made("set_cover", sets, **more)
