"""Inputs that solvers do not like: no time, numbers of all sizes, nothing to decide, no solver."""

from __future__ import annotations

import json
import os
import warnings
from pathlib import Path

import networkx as nx
import pytest

import quasar
from quasar.core.errors import InputError
from quasar.core.polynomial import Polynomial
from quasar.optima import solvers
from quasar.optima.lattice import greatest_unit, least_size, step
from quasar.problems.max_independent_set import MaxIndependentSet
from quasar.problems.max_weight_matching import MaxWeightMatching
from quasar.problems.maxcut import MaxCut

pytest.importorskip("ortools", reason="needs the extra optima")
pytest.importorskip("highspy", reason="needs the extra optima")
pytest.importorskip("dwave.samplers", reason="needs the extra optima")

FEW = {"numbers": [3, 1, 4, 1, 5, 9, 2]}
CUBIC = nx.random_regular_graph(3, 60, seed=1)
NUMBERS = {
    "problem_type": "number_partitioning",
    "problem_specific_attributes": {"numbers": [55, 46, 834740304808, 25]},
}


@pytest.mark.parametrize("time_limit", [1e-9, 0.01])
def test_without_time_nothing_false_is_claimed(time_limit: float) -> None:
    found = quasar.optimum(MaxCut(CUBIC), method="cp_sat", time_limit=time_limit, cache=False)
    assert found.bound is None or found.bound >= 81
    assert found.value is None or found.value <= 81


@pytest.mark.parametrize("scale", [1e-12, 1e-300])
def test_tiny_costs_are_not_proven_for_being_tiny(scale: float) -> None:
    graph = nx.random_regular_graph(3, 30, seed=1)
    for u, v in graph.edges:
        graph[u][v]["weight"] = (1 + (u * v) % 3) * scale
    best = quasar.optimum(MaxCut(graph), method="cp_sat", cache=False)
    assert best.status == "proven"
    for method in ("highs", "semidefinite"):
        found = quasar.optimum(MaxCut(graph), method=method, cache=False, time_limit=5)
        assert found.high >= best.value
        assert found.status != "proven" or found.value == best.value
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        annealed = quasar.optimum(MaxCut(graph), method="annealing", cache=False)
    assert annealed.value == best.value


def test_large_costs_are_proven_to_the_last_unit() -> None:
    graph = nx.path_graph(20)
    nx.set_node_attributes(graph, {v: 10**12 + v for v in graph}, "weight")
    found = quasar.optimum(MaxIndependentSet(graph), cache=False)
    assert (found.status, found.value) == ("proven", 10 * 10**12 + 100)


def test_steps_between_costs() -> None:
    cost = Polynomial({frozenset(): 7, frozenset("a"): 6, frozenset("ab"): 4})
    assert (step(cost), least_size(cost)) == (2, 4.0)
    far = Polynomial({frozenset("a"): 10**18, frozenset("b"): 1})
    assert step(far) is None
    assert step(Polynomial({frozenset(): 3})) == 0
    assert greatest_unit([]) == 0


@pytest.mark.parametrize("method", ["cp_sat", "highs", "annealing"])
@pytest.mark.filterwarnings("error")
def test_nothing_to_decide(method: str) -> None:
    found = quasar.optimum(MaxWeightMatching(nx.empty_graph(3)), method=method, cache=False)
    assert (found.value, found.solution) == (0, [])
    flat = quasar.optimum(MaxCut(nx.empty_graph(30)), method=method, cache=False)
    assert flat.value == 0


def test_numbers_that_floating_point_fails_on() -> None:
    with pytest.raises(InputError, match="floating point"):
        quasar.optimum(NUMBERS, method="highs", cache=False)


def test_without_a_solver_annealing_steps_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solvers, "installed", lambda method: method == "annealing")
    found = quasar.optimum(MaxIndependentSet(CUBIC), cache=False, time_limit=5)
    assert (found.status, found.method) == ("best_known", "annealing")
    cut = quasar.optimum(MaxCut(CUBIC), cache=False, time_limit=5)
    assert "no method that is installed proves more" in (cut.note or "")
    monkeypatch.setattr(solvers, "installed", lambda method: False)
    monkeypatch.setitem(solvers.SOLVERS, "annealing", lambda *_: None)


def test_a_search_that_was_stopped_says_what_would_help() -> None:
    dense = MaxCut(nx.gnp_random_graph(60, 0.5, seed=1))
    asked = iter([False] * 15)
    found = quasar.optimum(
        dense, method="cp_sat", time_limit=60, cache=False, stop=lambda: next(asked, True)
    )
    assert found.seconds < 30
    assert "allow more time" in (found.note or "")


def test_programs_without_a_solution() -> None:
    program = {
        "problem_type": "integer_program",
        "problem_specific_attributes": {
            "objective": {"x": 1},
            "constraints": [{"terms": {"x": 1, "y": 1}, "at_least": 3}],
        },
    }
    found = quasar.optimum(program, cache=False)
    assert (found.status, found.method) == ("infeasible", "presolve")
    assert "no solution" in (found.note or "")


def test_what_is_wrong_in_the_cache_is_passed_over(own_cache: Path) -> None:
    problem = {"problem_type": "number_partitioning", "problem_specific_attributes": FEW}
    first = quasar.optimum(problem)
    (entry,) = (own_cache / "optima").glob("*.json")
    good = json.loads(entry.read_text())
    for wrong in ({"status": "wonderful"}, {"bound": -5.0}, {"sense": "max"}, {"solution": None}):
        entry.write_text(json.dumps({**good, "result": {**good["result"], **wrong}}))
        again = quasar.optimum(problem)
        assert (again.cached, again.value, again.bound) == (False, first.value, first.bound)
    assert quasar.optimum(problem).cached


def test_leftovers_of_killed_processes_go(own_cache: Path) -> None:
    where = own_cache / "optima"
    where.mkdir(parents=True)
    left, busy = where / ".a.json.1.partial", where / ".b.json.2.partial"
    for partial in (left, busy):
        partial.write_text("{")
    os.utime(left, (0, 0))
    quasar.optimum({"problem_type": "number_partitioning", "problem_specific_attributes": FEW})
    assert not left.exists()
    assert busy.exists()


def test_an_encoding_of_endless_size_is_not_annealed() -> None:
    jobs = {"jobs": [[[0, 10**12]], [[0, 3]]]}
    problem = {"problem_type": "job_shop", "problem_specific_attributes": jobs}
    with pytest.raises(InputError, match="annealing needs the problem's encoding"):
        quasar.optimum(problem, method="annealing", cache=False)
