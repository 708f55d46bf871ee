"""Ground states of the `exact` encoding are exactly the optimal feasible solutions.

A contract over the registry: for every problem type, random instances are solved by an independent
classical solver that lists all optima, and compared as sets with the decoded ground states.
"""

from __future__ import annotations

import importlib
from collections.abc import Hashable

import numpy as np
import pytest

from problems.solvers import SOLVERS, canonical
from problems.solvers_more import MORE_SOLVERS
from quasar.core.seeds import generator
from quasar.problems.base import Problem, encode
from quasar.problems.registry import PROBLEMS
from support.cases import cases

INSTANCES = cases(100)
ALL_SOLVERS = {**SOLVERS, **MORE_SOLVERS}


def _optima(problem: Problem) -> set[Hashable]:
    """All optimal solutions, by a solver that stands in `solvers.py`, `solvers_more.py`, or as
    `optimal_solutions` in the type's own `test_TYPE.py`.
    """
    name = problem.problem_type
    if name in ALL_SOLVERS:
        return ALL_SOLVERS[name](problem)
    own = importlib.import_module(f"problems.test_{name}")
    return own.optimal_solutions(problem)  # type: ignore[no-any-return]


def _limit(problem_type: str, seed: int) -> int:
    # These take n² variables, so that smaller limits leave no variety.
    squares = problem_type in ("graph_isomorphism", "hamiltonian_path")
    return 16 if squares or seed % 10 == 0 else 11


@pytest.mark.parametrize("problem_type", sorted(PROBLEMS))
def test_ground_states_are_the_optimal_feasible_solutions(problem_type: str) -> None:
    distinct = set()
    for seed in range(INSTANCES):
        limit = _limit(problem_type, seed)
        problem = PROBLEMS[problem_type].sample(generator(seed, problem_type), limit)
        encoded = encode(problem, "exact")
        spectrum = encoded.hamiltonian.spectrum
        decoded = [encoded.decode(int(index)) for index in spectrum.ground_states]
        assert all(state.feasible for state in decoded), problem.to_data()
        solutions = {canonical(state.solution) for state in decoded}
        assert solutions == _optima(problem), problem.to_data()
        ranks = np.array([problem.rank(state.solution) for state in decoded])
        assert np.ptp(ranks, axis=0) == pytest.approx(0, abs=1e-9)
        distinct.add(str(problem.to_data()))
    assert len(distinct) >= INSTANCES / 5
