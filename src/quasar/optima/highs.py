"""HiGHS: optima of mixed-integer linear programs, in floating point.

Its bound is what branch and bound proves in float64, taken less a millionth, and then raised to
the next multiple of the unit of which all costs are multiples, since no cost lies between.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from quasar.core.exact import Exact, exact
from quasar.core.polynomial import Polynomial
from quasar.optima.lattice import greatest_unit, next_multiple
from quasar.optima.linear import LinearProgram, linearised
from quasar.optima.search import Found, Search, TooLarge, Update, heeding, library
from quasar.problems.formats.highs import quiet_solver
from quasar.problems.native import NativeModel

NAME = "highs"
_TOLERANCE = 1e-6  # HiGHS's own for feasibility and integers
_INFINITE = 1e30
_FAILED = "HiGHS fails on numbers so far apart, since it works in floating point."


def solve(model: NativeModel, search: Search) -> Found:
    """Minimise; see `Found`.

    Raises:
        InputError: HiGHS is not installed.
        TooLarge: numbers so far apart that it fails in float64.
    """
    highspy = library("highspy", "highspy", "HiGHS")
    program = linearised(model, expand=True)
    if any(not row and not (low or 0) <= 0 <= (high or 0) for row, low, high in program.rows):
        return Found(NAME, infeasible=True)
    if not program.columns:
        return Found(NAME, {}, program.constant)
    solver = quiet_solver(highspy)
    solver.setOptionValue("time_limit", max(search.left_s, 0.001))
    solver.setOptionValue("random_seed", search.seed)
    solver.setOptionValue("mip_rel_gap", 0.0)
    unit = float(greatest_unit(program.cost.values()))
    solver.setOptionValue("mip_abs_gap", unit / 2)  # closer than this there is no other cost
    solver.passModel(_matrix(program, highspy))

    def tell(event: Any) -> None:
        data = event.data_out
        cost = data.mip_primal_bound if abs(data.mip_primal_bound) < _INFINITE else None
        bound = _bound(model.cost, data.mip_dual_bound)
        search.tell(Update(cost, None if bound is None else float(bound)))

    solver.cbMipImprovingSolution.subscribe(tell)
    stopping = False

    def interrupt(event: Any) -> None:
        event.data_in.user_interrupt = stopping

    solver.cbMipInterrupt.subscribe(interrupt)

    def cancel() -> None:
        nonlocal stopping
        stopping = True

    heeding(solver.run, search, cancel)
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return Found(NAME, infeasible=True)
    info = solver.getInfo()
    failed = status not in (
        highspy.HighsModelStatus.kOptimal,
        highspy.HighsModelStatus.kTimeLimit,
        highspy.HighsModelStatus.kInterrupt,
    )
    optimal = status == highspy.HighsModelStatus.kOptimal
    bound = _bound(model.cost, info.mip_dual_bound)
    if info.primal_solution_status != 2:  # no feasible point
        if failed:
            raise TooLarge(_FAILED)
        return Found(NAME, bound=bound, complete=optimal)
    found = solver.getSolution().col_value
    values = {label: round(found[j]) for label, j in program.position.items()}
    if not model.holds(values):
        raise TooLarge(_FAILED)
    return Found(NAME, values, bound, complete=optimal)


def _bound(cost: Polynomial, value: float) -> Exact | None:
    """What the solver's bound proves; None where it has none."""
    if not math.isfinite(value) or abs(value) >= _INFINITE:
        return None
    return next_multiple(cost, exact(value), exact(_TOLERANCE * max(1.0, abs(value))))


def _matrix(program: LinearProgram, highspy: Any) -> Any:
    lp = highspy.HighsLp()
    n, m = len(program.columns), len(program.rows)
    lp.num_col_, lp.num_row_ = n, m
    cost = np.zeros(n)
    for j, c in program.cost.items():
        cost[j] = float(c)
    lp.col_cost_ = cost
    lp.offset_ = float(program.constant)
    lp.col_lower_ = np.array([low for low, _ in program.columns], dtype=np.float64)
    lp.col_upper_ = np.array([high for _, high in program.columns], dtype=np.float64)
    infinity = highspy.kHighsInf
    lp.row_lower_ = np.array([-infinity if r[1] is None else float(r[1]) for r in program.rows])
    lp.row_upper_ = np.array([infinity if r[2] is None else float(r[2]) for r in program.rows])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    starts = np.cumsum([0, *(len(row) for row, _, _ in program.rows)])
    lp.a_matrix_.start_ = starts.astype(np.int32)
    lp.a_matrix_.index_ = np.array([j for r in program.rows for j in r[0]], dtype=np.int32)
    lp.a_matrix_.value_ = np.array([float(c) for r in program.rows for c in r[0].values()])
    lp.integrality_ = [highspy.HighsVarType.kInteger] * n
    return lp
