"""The semidefinite bound: below every cost, and as good as another solver's."""

from __future__ import annotations

import itertools
import time

import networkx as nx
import numpy as np
import pytest

from quasar.core.errors import InputError
from quasar.core.polynomial import Polynomial
from quasar.core.seeds import generator
from quasar.optima import semidefinite
from quasar.optima.search import Search
from quasar.problems.maxcut import MaxCut
from quasar.problems.native import NativeModel, at_most


def search() -> Search:
    return Search(time.monotonic() + 60)


def random_model(seed: int, n: int = 9) -> NativeModel:
    rng = generator(seed, "semidefinite")
    terms = {frozenset(pair): rng.normal() for pair in itertools.combinations(range(n), 2)}
    terms |= {frozenset([i]): rng.normal() for i in range(n)}
    return NativeModel(range(n), Polynomial({**terms, frozenset(): 1.5}))


def costs(model: NativeModel) -> list[float]:
    n = len(model.variables)
    return [float(model.evaluate(dict(enumerate(x)))) for x in itertools.product((0, 1), repeat=n)]


@pytest.mark.parametrize("seed", range(5))
def test_no_cost_is_below_the_bound_and_rounding_finds_the_least(seed: int) -> None:
    model = random_model(seed)
    found = semidefinite.solve(model, search())
    assert found.values is not None
    assert found.bound is not None
    least = min(costs(model))
    assert float(found.bound) <= least
    assert float(found.bound) > least - 0.25 * abs(least)
    assert float(model.evaluate(found.values)) == pytest.approx(least)


@pytest.mark.parametrize("seed", range(5))
def test_every_dual_vector_gives_a_bound(seed: int) -> None:
    model = random_model(seed, 7)
    cost = semidefinite.spin_cost(model)
    y = np.random.default_rng(seed).normal(size=8) * 3
    assert float(semidefinite.certified(cost, y)) <= min(costs(model))


def test_spins_have_the_cost_of_their_assignment() -> None:
    model = random_model(3, 5)
    cost = semidefinite.spin_cost(model)
    for x in itertools.product((0, 1), repeat=5):
        s = np.array([*(2 * v - 1 for v in x), 1])
        value = float(cost.constant) + s @ cost.matrix @ s
        assert value == pytest.approx(float(model.evaluate(dict(enumerate(x)))))


def test_the_bound_is_that_of_another_solver() -> None:
    cvxpy = pytest.importorskip("cvxpy", reason="a second opinion, in no extra")
    model = MaxCut(nx.random_regular_graph(3, 14, seed=2)).native()
    cost = semidefinite.spin_cost(model)
    n = len(cost.matrix)
    x = cvxpy.Variable((n, n), PSD=True)
    problem = cvxpy.Problem(cvxpy.Minimize(cvxpy.trace(cost.matrix @ x)), [cvxpy.diag(x) == 1])
    problem.solve(solver="CLARABEL")
    theirs = problem.value + float(cost.constant)
    vectors = semidefinite._relaxed(cost.matrix, np.random.default_rng(0), search())
    y = np.einsum("ik,ik->i", cost.matrix @ vectors, vectors)
    assert float(semidefinite.certified(cost, y)) == pytest.approx(theirs, rel=2e-3)


def test_a_bound_of_integers_is_lifted_to_the_next() -> None:
    found = semidefinite.solve(MaxCut(nx.cycle_graph(5)).native(), search())
    assert found.bound == -4


def test_what_it_does_not_cover() -> None:
    constrained = NativeModel("ab", Polynomial(), [at_most("ab", 1)])
    cubic = NativeModel("abc", Polynomial({frozenset("abc"): 1}))
    for model in (constrained, cubic):
        with pytest.raises(InputError, match="quadratic costs"):
            semidefinite.solve(model, search())


def test_graphs_without_edges() -> None:
    found = semidefinite.solve(MaxCut(nx.empty_graph(3)).native(), search())
    assert found.bound == 0
