"""Native forms by themselves; that solvers find the exact optima in them is `tests/optima`."""

from __future__ import annotations

import itertools
from collections import defaultdict
from fractions import Fraction

import networkx as nx
import pytest

from quasar.core.errors import ProblemError
from quasar.core.polynomial import Polynomial
from quasar.core.seeds import generator
from quasar.problems import native
from quasar.problems.base import encode
from quasar.problems.formulation import Constraint, Formulation
from quasar.problems.load import build_problem
from quasar.problems.maxcut import MaxCut
from quasar.problems.native import LinearRow, NativeModel, Tour


def test_a_row_holds_between_its_sides() -> None:
    row = LinearRow({"a": 2, "b": Fraction(1, 2)}, 1, Fraction(5, 2))
    assert [row.holds({"a": a, "b": b}) for a, b in ((0, 1), (1, 0), (1, 1), (2, 1))] == [
        False,
        True,
        True,
        False,
    ]


def test_a_sum_of_products_becomes_a_row_a_product() -> None:
    wrong = Polynomial({frozenset("ab"): 2, frozenset("bcd"): 1})
    model = native.from_formulation(Formulation(Polynomial(), [Constraint(wrong)]), list("abcd"))
    assert [(set(r.coefficients), r.high) for r in model.rows] == [(set("ab"), 1), (set("bcd"), 2)]
    with pytest.raises(ProblemError, match="linear form"):
        native.from_formulation(Formulation(Polynomial(), [Constraint(1 - wrong)]), list("abcd"))


def test_long_products_of_spins_are_not_expanded() -> None:
    labels = [f"s{i}" for i in range(40)]
    model = native.of_spins(labels, [(labels, 3), (labels[:2], -1), ((), 2)])
    assert len(model.cost.coefficients) < 10
    for ones in (40, 39, 7):
        values: dict[object, int] = defaultdict(
            int, {v: int(i < ones) for i, v in enumerate(labels)}
        )
        odd = (40 - ones) % 2
        values.update({("\0odd", 0): odd, ("\0half", 0): (40 - ones - odd) // 2})
        pair = 1 if values["s0"] == values["s1"] else -1
        assert model.holds(values)
        assert model.evaluate(values) == 3 * (-1 if odd else 1) - pair + 2


def test_tours_visit_every_node_once() -> None:
    circuit = Tour("abc", [("a", "b", 1), ("b", "a", 2)])
    assert sum(not row.coefficients for row in circuit.degrees()) == 2  # c cannot be reached


def test_an_order_and_a_size() -> None:
    model = NativeModel("ab", Polynomial({frozenset("ab"): 2, frozenset("a"): 0}))
    assert (model.order, model.is_unconstrained, model.is_binary) == (2, True, True)
    graph = nx.empty_graph(100_001)
    with pytest.raises(ProblemError, match=r"100,001 variables; solvers take at most 100,000"):
        native.check_size("maxcut", MaxCut(graph).native_size())


@pytest.mark.parametrize("seed", range(8))
def test_an_integer_program_keeps_its_integers_and_products(seed: int) -> None:
    """All values of the program against all values of its native form."""
    rng = generator(seed, "program")

    def number(low: int, high: int) -> int:
        return int(rng.integers(low, high + 1))

    terms = {key: number(-5, 5) for key in ("a", "b", "c", "a*b", "b*c", "c*c")}
    problem = build_problem(
        {
            "problem_type": "integer_program",
            "problem_specific_attributes": {
                "objective": terms,
                "sense": "max" if seed % 2 else "min",
                "variables": {"b": [number(-1, 0), 1], "c": [1, number(2, 3)]},
                "constraints": [
                    {"terms": {"a": 1, "b*c": 1}, "at_most": number(0, 3)},
                    {"terms": {"b": 2, "c": -1}, "at_least": number(-5, -2)},
                ],
            },
        }
    )
    model = problem.native()
    ranges = [range(2)] * len(model.variables)
    ranges += [range(low, high + 1) for low, high in model.integers.values()]
    labels = [*model.variables, *model.integers]
    sign = 1 if problem.sense == "min" else -1
    seen = {}
    for chosen in itertools.product(*ranges):
        values = dict(zip(labels, chosen, strict=True))
        if model.holds(values):
            solution = problem.from_native(values)
            assert problem.is_feasible(solution)
            assert sign * problem.objective(solution) == model.evaluate(values)
            seen[str(solution)] = solution
    encoded = encode(problem)
    decoded = [encoded.decode(index) for index in range(1 << encoded.n_qubits)]
    assert set(seen) == {str(d.solution) for d in decoded if d is not None and d.feasible}
