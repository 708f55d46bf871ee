"""Native forms by themselves; that solvers find the exact optima in them is `tests/optima`."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

import networkx as nx
import pytest

from quasar.core.errors import ProblemError
from quasar.core.polynomial import Polynomial
from quasar.problems import native
from quasar.problems.formulation import Constraint, Formulation
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
