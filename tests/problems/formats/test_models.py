"""Programs of other libraries become integer programs, and keep their optima."""

from __future__ import annotations

from typing import Any

import dimod
import pytest

from problems.test_integer_program import every_point
from quasar.core.errors import ProblemError
from quasar.problems.base import Problem
from quasar.problems.integer_program import IntegerProgram
from quasar.problems.load import load_problem

EXPECTED = {
    "problem_type": "integer_program",
    "problem_specific_attributes": {
        "objective": {"": 4, "x": 1, "y": 2, "x*y": -0.5},
        "sense": "max",
        "constraints": [
            {"name": "c", "terms": {"x": 1, "y": 1}, "at_most": 3},
            {"name": "q", "terms": {"x": 1, "x*y": 1}, "at_least": 1},
            {"name": "e", "terms": {"y": 1, "z": 1}, "equal": 2},
        ],
        "variables": {"y": [0, 4]},
    },
}


def problem_of(source: Any) -> Problem:
    problem = load_problem(source).problem
    assert problem is not None
    return problem


def in_qiskit(module: str) -> Any:
    library = pytest.importorskip(module, reason="no part of the development extras")
    if hasattr(library, "OptimizationProblem"):
        program = library.OptimizationProblem()
    else:
        program = library.QuadraticProgram()
    program.binary_var("x")
    program.integer_var(name="y", lowerbound=0, upperbound=4)
    program.binary_var("z")
    program.maximize(constant=4, linear={"x": 1, "y": 2}, quadratic={("x", "y"): -0.5})
    program.linear_constraint({"x": 1, "y": 1}, "<=", 3, "c")
    program.linear_constraint({"y": 1, "z": 1}, "==", 2, "e")
    program.quadratic_constraint({"x": 1}, {("x", "y"): 1}, ">=", 1, "q")
    return program


@pytest.mark.parametrize("module", ["qiskit_optimization", "qiskit_addon_opt_mapper"])
def test_qiskit(module: str) -> None:
    found = problem_of(in_qiskit(module)).to_data()
    rows = found["problem_specific_attributes"]["constraints"]
    rows.sort(key=lambda row: "cqe".index(row["name"]))
    assert found == EXPECTED


@pytest.mark.parametrize("module", ["qiskit_optimization", "qiskit_addon_opt_mapper"])
def test_a_program_without_constraints_is_a_qubo(module: str) -> None:
    program = in_qiskit(module)
    for name in ("c", "e"):
        program.remove_linear_constraint(name)
    program.remove_quadratic_constraint("q")
    assert problem_of(program).problem_type == "integer_program"  # y is no 0/1 variable
    library = type(program)()
    library.binary_var("x")
    library.maximize(linear={"x": 3})
    problem = problem_of(library)
    assert problem.problem_type == "qubo"
    assert problem.objective({"x": 1}) == -3


def test_qiskit_refuses() -> None:
    program = in_qiskit("qiskit_addon_opt_mapper")
    program.continuous_var(0, 1, "w")
    with pytest.raises(ProblemError, match="variable 'w' is continuous"):
        load_problem(program)
    program = in_qiskit("qiskit_addon_opt_mapper")
    program.minimize(higher_order={3: {("x", "y", "z"): 1}})
    with pytest.raises(ProblemError, match="products of three variables"):
        load_problem(program)


def constrained() -> dimod.ConstrainedQuadraticModel:
    model = dimod.ConstrainedQuadraticModel()
    x, z, y = dimod.Binary("x"), dimod.Binary("z"), dimod.Integer("y", upper_bound=4)
    model.set_objective(-(x + 2 * y - 0.5 * x * y + 4))
    model.add_constraint(x + y + 1 <= 4, label="c")
    model.add_constraint(x + x * y >= 1, label="q")
    model.add_constraint(y + z == 2, label="e")
    return model


def test_dimod() -> None:
    found = problem_of(constrained())
    expected = load_problem(EXPECTED).problem
    assert isinstance(expected, IntegerProgram)
    assert (
        found.to_data()["problem_specific_attributes"]["constraints"]
        == (expected.to_data()["problem_specific_attributes"]["constraints"])
    )
    assert every_point(found) == every_point(expected)


def test_dimod_refuses() -> None:
    model = constrained()
    model.add_constraint(dimod.Binary("x") <= 0, weight=2, label="soft")
    with pytest.raises(ProblemError, match="'soft' is soft"):
        load_problem(model)
    model = dimod.ConstrainedQuadraticModel()
    model.add_constraint(dimod.Spin("s") + dimod.Binary("x") <= 1)
    with pytest.raises(ProblemError, match=r"s = 2 x - 1"):
        load_problem(model)
    model = dimod.ConstrainedQuadraticModel()
    model.add_constraint(dimod.Real("r") + dimod.Binary("x") <= 1)
    with pytest.raises(ProblemError, match="'r' is real"):
        load_problem(model)


def test_ommx() -> None:
    ommx = pytest.importorskip("ommx.v1", reason="conflicts with other pins")
    x, z = (ommx.DecisionVariable.binary(i, name=name) for i, name in enumerate("xz"))
    y = ommx.DecisionVariable.integer(2, lower=0, upper=4, name="y")
    instance = ommx.Instance.from_components(
        decision_variables=[x, y, z],
        objective=x + 2 * y - 0.5 * x * y + 4,
        constraints=[
            (x + y <= 3).set_id(0).add_name("c"),
            (x + x * y >= 1).set_id(1).add_name("q"),
            (y + z == 2).set_id(2).add_name("e"),
        ],
        sense=ommx.Instance.MAXIMIZE,
    )
    found = problem_of(instance)
    assert every_point(found) == every_point(load_problem(EXPECTED).problem)
    rows = found.to_data()["problem_specific_attributes"]["constraints"]
    assert [row["name"] for row in rows] == ["c", "q", "e"]
    nameless = ommx.DecisionVariable.binary(7)
    instance = ommx.Instance.from_components(
        decision_variables=[nameless],
        objective=nameless + 0,
        constraints=[],
        sense=ommx.Instance.MINIMIZE,
    )
    assert problem_of(instance).objective({"7": 1}) == 1
