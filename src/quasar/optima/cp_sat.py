"""CP-SAT of OR-Tools: optima with proof, everything in linear form.

Products are inequalities (`linear.py`); with clauses in their place the bound stays trivial. The
number of workers matters even where cores are few, since each searches in its own way: with fewer
than four those with strong linear relaxations are left out, which prove quadratic problems, and
tours are proved by some of eight. Costs are integers here; where their common
denominator is too large they are rounded, and the bound allows for the rounding.
"""

from __future__ import annotations

import math
import os
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from quasar.core.exact import Exact, exact
from quasar.optima.lattice import greatest_unit, size
from quasar.optima.linear import LinearProgram, linearised, whole_rows
from quasar.optima.search import Found, Search, TooLarge, Update, heeding, library
from quasar.problems.native import NativeModel, Tour

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

NAME = "cp_sat"
_EXACT_TOTAL = 1 << 53  # the solver reports costs and bounds as float64
_ROUNDED_TOTAL = 1 << 50
_LARGEST = 1 << 60  # sums of rows must fit 64 bits


def solve(model: NativeModel, search: Search) -> Found:
    """Minimise; see `Found`.

    Raises:
        InputError: OR-Tools is not installed.
        TooLarge: coefficients beyond 64 bits.
    """
    cp_model = library("ortools.sat.python.cp_model", "ortools", "CP-SAT")
    program = linearised(model, expand=False)
    scale, costs, lost = _integers(program)
    built, columns = _built(program, cp_model)
    kept = sorted(costs)
    built.minimize(
        cp_model.LinearExpr.weighted_sum([columns[j] for j in kept], [costs[j] for j in kept])
    )
    constant = program.constant

    def cost_of(value: float) -> Exact:
        return constant + Fraction(round(value), scale)

    solver = cp_model.CpSolver()
    parameters = solver.parameters
    parameters.max_time_in_seconds = max(search.left_s, 0.001)
    parameters.random_seed = search.seed
    parameters.num_workers = search.workers or default_workers(model)
    parameters.catch_sigint_signal = False
    told = _Told(search)

    class Callback(cp_model.CpSolverSolutionCallback):  # type: ignore[name-defined, misc]
        def on_solution_callback(self) -> None:
            told.now(float(cost_of(self.objective_value)), told.bound)

    def on_bound(value: float) -> None:
        if math.isfinite(value):
            told.proved = exact(cost_of(value) - lost)
            told.now(told.cost, float(told.proved))

    solver.best_bound_callback = on_bound
    status: list[Any] = []
    heeding(
        lambda: status.append(solver.solve(built, Callback())), search, lambda: solver.stop_search()
    )
    if status[0] == cp_model.INFEASIBLE:
        return Found(NAME, infeasible=True)
    if status[0] == cp_model.MODEL_INVALID:
        raise TooLarge(f"CP-SAT does not take these numbers ({built.validate().strip()}).")
    if status[0] not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        # Stopped so early, the solver may report the bound 0 that nothing has proved.
        return Found(NAME, bound=told.proved, complete=False)
    bound: Exact | None = None
    if math.isfinite(solver.best_objective_bound):
        bound = exact(cost_of(solver.best_objective_bound) - lost)
    values = {label: solver.value(columns[j]) for label, j in program.position.items()}
    return Found(NAME, values, bound, complete=status[0] == cp_model.OPTIMAL)


def default_workers(model: NativeModel) -> int:
    """One a core, and at least as many as have the subsolvers that matter."""
    return max(4 if model.is_unconstrained else 8, os.cpu_count() or 1)


class _Told:
    """Passes both ends on, whichever changed."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self.cost: float | None = None
        self.bound: float | None = None
        self.proved: Exact | None = None

    def now(self, cost: float | None, bound: float | None) -> None:
        self.cost, self.bound = cost, bound
        self.search.tell(Update(cost, bound))


def _integers(program: LinearProgram) -> tuple[int | Fraction, dict[int, int], Exact]:
    """Costs as integers: their scale, the costs, and how much rounding may have lost."""
    reach = {j: max(map(abs, bounds)) for j, bounds in enumerate(program.columns)}
    costs = {j: c for j, c in program.cost.items() if c}
    if not costs:
        return 1, {}, 0
    unit = greatest_unit(costs.values())
    total = Fraction(sum(size(c) * reach[j] for j, c in costs.items()))
    if total / unit < _EXACT_TOTAL:
        return 1 / unit, {j: int(c // unit) for j, c in costs.items()}, 0
    scale = Fraction(_ROUNDED_TOTAL) / total
    rounded = {j: round(c * scale) for j, c in costs.items()}
    lost = sum((abs(c - rounded[j] / scale) * reach[j] for j, c in costs.items()), Fraction(0))
    return scale, rounded, lost


def _built(program: LinearProgram, cp_model: Any) -> tuple[cp_model.CpModel, list[cp_model.IntVar]]:
    built = cp_model.CpModel()
    columns = [
        built.new_int_var(low, high, "") if (low, high) != (0, 1) else built.new_bool_var("")
        for low, high in program.columns
    ]
    far = cp_model.INT_MAX
    for coefficients, low, high in whole_rows(program):
        if sum(map(abs, coefficients.values())) > _LARGEST or abs(low or high or 0) > _LARGEST:
            raise TooLarge("a constraint has coefficients beyond the 64 bits of CP-SAT.")
        left = cp_model.LinearExpr.weighted_sum(
            [columns[j] for j in coefficients], list(coefficients.values())
        )
        below, above = -far if low is None else low, far if high is None else high
        if coefficients:
            built.add_linear_constraint(left, below, above)
        elif not below <= 0 <= above:
            built.add_bool_or([])
    for tour in program.tours:
        _add_tour(built, tour, {arc[2]: columns[program.position[arc[2]]] for arc in tour.arcs})
    for machine in program.no_overlaps:
        built.add_no_overlap(
            built.new_fixed_size_interval_var(columns[program.position[start]], takes, "")
            for start, takes in machine.intervals
        )
    return built, columns


def _add_tour(built: Any, tour: Tour, chosen: dict[Any, Any]) -> None:
    order = [node for node in tour.nodes if node != tour.depot]
    if tour.depot is not None:
        order.insert(0, tour.depot)
    number = {node: i for i, node in enumerate(order)}
    arcs = [(number[tail], number[head], chosen[label]) for tail, head, label in tour.arcs]
    reached = {tail for tail, _, _ in arcs} & {head for _, head, _ in arcs}
    if any(i not in reached for i in range(0 if tour.depot is None else 1, len(order))):
        built.add_bool_or([])
    elif arcs:
        (built.add_circuit if tour.depot is None else built.add_multiple_circuit)(arcs)
