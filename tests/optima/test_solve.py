"""`quasar.optimum`: statuses, bounds, limits, the cache, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

import quasar
from quasar.core.errors import InfrastructureError, InputError, ProblemError
from quasar.optima import cache, cp_sat, highs, solvers
from quasar.optima.result import Findings
from quasar.optima.search import Found
from quasar.problems.graph_coloring import GraphColoring
from quasar.problems.max_independent_set import MaxIndependentSet
from quasar.problems.maxcut import MaxCut
from quasar.problems.vertex_cover import VertexCover

pytest.importorskip("ortools", reason="needs the extra optima")
pytest.importorskip("highspy", reason="needs the extra optima")
samplers = pytest.importorskip("dwave.samplers", reason="needs the extra optima")

CUBIC = nx.random_regular_graph(3, 30, seed=1)
PETERSEN = nx.petersen_graph()


def karate() -> nx.Graph:
    graph = nx.Graph()
    graph.add_edges_from(nx.karate_club_graph().edges)
    return graph


def test_the_karate_club() -> None:
    found = quasar.optimum(MaxCut(karate()))
    assert (found.status, found.value, found.low, found.high, found.gap) == (
        "proven",
        61,
        61,
        61,
        0,
    )
    assert found.method == "cp_sat"
    assert MaxCut(karate()).objective(found.solution) == 61
    json.dumps(found.to_json())


def test_two_solvers_agree_beyond_enumeration() -> None:
    weighted = nx.Graph()
    weighted.add_weighted_edges_from((u, v, (u * v) % 7 - 2) for u, v in CUBIC.edges)
    for problem in (MaxCut(CUBIC), MaxCut(weighted), VertexCover(CUBIC), MaxIndependentSet(CUBIC)):
        both = [quasar.optimum(problem, method=name) for name in ("cp_sat", "highs")]
        assert [f.status for f in both] == ["proven", "proven"]
        assert both[0].value == both[1].value


@pytest.mark.parametrize("method", ["enumeration", "cp_sat", "highs"])
def test_methods_of_proof(method: str) -> None:
    found = quasar.optimum(MaxIndependentSet(PETERSEN), method=method)
    assert (found.status, found.value, found.solution_by) == ("proven", 4, method)


def test_annealing_alone_proves_nothing() -> None:
    found = quasar.optimum(MaxCut(CUBIC), method="annealing")
    assert (found.status, found.bound, found.high) == ("best_known", None, None)
    assert found.value == quasar.optimum(MaxCut(CUBIC), method="cp_sat").value
    constrained = quasar.optimum(MaxIndependentSet(PETERSEN), method="annealing")
    assert constrained.value == 4
    hubo = {"problem_type": "hubo", "hubo": [[["a", "b", "c"], -3], [["a"], 1]]}
    assert quasar.optimum(hubo, method="annealing").value == -2


def test_between_a_solution_and_a_bound() -> None:
    found = quasar.optimum(MaxCut(CUBIC), method="semidefinite")
    best = quasar.optimum(MaxCut(CUBIC), method="cp_sat").value
    assert found.low <= best <= found.high
    assert found.status in ("bounded", "proven")


def test_no_time_for_a_proof_leaves_both_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        solvers.SOLVERS, "cp_sat", lambda *_: Found("cp_sat", bound=-1000, complete=False)
    )
    found = quasar.optimum(MaxCut(CUBIC), time_limit=20)
    assert found.value is not None
    assert found.high < 45
    assert found.method == "annealing + semidefinite" or found.status == "proven"


def test_infeasible() -> None:
    found = quasar.optimum(GraphColoring(nx.complete_graph(9), 4))
    assert (found.status, found.solution, found.value) == ("infeasible", None, None)
    assert "proved" in (found.note or "")


def test_an_empty_graph_and_isolated_nodes() -> None:
    assert quasar.optimum(MaxCut(nx.empty_graph(40))).value == 0
    graph = nx.disjoint_union(nx.cycle_graph(20), nx.empty_graph(30))
    assert quasar.optimum(MaxIndependentSet(graph)).value == 40


def test_a_graph_with_a_type() -> None:
    found = quasar.optimum(PETERSEN, problem_type="kclique", attributes={"k": 2})
    assert found.value == 1


def test_a_bound_on_an_interrupted_search() -> None:
    told: list[Any] = []
    found = quasar.optimum(
        MaxCut(nx.gnp_random_graph(60, 0.5, seed=1)),
        time_limit=30,
        progress=told.append,
        stop=lambda: any(s.value is not None and s.bound is not None for s in told),
    )
    assert found.status == "bounded"
    assert found.seconds < 20
    assert found.value is not None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"time_limit": 0}, "above 0"),
        ({"time_limit": float("nan")}, "above 0"),
        ({"method": "magic"}, "unknown method 'magic'; use auto, enumeration"),
        ({"workers": 0}, "one worker"),
    ],
)
def test_bad_options(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        quasar.optimum(MaxCut(PETERSEN), **options)


def test_too_many_variables() -> None:
    with pytest.raises(ProblemError, match="solvers take at most 100,000"):
        quasar.optimum(MaxCut(nx.empty_graph(200_000)))
    with pytest.raises(ProblemError, match="24"):
        quasar.optimum(MaxCut(CUBIC), method="enumeration")


def test_a_missing_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    real = importlib.import_module

    def missing(name: str, package: str | None = None) -> Any:
        if name.startswith(("ortools", "highspy", "dwave")):
            raise ImportError(name)
        return real(name, package)

    monkeypatch.setattr(solvers, "prepare", lambda method: None)
    monkeypatch.setattr("quasar.optima.solve.prepare", lambda method: None)
    monkeypatch.setattr(importlib, "import_module", missing)
    monkeypatch.setattr(solvers, "installed", lambda method: method in ("enumeration",))
    with pytest.raises(InputError, match=r"CP-SAT needs ortools.*pip install.*or choose another"):
        quasar.optimum(MaxCut(CUBIC), method="cp_sat")
    assert quasar.optimum(MaxCut(CUBIC)).method == "semidefinite"
    with pytest.raises(InputError, match="no solver is installed"):
        quasar.optimum(VertexCover(CUBIC))


def test_numbers_too_large_for_one_solver_go_to_the_other() -> None:
    items = [{"name": i, "weight": 10**30 + i, "value": i + 1} for i in range(20)]
    attributes = {"items": items, "capacity": 3 * 10**30 + 50}
    found = quasar.optimum(
        {"problem_type": "knapsack", "problem_specific_attributes": attributes}, time_limit=20
    )
    assert found.method in ("highs", "annealing", None)


def test_costs_of_many_digits_are_proven_within_rounding() -> None:
    graph = nx.Graph()
    graph.add_weighted_edges_from((u, v, 0.1234567890123456 * (u + v + 1)) for u, v in CUBIC.edges)
    one, other = (quasar.optimum(MaxCut(graph), method=m) for m in ("cp_sat", "highs"))
    assert one.status == "proven"
    assert one.value == pytest.approx(other.value)
    assert other.gap < 1e-3  # HiGHS computes in floats, and its bound allows for that


def test_methods_that_contradict_each_other() -> None:
    problem = MaxIndependentSet(PETERSEN)
    findings = Findings(problem, problem.native())
    with pytest.raises(InfrastructureError, match="breaks a constraint"):
        findings.add(Found("a", values=dict.fromkeys(PETERSEN, 1)))
    findings.add(Found("a", values=dict.fromkeys(PETERSEN, 0)))
    with pytest.raises(InfrastructureError, match="infeasible, but a solved"):
        findings.add(Found("b", infeasible=True))


def test_a_proven_result_is_kept(own_cache: Path) -> None:
    first = quasar.optimum(MaxCut(CUBIC))
    reordered = nx.Graph()
    reordered.add_nodes_from(sorted(CUBIC.nodes, reverse=True))
    reordered.add_edges_from((v, u) for u, v in CUBIC.edges)
    again = quasar.optimum(MaxCut(reordered), time_limit=1000)
    assert (first.cached, again.cached) == (False, True)
    assert again.value == first.value
    entry = json.loads(next(own_cache.rglob("*.json")).read_text())
    assert "ortools" in entry["manifest"]["versions"]
    assert not quasar.optimum(MaxCut(CUBIC), cache=False).cached


def test_a_bound_is_kept_for_shorter_times_only() -> None:
    problem = MaxCut(CUBIC)
    quasar.optimum(problem, method="annealing", time_limit=5)
    assert quasar.optimum(problem, method="annealing", time_limit=4).cached
    assert not quasar.optimum(problem, method="annealing", time_limit=6).cached


def test_a_spoiled_entry_is_passed_over(own_cache: Path) -> None:
    quasar.optimum(MaxCut(CUBIC))
    path = next(own_cache.rglob("*.json"))
    entry = json.loads(path.read_text())
    for text in (
        "{",
        json.dumps([]),
        json.dumps({**entry, "result": {**entry["result"], "value": 9}}),
    ):
        path.write_text(text)
        assert not quasar.optimum(MaxCut(CUBIC)).cached


def test_the_cache_is_bounded(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MAX_ENTRIES", 2)
    for n in (30, 31, 32, 33):
        quasar.optimum(MaxCut(nx.path_graph(n)))
    assert len(list(own_cache.rglob("*.json"))) == 2


def test_solvers_are_registered_by_their_names() -> None:
    assert {cp_sat.NAME, highs.NAME} <= set(solvers.SOLVERS)
