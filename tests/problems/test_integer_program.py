"""Programs with constraints, against CP-SAT and against every point."""

from __future__ import annotations

import itertools
from collections.abc import Hashable
from fractions import Fraction
from typing import Any

import pytest
from ortools.sat.python import cp_model

from problems.brute_force import best, ground_solutions, has_no_solution
from problems.solvers import all_optima
from quasar.core.errors import ProblemError
from quasar.core.seeds import generator
from quasar.data.identity import instance_id
from quasar.problems.base import Problem, encode
from quasar.problems.integer_program import IntegerProgram
from quasar.problems.load import build_problem


def entries(terms: Any) -> list[Any]:
    """Terms of either form as a list."""
    if isinstance(terms, list):
        return terms
    return [[key.split("*") if key else [], c] for key, c in terms.items()]


def parts(problem: Problem) -> tuple[dict[str, tuple[int, int]], Any, list[Any], str]:
    data = problem.to_data()["problem_specific_attributes"]
    rows = [{**row, "terms": entries(row["terms"])} for row in data.get("constraints", [])]
    goal = entries(data["objective"])
    names = {str(v) for terms in (goal, *(r["terms"] for r in rows)) for t, _ in terms for v in t}
    stated = data.get("variables", {})
    pairs = stated.items() if isinstance(stated, dict) else [(v, ends) for v, *ends in stated]
    bounds = dict.fromkeys(sorted(names), (0, 1)) | {str(v): tuple(ends) for v, ends in pairs}
    return bounds, goal, rows, data.get("sense", "min")


def optimal_solutions(problem: Problem) -> set[Hashable]:
    """By CP-SAT, products as variables of their own."""
    bounds, objective, rows, sense = parts(problem)
    model = cp_model.CpModel()
    own = {name: model.new_int_var(*limits, name) for name, limits in bounds.items()}

    def summed(terms: Any) -> Any:
        out = 0
        for labels, c in terms:
            product = 1 if not labels else own[str(labels[0])]
            if len(labels) == 2:
                factors = [own[str(v)] for v in labels]
                product = model.new_int_var(-1000, 1000, "")
                model.add_multiplication_equality(product, factors)
            out += c * product
        return out

    for row in rows:
        left = summed(row["terms"])
        for key, kept in (("at_most", left.__le__), ("at_least", left.__ge__)):
            if key in row or "equal" in row:
                model.add(kept(row.get(key, row.get("equal"))))
    goal = summed(objective)
    read = lambda get: {name: get(x) for name, x in own.items()}  # noqa: E731
    if sense == "max":
        return all_optima(model, read, maximize=goal)
    return all_optima(model, read, minimize=goal)


def every_point(problem: Problem) -> set[Hashable]:
    """By trying all values."""
    bounds, objective, rows, sense = parts(problem)
    exact = lambda x: Fraction(str(x))  # noqa: E731

    def value(terms: Any, point: dict[str, int]) -> Fraction:
        out = Fraction(0)
        for labels, c in terms:
            product = exact(c)
            for v in labels:
                product *= point[str(v)]
            out += product
        return out

    def valid(point: dict[str, int]) -> bool:
        for row in rows:
            left = value(row["terms"], point)
            if "equal" in row and left != exact(row["equal"]):
                return False
            if "at_most" in row and left > exact(row["at_most"]):
                return False
            if "at_least" in row and left < exact(row["at_least"]):
                return False
        return True

    ranges = [range(low, high + 1) for low, high in bounds.values()]
    points = [dict(zip(bounds, p, strict=True)) for p in itertools.product(*ranges)]
    return best(points, lambda p: value(objective, p), "max" if sense == "max" else "min", valid)


def made(objective: Any, constraints: Any = (), **more: Any) -> IntegerProgram:
    attributes = {"objective": objective, "constraints": list(constraints), **more}
    problem = build_problem(
        {"problem_type": "integer_program", "problem_specific_attributes": attributes}
    )
    assert isinstance(problem, IntegerProgram)
    return problem


