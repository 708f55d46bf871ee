"""Optima with proof: `quasar.optimum` beside CP-SAT and HiGHS alone on the same model, in turn.

`ours_s` is the whole call, from the problem to the checked solution in the user's names, the cache
left out. `cp_sat_s` is OR-Tools alone: building its model from the finished linear program, and its
search, in this thread and without callbacks. `highs_s` is the same of HiGHS. Workers race, so
single times differ; medians of `--repeats` runs, taken in turn, are compared. The overhead is the
median of the ratios of neighbouring runs, over instances that both prove.

Run `python -m benchmarks.optima` (`make bench-optima`), or a part: `--only planar --time-limit 10`.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np
from benchmarks._common import print_table, write_result

import quasar
from quasar.core.seeds import generator
from quasar.optima import cp_sat, highs, solvers
from quasar.optima.linear import linearised
from quasar.problems.base import Problem
from quasar.problems.formats.highs import quiet_solver
from quasar.problems.load import build_problem
from quasar.problems.registry import PROBLEMS

Maker = Callable[[], Problem]


def _graph(problem_type: str, graph: nx.Graph, **attributes: Any) -> Problem:
    data = nx.node_link_data(graph, edges="edges")
    return build_problem(
        {"problem_type": problem_type, "graph": data, "problem_specific_attributes": attributes}
    )


def _stated(problem_type: str, **attributes: Any) -> Problem:
    return build_problem({"problem_type": problem_type, "problem_specific_attributes": attributes})


def cubic(n: int) -> nx.Graph:
    return nx.random_regular_graph(3, n, seed=1)


def random(n: int, p: float) -> nx.Graph:
    return nx.gnp_random_graph(n, p, seed=1)


def planar(n: int, signs: bool = True, seed: int = 1) -> nx.Graph:
    """Delaunay triangulation of random points; couplings +1 or -1."""
    from scipy.spatial import Delaunay

    rng = generator(seed, "planar", n)
    graph = nx.Graph()
    graph.add_nodes_from(range(n))
    for simplex in Delaunay(rng.random((n, 2))).simplices:
        graph.add_edges_from(itertools.combinations(sorted(map(int, simplex)), 2))
    for u, v in graph.edges:
        graph[u][v]["weight"] = int(rng.choice([1, -1])) if signs else 1
    return graph


def complete(n: int, directed: bool = False) -> nx.Graph:
    """Points in the plane with rounded distances."""
    points = generator(1, "points", n).random((n, 2)) * 100
    graph = nx.complete_graph(n)
    for u, v in graph.edges:
        graph[u][v]["weight"] = round(float(np.hypot(*(points[u] - points[v]))))
    return graph


def qubo(n: int, density: float) -> Problem:
    rng = generator(1, "qubo", n)
    terms: list[Any] = [[[i], int(rng.integers(-50, 51))] for i in range(n)]
    for i, j in itertools.combinations(range(n), 2):
        if rng.random() < density:
            terms.append([[i, j], int(rng.integers(-50, 51))])
    return build_problem({"problem_type": "qubo", "qubo": terms})


def numbers(name: str, n: int, low: int, high: int) -> list[int]:
    return [int(x) for x in generator(1, name).integers(low, high + 1, size=n)]


def knapsack(n: int) -> Problem:
    weights, worth = numbers("weight", n, 5, 60), numbers("value", n, 5, 60)
    items = [{"weight": w, "value": v} for w, v in zip(weights, worth, strict=True)]
    return _stated("knapsack", items=items, capacity=sum(weights) // 3)


def sets(n: int) -> list[list[int]]:
    rng = generator(1, "sets", n)
    found = [sorted({int(x) for x in rng.integers(0, n, size=6)}) for _ in range(n)]
    return [*found, list(range(0, n, 2)), list(range(1, n, 2))]


def clauses(n: int, count: int) -> list[list[int]]:
    rng = generator(1, "clauses", n)
    return [
        [int(v) * int(rng.choice([1, -1])) for v in rng.choice(n, 3, replace=False) + 1]
        for _ in range(count)
    ]


FT06 = [
    [[2, 1], [0, 3], [1, 6], [3, 7], [5, 3], [4, 6]],
    [[1, 8], [2, 5], [4, 10], [5, 10], [0, 10], [3, 4]],
    [[2, 5], [3, 4], [5, 8], [0, 9], [1, 1], [4, 7]],
    [[1, 5], [0, 5], [2, 5], [3, 3], [4, 8], [5, 9]],
    [[2, 9], [1, 3], [4, 5], [5, 4], [0, 3], [3, 1]],
    [[1, 3], [3, 3], [5, 9], [0, 10], [4, 4], [2, 1]],
]
"""Fisher and Thompson's job shop of 1963, six jobs on six machines; its optimum is 55."""

