"""The search for angles inside a subspace."""

import numpy as np
import pytest

from quasar.optimize.subspace_qaoa import optimise_subspace_qaoa, subspace_sigma
from quasar.optimize.trace import Budget, Trace
from quasar.problems.base import encode
from quasar.problems.kept import kept_constraints
from quasar.problems.registry import PROBLEMS
from quasar.simulate.engine import probabilities

TOUR = encode(PROBLEMS["tsp"].sample(np.random.default_rng(0), 10))
KEPT = kept_constraints(TOUR)


def search(mixer="xy", layers=2, evaluations=400, **others):
    budget, trace = Budget(evaluations), Trace()
    found = optimise_subspace_qaoa(
        TOUR.hamiltonian, KEPT, mixer, layers, budget=budget, trace=trace, **others
    )
    return found, budget, trace


def test_gamma_is_in_units_of_the_spread_inside() -> None:
    inside = TOUR.hamiltonian.diagonal[KEPT.subspace.states()]
    assert subspace_sigma(KEPT) == pytest.approx(inside.std())
    assert subspace_sigma(KEPT) < np.std(TOUR.hamiltonian.diagonal)


@pytest.mark.parametrize("mixer", ["xy", "xy-complete", "grover"])
def test_deeper_is_better_and_all_are_better_than_the_start(mixer: str) -> None:
    found, _, _ = search(mixer, 3, 900)
    energies = [minimum.energy for _, minimum in found]
    start = TOUR.hamiltonian.diagonal[KEPT.subspace.states()].mean()
    assert start > energies[0] > energies[1] > energies[2]
    for energy, minimum in found:
        p = probabilities(energy.state(minimum.theta))
        assert p[KEPT.subspace.states()].sum() == pytest.approx(1.0)
        assert p @ TOUR.hamiltonian.diagonal == pytest.approx(minimum.energy)


def test_a_budget_of_one_evaluation_still_gives_angles() -> None:
    found, budget, trace = search(evaluations=1)
    assert len(found) == 1
    assert budget.used == len(trace.energies) == 1


def test_a_tail_is_lowered_where_that_is_asked_for() -> None:
    (_, by_mean), (_, by_tail) = (search(layers=1, cvar=c)[0][0] for c in (None, 0.5))
    energy, _ = search(layers=1)[0][0]

    def tail(theta: np.ndarray) -> float:
        p = probabilities(energy.state(theta))
        order = np.argsort(TOUR.hamiltonian.diagonal)
        before = np.cumsum(p[order]) - p[order]
        taken = np.clip(0.5 - before, 0, p[order])
        return float(taken @ TOUR.hamiltonian.diagonal[order]) / 0.5

    assert tail(by_tail.theta) < tail(by_mean.theta)
    assert by_tail.energy == pytest.approx(energy.value(by_tail.theta))
    assert by_mean.energy < by_tail.energy


def test_the_search_may_begin_in_a_basis_state() -> None:
    first = int(KEPT.subspace.states()[3])
    energy, _ = search(layers=1, basis_state=first)[0][0]
    assert probabilities(energy.state([0.3, 0.0]))[first] == pytest.approx(1.0)