def random_program(seed: int) -> IntegerProgram | None:
    """Decimals, negative numbers, two-sided and quadratic rows; None where nothing is feasible."""
    rng = generator(seed, "integer program")
    names = ["a", "b c", "é", 4][: int(rng.integers(2, 5))]
    number = lambda: int(rng.integers(-9, 10)) / int(rng.choice([1, 2, 10]))  # noqa: E731
    variables = [
        [v, low, low + int(rng.integers(0, 4))]
        for v, low in zip(names, rng.integers(-2, 3, len(names)).tolist(), strict=True)
    ]
    pairs = [[u, v] for u in names for v in names]
    objective = [[[v], number()] for v in names] + [[[], 2]]
    objective += [[pairs[int(rng.integers(len(pairs)))], number()] for _ in range(2)]
    rows = []
    for i in range(int(rng.integers(1, 4))):
        terms = [[[v], number()] for v in names]
        if i == 2:
            terms.append([pairs[int(rng.integers(len(pairs)))], number()])
        low = number() - 6
        sides = [{"at_most": low + 6}, {"at_least": low}, {"at_least": low, "at_most": low + 9}]
        rows.append({"terms": terms, **sides[int(rng.integers(3))]})
    sense = ["min", "max"][int(rng.integers(2))]
    problem = made(objective, rows, variables=variables, sense=sense)
    try:
        fits = 1 <= len(problem.variables("exact")) <= 14
    except ProblemError:  # refused, as nothing satisfies it
        assert not every_point(problem)
        return None
    return problem if fits else None


def test_programs_of_every_kind() -> None:
    tried = 0
    for seed in range(150):
        problem = random_program(seed)
        if problem is None:
            continue
        expected = every_point(problem)
        if expected:
            assert ground_solutions(problem) == expected, problem.to_data()
            tried += 1
        else:
            assert has_no_solution(problem)
    assert tried >= 50


def test_refused_programs_have_no_point() -> None:
    refused = 0
    for bound in range(6):
        row = {"terms": {"x": 2, "y": 4}, "equal": bound}
        points = {2 * x + 4 * y for x in (0, 1) for y in (0, 1)}
        problem = made({"x": 1}, [row])
        if bound in points:
            assert ground_solutions(problem) == every_point(problem)
            continue
        refused += 1
        with pytest.raises(ProblemError, match="has no solution as it is stated"):
            encode(problem)
    assert refused == 3


@pytest.mark.parametrize(
    ("rows", "variables", "qubits"),
    [
        ([], {}, 3),
        ([{"terms": {"x": 1, "y": 1, "z": 1}, "equal": 1}], {}, 3),
        ([{"terms": {"x": 1, "y": 1, "z": 1}, "at_most": 1}], {}, 3),
        ([{"terms": {"x": 1, "y": 1, "z": 1}, "at_least": 1}], {}, 4),
        ([{"terms": {"x": 1, "y": 1, "z": 1}, "at_most": 3}], {}, 3),
        ([{"terms": {"x": 2, "y": 3, "z": 5}, "at_most": 9}], {}, 6),
        ([{"terms": {"x": 1, "y": 1}, "at_most": 0}], {}, 1),
        ([], {"y": [0, 5]}, 5),
        ([{"terms": {"x": 1, "y": 3}, "at_most": 6}], {"y": [0, None]}, 6),
        ([{"terms": {"x": 1, "y": 3}, "at_most": 4}], {"y": [0, None]}, 3),
    ],
)
def test_numbers_of_qubits(rows: Any, variables: Any, qubits: int) -> None:
    problem = made({"x": 1, "y": -2, "z": 1}, rows, variables=variables)
    assert encode(problem).n_qubits == qubits
    if None not in variables.get("y", []):
        assert ground_solutions(problem) == every_point(problem)