STUDY: dict[str, Maker] = {
    "maxcut cubic 60": lambda: _graph("maxcut", cubic(60)),
    "maxcut cubic 100": lambda: _graph("maxcut", cubic(100)),
    "maxcut cubic 200": lambda: _graph("maxcut", cubic(200)),
    "independent set cubic 100": lambda: _graph("max_independent_set", cubic(100)),
    "independent set cubic 200": lambda: _graph("max_independent_set", cubic(200)),
    "independent set random 60": lambda: _graph("max_independent_set", random(60, 0.1)),
    "independent set random 80": lambda: _graph("max_independent_set", random(80, 0.1)),
    "independent set random 100": lambda: _graph("max_independent_set", random(100, 0.1)),
    "glass planar 60": lambda: _graph("maxcut", planar(60)),
    "glass planar 120": lambda: _graph("maxcut", planar(120)),
    "glass planar 200": lambda: _graph("maxcut", planar(200)),
    "maxcut dense 30": lambda: _graph("maxcut", random(30, 0.5)),
    "maxcut dense 40": lambda: _graph("maxcut", random(40, 0.5)),
    "qubo dense 30": lambda: qubo(30, 1.0),
    "qubo dense 40": lambda: qubo(40, 1.0),
    "qubo sparse 60": lambda: qubo(60, 0.05),
    "qubo sparse 100": lambda: qubo(100, 0.03),
}
"""The instances of the study that the solvers were chosen by, of the same kinds and sizes."""

MORE: dict[str, Maker] = {
    "karate club": lambda: _graph("maxcut", nx.Graph(nx.karate_club_graph().edges)),
    "vertex cover random 100": lambda: _graph("vertex_cover", random(100, 0.05)),
    "dominating set random 80": lambda: _graph("minimum_dominating_set", random(80, 0.08)),
    "clique random 80": lambda: _graph("max_clique", random(80, 0.5)),
    "colouring 60": lambda: _graph("graph_coloring", random(60, 0.12), number_of_colors=5),
    "bisection cubic 50": lambda: _graph("graph_partitioning", cubic(50)),
    "3-cut planar 40": lambda: _graph("max_k_cut", planar(40, signs=False), k=3),
    "feedback vertex set 40": lambda: _graph("feedback_vertex_set", cubic(40)),
    "matching random 100": lambda: _graph("max_weight_matching", random(100, 0.06)),
    "tour of 25 points": lambda: _graph("tsp", complete(25)),
    "routes past 9 points": lambda: _graph(
        "vehicle_routing", complete(10), depot=0, vehicles=3, capacity=4
    ),
    "knapsack 100": lambda: knapsack(100),
    "set cover 60": lambda: _stated("set_cover", sets=sets(60)),
    "exact cover 60": lambda: _stated("exact_cover", sets=sets(60)),
    "3-sat 40, 170 clauses": lambda: _stated("max_3sat", clauses=clauses(40, 170)),
    "bin packing 24": lambda: _stated(
        "bin_packing", sizes=numbers("size", 24, 10, 60), capacity=100
    ),
    "job shop ft06": lambda: _stated("job_shop", jobs=FT06),
    "two sums of 40 numbers": lambda: _stated(
        "number_partitioning", numbers=numbers("number", 40, 1, 10**6)
    ),
    "labs 18": lambda: _stated("labs", length=18),
    "hubo of order 4": lambda: PROBLEMS["hubo"].sample(generator(3, "hubo"), 40),
}


