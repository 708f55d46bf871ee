"""Every type's native form has the optimum of its exact encoding, by two solvers."""

from __future__ import annotations

import time

import pytest

from quasar.core.seeds import generator
from quasar.optima import cp_sat, highs
from quasar.optima.search import Search
from quasar.problems.base import Problem, encode
from quasar.problems.registry import PROBLEMS

pytest.importorskip("ortools", reason="needs the extra optima")
pytest.importorskip("highspy", reason="needs the extra optima")


@pytest.mark.parametrize("name", sorted(PROBLEMS))
def test_solvers_find_the_optimum_of_the_exact_encoding(name: str) -> None:
    for seed in range(3):
        _check(PROBLEMS[name].sample(generator(seed, "native"), 10))


def _check(problem: Problem) -> None:
    encoded = encode(problem)
    found = encoded.optimality
    model = problem.native()
    sign = 1 if problem.sense == "min" else -1
    for solver in (cp_sat, highs):
        answer = solver.solve(model, Search(time.monotonic() + 120))
        if not found.n_optimal:
            assert answer.infeasible
            continue
        best = encoded.decode(int(found.states(1)[0]))
        assert best is not None
        assert answer.values is not None
        assert answer.complete
        assert model.holds(answer.values)
        solution = problem.from_native(answer.values)
        assert problem.is_feasible(solution)
        assert problem.objective(solution) == pytest.approx(best.objective, abs=1e-9)
        cost = float(model.evaluate(answer.values))
        assert sign * cost == pytest.approx(best.objective, abs=1e-9)
        assert answer.bound is not None
        assert cost - 1e-5 <= float(answer.bound) <= cost + 1e-9