def test_the_answer_is_in_the_users_terms() -> None:
    rows = [{"name": "budget", "terms": {"x": 2, "y": 3}, "at_most": 7}]
    problem = made({"x": 3, "y": 2}, rows, sense="max", variables={"y": [0, 9]})
    assert problem.sense == "max"
    assert "maximise" in problem.title
    assert problem.is_feasible({"x": 1, "y": 1})
    assert not problem.is_feasible({"x": 1, "y": 3})
    assert not problem.is_feasible({"x": 1})
    assert problem.objective({"x": 1, "y": 1}) == 5
    assert problem.prompt_details() == (
        "maximising 3*x + 2*y subject to 2*x + 3*y <= 7, integers y from 0 to 9"
    )
    overlay = problem.overlay({"x": 1, "y": 3})
    assert overlay is not None
    assert overlay.wrong_nodes == {("constraint", 0)}
    assert overlay.names["variable", "y"] == "y = 3"
    assert overlay.names["constraint", 0] == "budget"
    assert "infeasible" in overlay.title


def test_identity_knows_rows_bounds_and_sense_but_no_names() -> None:
    row = {"terms": {"x": 2, "y": 3}, "at_most": 4}
    one = made({"x": 1, "y": 2}, [row])
    renamed = made({"b": 1, "a": 2}, [{"terms": {"b": 2, "a": 3}, "at_most": 4, "name": "c"}])
    assert instance_id(one) == instance_id(renamed)
    others = [
        made({"x": 1, "y": 2}, [{**row, "at_most": 3}]),
        made({"x": 1, "y": 2}, [row], sense="max"),
        made({"x": 1, "y": 2}, [row], variables={"x": [0, 2]}),
        made({"x": 2, "y": 1}, [row]),
    ]
    assert len({instance_id(problem) for problem in [one, *others]}) == 5


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({}, "neither objective nor constraints"),
        ({"objective": {}}, "no variables"),
        ({"objective": {"x": 1}, "sense": "maximize"}, "'min' or 'max'"),
        ({"objective": {"x*y*z": 1}}, "at most two"),
        ({"objective": {"x": 1}, "constraints": {}}, "must be a list"),
        ({"objective": {"x": 1}, "constraints": [3]}, "must be an object"),
        ({"objective": {"x": 1}, "constraints": [{"at_most": 1}]}, "has no 'terms'"),
        ({"objective": {"x": 1}, "constraints": [{"terms": {"x": 1}}]}, "needs 'at_most'"),
        (
            {"objective": {"x": 1}, "constraints": [{"terms": {"x": 1}, "most": 1}]},
            "'most', which integer_program does not read: did you mean 'at_most'",
        ),
        ({"objective": {"x": 1}, "variables": {"x": [3, 1]}}, "no integer between"),
        ({"objective": {"x": 1}, "variables": {"x": 3}}, "such as"),
        ({"objective": {"x": 1}, "variables": [["x", 0, 1], ["x", 0, 1]]}, "twice"),
        ({"objective": {"x": 1}, "variables": {"x": [0, None]}}, "has no highest value"),
        (
            {"objective": {"x": 1}, "constraints": [{"terms": {"x": 1}, "at_least": 2}]},
            "leave variable 'x' no value",
        ),
    ],
)
def test_bad_input(attributes: Any, words: str) -> None:
    with pytest.raises(ProblemError, match=words):
        encode(
            build_problem(
                {"problem_type": "integer_program", "problem_specific_attributes": attributes}
            )
        )


def test_a_penalty_far_below_the_whole_range_is_enough() -> None:
    weights = {f"x{i}": 10 for i in range(10)}
    rows = [{"terms": dict.fromkeys(weights, 1), "at_most": 8}]
    penalties = made(weights, rows, sense="max").formulation().penalties
    assert penalties is not None
    assert penalties.weight == 22
    assert "a feasible solution" in penalties.derivation