def alone(problem: Problem, limit: float) -> tuple[float, bool]:
    """Seconds of CP-SAT alone, and whether it ended with a proof."""
    from ortools.sat.python import cp_model

    program = linearised(problem.native(), expand=False)
    start = time.perf_counter()
    _, costs, _ = cp_sat._integers(program)
    built, columns = cp_sat._built(program, cp_model)
    built.minimize(sum(c * columns[j] for j, c in costs.items()))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = limit
    solver.parameters.num_workers = cp_sat.default_workers(problem.native())
    status = solver.solve(built)
    proved = status in (cp_model.OPTIMAL, cp_model.INFEASIBLE)
    return time.perf_counter() - start, proved


def alone_in_highs(problem: Problem, limit: float) -> tuple[float, bool]:
    """Seconds of HiGHS alone, and whether it ended with a proof."""
    import highspy

    program = linearised(problem.native(), expand=True)
    start = time.perf_counter()
    solver = quiet_solver(highspy)
    solver.setOptionValue("time_limit", limit)
    solver.passModel(highs._matrix(program, highspy))
    solver.run()
    ended = (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kInfeasible)
    return time.perf_counter() - start, solver.getModelStatus() in ended


def measure(
    name: str, problem: Problem, limit: float, repeats: int, with_highs: bool
) -> dict[str, Any]:
    """One row of the table."""
    ours, theirs, ratios, others = [], [], [], []
    for _ in range(repeats):
        start = time.perf_counter()
        found = quasar.optimum(problem, time_limit=limit, cache=False)
        ours.append(time.perf_counter() - start)
        seconds, proved = alone(problem, limit)
        theirs.append(seconds if proved else None)
        if proved and found.status in ("proven", "infeasible"):
            ratios.append(ours[-1] / seconds)
        if with_highs:
            seconds, proved = alone_in_highs(problem, limit)
            others.append(seconds if proved else None)
    return {
        "instance": name,
        "variables": found.variables,
        "status": found.status,
        "method": found.method,
        "low": found.low,
        "high": found.high,
        "ours_s": round(statistics.median(ours), 3),
        "cp_sat_s": _median(theirs),
        "highs_s": _median(others),
        "ratio": round(statistics.median(ratios), 3) if ratios else None,
    }


def _median(seconds: list[float | None]) -> float | None:
    """None where a run ended without proof."""
    ended = [s for s in seconds if s is not None]
    return round(statistics.median(ended), 3) if ended and len(ended) == len(seconds) else None


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--time-limit", type=float, default=60.0, help="seconds a run")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", default="", help="instances whose name has this in it")
    parser.add_argument("--no-highs", action="store_true", help="leave HiGHS out")
    parser.add_argument("--dry", action="store_true", help="write no result file")
    options = parser.parse_args()
    solvers.prepare("auto")
    chosen = {name: make for name, make in (STUDY | MORE).items() if options.only in name}
    rows = []
    for name, make in chosen.items():
        row = measure(name, make(), options.time_limit, options.repeats, not options.no_highs)
        rows.append(row)
        print({k: v for k, v in row.items() if k != "method"}, flush=True)
    print_table(rows, "Optima")
    ratios = [row["ratio"] for row in rows if row["ratio"] is not None]
    slow = [r["ratio"] for r in rows if r["ratio"] is not None and (r["cp_sat_s"] or 0) >= 0.1]
    totals = {
        "time_limit_s": options.time_limit,
        "repeats": options.repeats,
        "proven": sum(row["status"] in ("proven", "infeasible") for row in rows),
        "instances": len(rows),
        "median_ratio": round(statistics.median(ratios), 3) if ratios else None,
        "median_ratio_from_0.1_s": round(statistics.median(slow), 3) if slow else None,
    }
    print(totals)
    if not options.dry:
        print(write_result("optima", rows, totals))


if __name__ == "__main__":
    main()
