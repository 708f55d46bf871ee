"""`quasar.optimum`: the best solution of a problem of any size, and how good it is."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from quasar.core.errors import InputError, NoSolution
from quasar.optima import cache as results
from quasar.optima.first_look import GREEDY, first_look
from quasar.optima.ground import ground_optimum
from quasar.optima.recorded import recorded
from quasar.optima.result import BoundedOptimum, Findings
from quasar.optima.search import Search, Update
from quasar.optima.solvers import METHODS, prepare, run
from quasar.problems.load import read_problem
from quasar.problems.native import check_size
from quasar.problems.quantum.observable import ObservableProblem
from quasar.problems.source import ProblemSource


@dataclass(frozen=True)
class Sofar:
    """How far a search is, in the user's terms.

    Attributes:
        value: objective of the best solution; None without one.
        bound: that no solution passes; None where nothing is known.
    """

    value: float | None
    bound: float | None


def optimum(
    problem: ProblemSource,
    *,
    time_limit: float = 60.0,
    method: str = "auto",
    problem_type: str | None = None,
    attributes: Mapping[str, Any] | None = None,
    weight: str | None = None,
    seed: int = 0,
    workers: int | None = None,
    cache: bool = True,
    progress: Callable[[Sofar], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> BoundedOptimum:
    """The best solution, in the user's names, with a bound and how both are known.

    The problem is solved in its native form, with constraints and without penalties, so its size
    is not limited by qubits: hundreds of variables are usual.

    Args:
        problem: as in `load_problem`.
        time_limit: seconds; what is known by then is returned.
        method: `auto`, or one of `enumeration`, `cp_sat`, `highs`, `semidefinite`, `annealing`;
            `auto` takes a published optimum where one is recorded (`optima.recorded`).
        problem_type: what a graph or a matrix is to be solved as.
        attributes: `problem_specific_attributes` of the graph's problem.
        weight: key of the edges (or nodes) that holds their weights.
        seed: of everything random; several workers still race each other.
        workers: threads of the solvers; default: one a core, and at least the 4 or 8 that suit it.
        cache: whether to look for the result on disk, and keep it there.
        progress: told of better solutions and bounds while solvers run, from their threads.
        stop: asked now and then whether to end early, with what is known.

    Raises:
        ProblemError: the problem cannot be read, or has more variables than solvers take.
        InputError: no such method, its library is not installed, or it does not cover the problem.
    """
    if not (math.isfinite(time_limit) and time_limit > 0):
        raise InputError(f"the time limit must be a number of seconds above 0, not {time_limit}.")
    if method not in METHODS:
        raise InputError(f"unknown method {method!r}; use {', '.join(METHODS)}.")
    if workers is not None and workers < 1:
        raise InputError(f"at least one worker is needed, not {workers}.")
    read = read_problem(problem, problem_type=problem_type, attributes=attributes, weight=weight)
    if isinstance(read, ObservableProblem):
        if method != "auto":
            raise InputError(
                f"method {method} is for cost functions; ground energies are computed by "
                "diagonalisation, and beyond 20 qubits bounded: leave the method out."
            )
        return ground_optimum(read, seed)
    check_size(read.problem_type, read.native_size())
    try:
        model = read.native()
    except NoSolution as error:
        return BoundedOptimum(
            read.problem_type, read.sense, "infeasible", bound_by="presolve", note=str(error)
        )
    check_size(read.problem_type, len(model.variables))
    published = recorded(read) if method == "auto" else None
    if published is not None:
        cache = False
    key = results.key(read.problem_type, model, method) if cache else None
    known = None if key is None else results.load(key, read, time_limit)
    if known is not None:
        return known
    findings = Findings(read, model)
    if published is not None:
        findings.add(published)
        if findings.is_proven:
            return findings.result(0.0, time_limit, method)
    prepare(method)
    begin = time.monotonic()

    def tell(update: Update) -> None:
        if progress is not None:
            ends = (None if c is None else findings.sign * c for c in (update.cost, update.bound))
            progress(Sofar(*ends))

    search = Search(begin + time_limit, seed, workers, stop or (lambda: False), tell)
    for found in run(method, read, model, search):
        findings.add(found)
        if findings.is_proven or search.is_over:
            break
    if method == "auto" and not findings.is_proven:
        for found in first_look(model):
            findings.add(found)
    result = findings.result(time.monotonic() - begin, time_limit, method)
    hasty = result.solution_by == GREEDY and result.status != "proven"
    if key is not None and not search.stop() and not hasty:
        results.save(key, result, time_limit)
    return result
