"""A problem in its native form: what is minimised under linear constraints, for any solver.

Where the Hamiltonian has penalties, this has constraints, so that a vertex cover is solved as a
vertex cover. The cost at a feasible assignment is the objective (minus the objective where that is
maximised). Nothing here depends on a solver; `quasar.optima` hands it to several. A type states its
own form in `Problem.native`; `from_formulation` is what all types have without one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from quasar.core.errors import ProblemError
from quasar.core.exact import Exact, total
from quasar.core.labels import Label
from quasar.core.polynomial import Polynomial
from quasar.problems.formulation import Constraint, Formulation

MAX_VARIABLES = 100_000
"""Most variables of a model that is handed to a solver."""

_EXPANDED = 4  # longest product of spins that is written as 2**k products of 0/1 variables

Values = Mapping[Label, int]


@dataclass(frozen=True)
class LinearRow:
    """low <= Σ c_i x_i <= high; None where a side is open."""

    coefficients: Mapping[Label, Exact]
    low: Exact | None = None
    high: Exact | None = None

    def holds(self, values: Values) -> bool:
        """Whether an assignment obeys it, in exact arithmetic."""
        sum_ = total(c * values[label] for label, c in self.coefficients.items())
        return (self.low is None or sum_ >= self.low) and (self.high is None or sum_ <= self.high)


@dataclass(frozen=True)
class Tour:
    """The chosen arcs form one closed tour through all nodes, or tours that share a depot.

    Attributes:
        nodes: all that are visited; one without arcs makes the problem infeasible.
        arcs: tail, head and variable of each arc.
        depot: the node that may be visited several times; all others are visited once.
    """

    nodes: Sequence[Label]
    arcs: Sequence[tuple[Label, Label, Label]]
    depot: Label | None = None

    def degrees(self) -> list[LinearRow]:
        """One arc into each node and one out of it; the depot as many in as out."""
        out: dict[Label, dict[Label, Exact]] = defaultdict(dict)
        into: dict[Label, dict[Label, Exact]] = defaultdict(dict)
        for tail, head, label in self.arcs:
            out[tail][label] = 1
            into[head][label] = 1
        rows = []
        for node in self.nodes:
            if self.depot is not None and node == self.depot:
                balance = {**out[node], **dict.fromkeys(into[node], -1)}
                rows.append(LinearRow(balance, 0, 0))
            else:
                rows += [exactly(out[node], 1), exactly(into[node], 1)]
        return rows


@dataclass(frozen=True)
class NoOverlap:
    """Intervals [start, start + duration) that may touch but not overlap; starts are integers."""

    intervals: Sequence[tuple[Label, int]]


@dataclass(frozen=True)
class NativeModel:
    """Minimise a polynomial under constraints.

    Attributes:
        variables: labels of the binary variables.
        cost: over binary variables, of any order, and linear in the integers.
        rows: all must hold.
        integers: least and greatest value of each integer variable.
        tours: closed ways along arcs.
        no_overlaps: machines that do one thing at a time.
        differences: products of two variables are best stated by whether the two differ, as in
            cuts; else by whether both are 1.
    """

    variables: Sequence[Label]
    cost: Polynomial
    rows: Sequence[LinearRow] = ()
    integers: Mapping[Label, tuple[int, int]] = field(default_factory=dict)
    tours: Sequence[Tour] = ()
    no_overlaps: Sequence[NoOverlap] = ()
    differences: bool = False

    @property
    def is_unconstrained(self) -> bool:
        """Whether every assignment is feasible."""
        return not (self.rows or self.tours or self.no_overlaps)

    @property
    def is_binary(self) -> bool:
        """Whether all variables are 0 or 1."""
        return not self.integers

    @property
    def order(self) -> int:
        """Most variables in one term of the cost."""
        return max((len(m) for m, c in self.cost.coefficients.items() if c), default=0)

    def holds(self, values: Values) -> bool:
        """Whether an assignment obeys the rows and the bounds; tours are not looked at."""
        inside = all(low <= values[v] <= high for v, (low, high) in self.integers.items())
        return inside and all(row.holds(values) for row in self.rows)

    def evaluate(self, values: Values) -> Exact:
        """The cost of an assignment, exact."""
        return total(
            c * _product(values[label] for label in monomial)
            for monomial, c in self.cost.coefficients.items()
        )


def _product(values: Iterable[int]) -> int:
    out = 1
    for value in values:
        out *= value
    return out


def at_least(labels: Iterable[Label], count: Exact) -> LinearRow:
    """So many of the variables, or more, are 1."""
    return LinearRow(dict.fromkeys(labels, 1), low=count)


def at_most(labels: Iterable[Label], count: Exact) -> LinearRow:
    """So many of the variables, or fewer, are 1."""
    return LinearRow(dict.fromkeys(labels, 1), high=count)


def exactly(labels: Iterable[Label], count: Exact) -> LinearRow:
    """So many of the variables are 1."""
    return LinearRow(dict.fromkeys(labels, 1), count, count)


def impossible() -> LinearRow:
    """What no assignment obeys."""
    return LinearRow({}, low=1)


def fixed(label: Label, value: int) -> LinearRow:
    """The variable has this value."""
    return LinearRow({label: 1}, value, value)


def of_spins(
    variables: Sequence[Label], terms: Iterable[tuple[Collection[Label], Exact]]
) -> NativeModel:
    """Σ c Π s over products of spins s = 2x - 1; the empty product is the constant.

    Short products are expanded; of a longer one, whose expansion has 2**k terms, it is a variable
    whether the number of spins -1 is odd.
    """
    short: list[tuple[Collection[Label], Exact]] = []
    odd: dict[Label, Exact] = {}
    rows: list[LinearRow] = []
    integers: dict[Label, tuple[int, int]] = {}
    for number, (labels, c) in enumerate(terms):
        if len(labels) <= _EXPANDED:
            short.append((labels, c))
            continue
        is_odd, half = ("\0odd", number), ("\0half", number)
        odd[is_odd] = c
        integers[half] = (0, len(labels) // 2)
        parity = {**dict.fromkeys(labels, 1), is_odd: 1, half: 2}
        rows.append(LinearRow(parity, len(labels), len(labels)))
    cost = Polynomial.of_spins(short) + linear(odd, -2, total(odd.values()))
    return NativeModel([*variables, *odd], cost, rows, integers, differences=True)


def linear(weights: Mapping[Label, Exact], factor: int = 1, constant: Exact = 0) -> Polynomial:
    """The cost constant + factor Σ weights[i] x_i."""
    return Polynomial.linear({label: factor * w for label, w in weights.items()}, constant)


def from_formulation(found: Formulation, variables: Sequence[Label]) -> NativeModel:
    """The form that every type has: the cost, and the constraints made linear.

    A sum of products that must be 0 becomes "not all of these" for each product; a linear
    constraint stays.

    Raises:
        ProblemError: a constraint of another kind; the type then states its own form.
    """
    rows = [row for constraint in found.constraints for row in _rows(constraint)]
    return NativeModel(variables, found.cost, rows, differences=not rows)


def _rows(constraint: Constraint) -> list[LinearRow]:
    terms = {m: c for m, c in constraint.polynomial.coefficients.items() if c}
    constant = terms.pop(frozenset(), 0)
    if all(len(monomial) == 1 for monomial in terms):
        left = {label: c for (label,), c in terms.items()}
        return [LinearRow(left, high=constraint.at_most - constant)]
    if constant or constraint.at_most or any(c < 0 for c in terms.values()):
        raise ProblemError("this constraint has no linear form of its own.")
    return [at_most(monomial, len(monomial) - 1) for monomial in terms]


def check_size(what: str, n_variables: int) -> None:
    """Refuse a model that no solver would finish reading.

    Raises:
        ProblemError: more than `MAX_VARIABLES`.
    """
    if n_variables > MAX_VARIABLES:
        raise ProblemError(
            f"this {what} instance has {n_variables:,} variables; solvers take at most "
            f"{MAX_VARIABLES:,}: use a smaller graph, fewer colours or bits, or split it."
        )
