"""Native models as integer linear programs: products, tours and machines as inequalities.

Two ways to state a product of two variables. As `x_u x_v`, at most each factor and at least
x_u + x_v - 1; or, where the model says that differences count, through y = [x_u != x_v], as
x_u x_v = (x_u + x_v - y) / 2 (Barahona and Mahjoub, Mathematical Programming 36, 157 (1986)): the
relaxation is the same, but a solver's cuts on y are those of the cut polytope, which prove
maximum cuts and spin glasses. Only the inequalities that the sign of the coefficient makes
binding are written.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations
from typing import cast

from quasar.core.exact import Exact, exact
from quasar.core.labels import Label
from quasar.problems.native import LinearRow, NativeModel, NoOverlap, Tour

Column = tuple[int, int]
"""Least and greatest value of a variable; all are integers."""


@dataclass
class LinearProgram:
    """Minimise constant + Σ cost_j x_j over integers within bounds, subject to rows.

    Attributes:
        columns: bounds of each variable, those of the model first.
        position: column of each of the model's labels.
        cost: by column.
        rows: coefficients by column, with the least and the greatest value of the sum.
        tours: those that are left to the solver, if it knows them.
        no_overlaps: machines that are left to the solver, if it knows them.
    """

    columns: list[Column] = field(default_factory=list)
    position: dict[Label, int] = field(default_factory=dict)
    cost: dict[int, Exact] = field(default_factory=dict)
    constant: Exact = 0
    rows: list[tuple[Mapping[int, Exact], Exact | None, Exact | None]] = field(default_factory=list)
    tours: list[Tour] = field(default_factory=list)
    no_overlaps: list[NoOverlap] = field(default_factory=list)

    def column(self, bounds: Column = (0, 1), label: Label | None = None) -> int:
        """Add a variable."""
        self.columns.append(bounds)
        if label is not None:
            self.position[label] = len(self.columns) - 1
        return len(self.columns) - 1

    def row(
        self, coefficients: Mapping[int, Exact], low: Exact | None = None, high: Exact | None = None
    ) -> None:
        """Add a constraint low <= Σ c_j x_j <= high."""
        self.rows.append((coefficients, low, high))

    def add_cost(self, column: int, c: Exact) -> None:
        """Add to the cost of a column."""
        self.cost[column] = self.cost.get(column, 0) + c


def linearised(model: NativeModel, *, expand: bool) -> LinearProgram:
    """The linear program of a model.

    Args:
        expand: whether tours and machines become inequalities, for solvers that do not know them.
    """
    out = LinearProgram()
    for label in model.variables:
        out.column((0, 1), label)
    for label, bounds in model.integers.items():
        out.column(bounds, label)
    for row in model.rows:
        _add_row(out, row)
    for tour in model.tours:
        if expand:
            _add_tour(out, tour)
        else:
            out.tours.append(tour)
    for machine in model.no_overlaps:
        if expand:
            _add_machine(out, machine)
        else:
            out.no_overlaps.append(machine)
    _add_costs(out, model)
    if model.differences and model.is_unconstrained and model.order == 2:
        _break_symmetry(out, model)
    return out


def _add_row(out: LinearProgram, row: LinearRow) -> None:
    coefficients = {out.position[label]: c for label, c in row.coefficients.items() if c}
    out.row(coefficients, row.low, row.high)


def _add_costs(out: LinearProgram, model: NativeModel) -> None:
    for monomial, c in model.cost.coefficients.items():
        columns = sorted(out.position[label] for label in monomial)
        if not c:
            continue
        if not columns:
            out.constant += c
        elif len(columns) == 1:
            out.add_cost(columns[0], c)
        elif len(columns) == 2 and model.differences:
            _add_difference(out, columns[0], columns[1], c)
        else:
            _add_product(out, columns, c)


def _add_difference(out: LinearProgram, u: int, v: int, c: Exact) -> None:
    half = exact(Fraction(c) / 2)
    differ = out.column()
    out.add_cost(u, half)
    out.add_cost(v, half)
    out.add_cost(differ, -half)
    if c > 0:
        out.row({differ: 1, u: -1, v: -1}, high=0)
        out.row({differ: 1, u: 1, v: 1}, high=2)
    else:
        out.row({differ: 1, u: -1, v: 1}, low=0)
        out.row({differ: 1, u: 1, v: -1}, low=0)


def _add_product(out: LinearProgram, columns: list[int], c: Exact) -> None:
    both = out.column()
    out.add_cost(both, c)
    if c > 0:
        out.row({both: -1, **dict.fromkeys(columns, 1)}, high=len(columns) - 1)
    else:
        for one in columns:
            out.row({both: 1, one: -1}, high=0)


def _break_symmetry(out: LinearProgram, model: NativeModel) -> None:
    """Where flipping all spins costs nothing, let the first variable of the busiest be 1."""
    n = len(model.variables)
    if n and not any(c for column, c in out.cost.items() if column < n):
        touched: dict[int, int] = {}
        for coefficients, _, _ in out.rows:
            for column in coefficients:
                if column < n:
                    touched[column] = touched.get(column, 0) + 1
        if touched:
            out.columns[max(touched, key=lambda column: touched[column])] = (1, 1)


def _add_tour(out: LinearProgram, tour: Tour) -> None:
    """Degrees, and an order of the nodes along the tour that only the first node or the depot may
    break (Miller, Tucker and Zemlin, Journal of the ACM 7, 326 (1960), as lifted by Desrochers and
    Laporte, Operations Research Letters 10, 27 (1991)).
    """
    for row in tour.degrees():
        _add_row(out, row)
    start = tour.nodes[0] if tour.depot is None else tour.depot
    others = [node for node in tour.nodes if node != start]
    n = len(others)
    place = {node: out.column((1, n)) for node in others}
    arcs = {(tail, head): label for tail, head, label in tour.arcs}
    for (tail, head), label in arcs.items():
        if start in (tail, head):
            continue
        step: dict[int, Exact] = {place[tail]: 1, place[head]: -1, out.position[label]: n}
        back = arcs.get((head, tail))
        if back is not None and n > 2:
            step[out.position[back]] = n - 2
        out.row(step, high=n - 1)


def _add_machine(out: LinearProgram, machine: NoOverlap) -> None:
    """For each two intervals a variable that says which is first."""
    for (one, takes), (other, needs) in combinations(machine.intervals, 2):
        a, b = out.position[one], out.position[other]
        order = out.column()
        apart = out.columns[a][1] + takes - out.columns[b][0]
        out.row({b: 1, a: -1, order: -apart}, low=takes - apart)
        apart = out.columns[b][1] + needs - out.columns[a][0]
        out.row({a: 1, b: -1, order: apart}, low=needs)


def whole_rows(
    program: LinearProgram,
) -> Iterator[tuple[dict[int, int], int | None, int | None]]:
    """The rows in integers, each scaled by what its denominators need."""
    for coefficients, low, high in program.rows:
        below = None if low is None else math.ceil(low)
        above = None if high is None else math.floor(high)
        if all(type(c) is int for c in coefficients.values()):  # nearly all, and many
            yield cast("dict[int, int]", coefficients), below, above
            continue
        numbers = [Fraction(c) for c in coefficients.values()]
        scale = math.lcm(*(c.denominator for c in numbers))
        below = None if low is None else math.ceil(Fraction(low) * scale)
        above = None if high is None else math.floor(Fraction(high) * scale)
        yield {j: int(c * scale) for j, c in zip(coefficients, numbers, strict=True)}, below, above
