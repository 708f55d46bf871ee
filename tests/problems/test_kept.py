"""What a mixer keeps of a problem, against counting all basis states."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quasar.core.errors import InputError
from quasar.core.polynomial import Polynomial
from quasar.core.seeds import generator
from quasar.problems.base import EncodedProblem, encode
from quasar.problems.formulation import Constraint, Formulation
from quasar.problems.kept import (
    FixedSum,
    KeptConstraints,
    disjoint,
    fixed_sums,
    kept_constraints,
    reduced,
)
from quasar.problems.load import load_problem
from quasar.problems.registry import PROBLEMS
from support.cases import cases

WITH_SUMS = (
    "community_detection exact_cover graph_coloring graph_isomorphism graph_partitioning "
    "hamiltonian_path kclique matching portfolio quadratic_assignment tsp vehicle_routing"
).split()


def program(rows: list[dict], n: int = 4, **others: object) -> EncodedProblem:
    attributes = {"objective": [[[f"x{i}"], i + 1] for i in range(n)], "constraints": rows}
    return load_problem(
        {"problem_type": "integer_program", "problem_specific_attributes": attributes | others}
    )


def row(coefficients: list[float], **limits: float) -> dict:
    return {"terms": [[[f"x{i}"], c] for i, c in enumerate(coefficients) if c], **limits}


def check(problem: EncodedProblem, kept: KeptConstraints) -> None:
    """By brute force: feasible states are inside, inside all kept sums hold, energies agree."""
    inside = np.zeros(1 << problem.n_qubits, dtype=bool)
    inside[kept.subspace.states()] = True
    feasible = problem.optimality.feasible
    assert feasible is not None
    assert not (feasible & ~inside).any()
    place = {label: i for i, label in enumerate(problem.variables)}
    index = np.arange(inside.size)
    holds = np.ones_like(inside)
    for one in kept.sums:  # a bit of 0 is a variable that is 1
        holds &= sum(1 - (index >> place[label] & 1) for label in one.labels) == one.chosen
    assert np.array_equal(holds, inside)
    if not kept.penalised and not kept.others:
        assert np.array_equal(feasible, inside)
    whole = problem.hamiltonian.diagonal[inside] + problem.hamiltonian.constant
    left = kept.phase.diagonal[inside] + kept.phase.constant
    assert left == pytest.approx(whole, rel=1e-9, abs=1e-9 * max(1.0, np.abs(whole).max()))
    products = [sum(len(term) > 1 for term in h.terms) for h in (kept.phase, problem.hamiltonian)]
    assert products[0] <= products[1]


@pytest.mark.parametrize("problem_type", sorted(PROBLEMS))
def test_every_type_keeps_what_holds_in_all_feasible_states(problem_type: str) -> None:
    found = 0
    for number in range(cases(24)):
        problem = encode(PROBLEMS[problem_type].sample(generator(number, "kept"), 10))
        try:
            kept = kept_constraints(problem)
        except InputError:
            continue
        found += 1
        check(problem, kept)
    assert problem_type not in WITH_SUMS or found


@pytest.mark.parametrize("weight", [0.5, 3, 1000])
def test_a_penalty_of_any_weight_is_left_out_where_it_is_constant(weight: float) -> None:
    graph = nx.path_graph(4)
    attributes = {"number_of_colors": 3}
    problem = load_problem(
        {
            "problem_type": "graph_coloring",
            "graph": nx.node_link_data(graph, edges="edges"),
            "problem_specific_attributes": attributes,
        },
        penalty=weight,
    )
    kept = kept_constraints(problem)
    check(problem, kept)
    inside_a_block = {(3 * v + a, 3 * v + b) for v in range(4) for a in range(3) for b in range(a)}
    assert not {tuple(sorted(term)) for term in kept.phase.terms} & {
        tuple(sorted(pair)) for pair in inside_a_block
    }


def test_of_a_tour_rows_are_kept_and_columns_are_left() -> None:
    graph = nx.complete_graph(4)
    nx.set_edge_attributes(graph, {edge: 3 + i for i, edge in enumerate(graph.edges)}, "weight")
    problem = load_problem(graph, problem_type="tsp")
    kept = kept_constraints(problem)
    assert [one.labels for one in kept.sums] == [
        tuple((v, j) for j in (1, 2, 3)) for v in (1, 2, 3)
    ]
    assert {one.labels for one in kept.penalised} == {
        tuple((v, j) for v in (1, 2, 3)) for j in (1, 2, 3)
    }
    assert kept.others == 0
    products = [sum(len(t) == 2 for t in h.terms) for h in (problem.hamiltonian, kept.phase)]
    assert products == [30, 21]
    assert kept.describe() == (
        "keeps 3 sums (1 of 3 variables), and leaves 3 sums (1 of 3 variables) to the cost."
    )


@pytest.mark.parametrize(
    ("rows", "sums"),
    [
        ([row([1, 1, 1, 1], equal=2)], [(4, 2)]),
        ([row([-1, -1, -1, 0], equal=-1)], [(3, 1)]),
        ([row([2.5, 2.5, 2.5], equal=5)], [(3, 2)]),
        ([row([1, 1, 1], equal=1), row([3, 3, 3], equal=3)], [(3, 1)]),
        ([row([1, 1, 1], at_most=2), row([1, 1, 1], at_least=2)], [(3, 2)]),
        ([row([1, 1, 1], at_least=1.5, at_most=2.5)], [(3, 2)]),
        ([row([1, 1, 0, 0], equal=1), row([0, 1, 1, 1], equal=1)], [(3, 1)]),
    ],
)
def test_rows_of_integer_programs(rows: list[dict], sums: list[tuple[int, int]]) -> None:
    problem = program(rows)
    kept = kept_constraints(problem)
    assert [(len(one.labels), one.chosen) for one in kept.sums] == sums
    check(problem, kept)


@pytest.mark.parametrize(
    "rows",
    [
        [row([1, 1, 1], at_most=2)],
        [row([1, 2, 1], equal=2)],
        [row([1, -1], equal=0)],
        [row([1, 1, 1], at_least=1, at_most=2)],
        [],
    ],
)
def test_rows_that_allow_several_numbers_fix_nothing(rows: list[dict]) -> None:
    with pytest.raises(InputError, match="fixes no sum of variables"):
        kept_constraints(program(rows))


def test_free_variables_are_in_no_block() -> None:
    problem = program([row([0, 1, 1], equal=1)], n=5)
    kept = kept_constraints(problem)
    assert len(kept.subspace.free) == 3
    check(problem, kept)


def test_where_every_variable_is_settled_one_state_is_left() -> None:
    """A portfolio that holds all of its assets."""
    attributes = {
        "expected_returns": [0.1, 0.2, 0.3],
        "covariance": [[1, 0.1, 0], [0.1, 1, 0.2], [0, 0.2, 1]],
        "risk_aversion": 1,
        "budget": 3,
    }
    problem = load_problem({"problem_type": "portfolio", "problem_specific_attributes": attributes})
    kept = kept_constraints(problem)
    check(problem, kept)
    assert (kept.subspace.size, kept.phase.terms) == (1, {})


@pytest.mark.parametrize(
    ("lowest", "highest", "count"),
    [(0, 0, 0), (3, 3, 3), (None, 0, 0), (3, None, 3), (1, 1, 1), (1, 2, None), (None, None, None)],
)
@pytest.mark.parametrize("scale", [1, -2, Fraction(1, 3)])
def test_bounds_that_leave_one_number_fix_the_sum(
    lowest: int | None, highest: int | None, count: int | None, scale: Fraction
) -> None:
    line = Polynomial.linear(dict.fromkeys("abc", 1))
    constraints = [] if highest is None else [Constraint(line, highest)]
    constraints += [] if lowest is None else [Constraint(-line, -lowest)]
    scaled = [Constraint(c.polynomial * abs(scale), c.at_most * abs(scale)) for c in constraints]
    if scale < 0:  # the constant on the other side
        scaled = [Constraint(c.polynomial - c.at_most) for c in scaled]
    found, _ = fixed_sums(Formulation(Polynomial(), scaled))
    assert found == ([] if count is None else [FixedSum(("a", "b", "c"), count)])


def test_a_problem_without_a_solution_fixes_nothing_that_cannot_hold() -> None:
    square = (Polynomial.linear({"a": 1, "b": 1}, -5)).square()
    assert fixed_sums(Formulation(Polynomial(), [Constraint(square)])) == ([], 1)


@given(
    st.integers(1, 6), st.integers(0, 6), st.fractions(Fraction(1, 9), 9), st.sampled_from([1, -1])
)
def test_a_square_of_equal_coefficients_is_read(m: int, k: int, size: Fraction, sign: int) -> None:
    labels = [f"v{i}" for i in range(m)]
    square = Polynomial.linear(dict.fromkeys(labels, sign), -sign * k).square() * size
    found, others = fixed_sums(Formulation(Polynomial(), [Constraint(square)]))
    if k <= m:
        assert found == [FixedSum(tuple(labels), k)]
        assert others == 0
    else:
        assert (found, others) == ([], 1)


def test_parts_of_a_constraint_are_what_it_is_the_sum_of() -> None:
    parts = [Polynomial.linear({"a": 1}), Polynomial({frozenset("ab"): 2})]
    whole = Constraint.of_parts(parts)
    for a, b in product((0, 1), repeat=2):
        values = {"a": a, "b": b}
        assert whole.polynomial.evaluate(values) == sum(p.evaluate(values) for p in parts)


@pytest.mark.parametrize("problem_type", sorted(PROBLEMS))
def test_no_part_of_a_constraint_is_ever_negative(problem_type: str) -> None:
    """Else some could cancel, and a sum of 0 would not mean that each is 0."""
    for number in range(3):
        problem = encode(PROBLEMS[problem_type].sample(generator(number, "parts"), 9))
        formulation = problem.formulation
        for constraint in () if formulation is None else formulation.constraints:
            for part in constraint.parts:
                assert part.values(problem.variables).floats().min() >= 0


def test_of_overlapping_sums_those_are_kept_that_take_most_off() -> None:
    wide, narrow = FixedSum(tuple("abcd"), 1), FixedSum(tuple("de"), 1)
    other, same = FixedSum(tuple("ef"), 1), FixedSum(tuple("fg"), 1)
    assert disjoint([narrow, wide, other, same]) == [wide, other]
    assert disjoint([narrow, other, same]) == [narrow, same]


@given(st.integers(0, 2**32 - 1))
def test_the_reduced_cost_is_the_cost_on_the_subspace(seed: int) -> None:
    """Products of any order, across blocks, in blocks, and of free variables."""
    rng = np.random.default_rng(seed)
    labels = list("abcdefg")
    sums = [FixedSum(tuple("abc"), int(rng.integers(0, 4))), FixedSum(tuple("de"), 1)]
    terms = {
        frozenset(rng.choice(labels, int(rng.integers(1, 5)), replace=False).tolist()): int(c)
        for c in rng.integers(-5, 6, 15)
    }
    cost = Polynomial(terms)
    whole, left = cost.to_ising(labels), reduced(cost, sums, labels)
    index = np.arange(128)
    x = 1 - (index[:, None] >> np.arange(7) & 1)
    inside = (x[:, :3].sum(axis=1) == sums[0].chosen) & (x[:, 3:5].sum(axis=1) == 1)
    difference = (left.diagonal + left.constant) - (whole.diagonal + whole.constant)
    assert np.abs(difference[inside]).max() < 1e-9


def test_a_hamiltonian_states_no_constraints() -> None:
    with pytest.raises(InputError, match="the Hamiltonian itself is what is solved"):
        kept_constraints(load_problem({"hamiltonian": "Z0*Z1 - 0.5*Z1"}))


def test_the_benchmarks_encoding_is_a_hamiltonian_that_is_given() -> None:
    problem = encode(PROBLEMS["kclique"].sample(generator(0, "kept"), 8), "agent-q")
    with pytest.raises(InputError, match="encoding exact"):
        kept_constraints(problem)


def test_what_has_no_such_constraint_says_which_has() -> None:
    with pytest.raises(InputError, match=r"this maxcut instance fixes no sum .* budget"):
        kept_constraints(load_problem(nx.path_graph(3), problem_type="maxcut"))
