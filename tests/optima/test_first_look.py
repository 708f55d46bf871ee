"""What is known of a cost without any search."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quasar
from quasar.optima.first_look import first_look
from quasar.problems.load import read_problem
from quasar.problems.maxcut import MaxCut
from quasar.problems.vertex_cover import VertexCover

N = 5
TERMS = st.lists(
    st.tuples(
        st.lists(st.sampled_from("abcde"), min_size=1, max_size=4, unique=True),
        st.sampled_from([1, -2, 3, 0.5, -0.25, 10**30]),
    ),
    min_size=1,
    max_size=10,
)


@given(TERMS, st.sampled_from(["SPIN", "BINARY"]))
def test_the_bound_holds_and_the_solution_is_as_good_as_the_mean(terms: Any, kind: str) -> None:
    listed = [[labels, c] for labels, c in terms]
    model = read_problem({"problem_type": "hubo", "hubo": listed, "vartype": kind}).native()
    greedy, plain = first_look(model)
    states = itertools.product((0, 1), repeat=len(model.variables))
    costs = [model.evaluate(dict(zip(model.variables, s, strict=True))) for s in states]
    assert greedy.values is not None
    assert plain.bound is not None
    assert plain.bound <= min(costs) <= model.evaluate(greedy.values)
    assert model.evaluate(greedy.values) * len(costs) <= sum(costs)


def test_no_time_and_an_early_end_still_leave_a_solution(tmp_path: Path) -> None:
    cubic = MaxCut(nx.random_regular_graph(3, 300, seed=1))
    found = quasar.optimum(cubic, time_limit=1e-6)
    assert found.status == "bounded"
    assert 225 <= found.value <= found.bound == 450
    ended = quasar.optimum(cubic, stop=lambda: True)
    assert ended.value is not None
    again = quasar.optimum(cubic, time_limit=1e-6)
    assert not again.cached  # more luck, or a faster machine, may give more


def test_constraints_are_left_to_solvers() -> None:
    model = VertexCover(nx.path_graph(4)).native()
    assert list(first_look(model)) == []


@pytest.mark.parametrize("n", [2_500, 5_000])
def test_thousands_of_variables_take_no_time(n: int) -> None:
    greedy, plain = first_look(MaxCut(nx.path_graph(n)).native())
    assert greedy.values is not None
    assert sum(greedy.values.values()) == n // 2
    assert plain.bound == 1 - n
