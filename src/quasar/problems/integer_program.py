"""Integer programs: a linear or quadratic objective over 0/1 and bounded integer variables, within
linear or quadratic constraints.

Variables: a 0/1 variable (or one with two values) takes one qubit under its own name; an integer
l..u is l + Σ w b with the bits ("bit", name, i) of weight 1, 2, 4, .. and a remainder, which reach
all its values and none beyond; ("slack", row, i) for the rows that need slack (constraint_rows.py).
Linear rows first narrow the bounds of the variables, and one that is left a single value takes no
qubit. Cost: f(x) + A Σ penalties, f with its sign changed where it is to be maximised. Exact: a
state that breaks a row costs at least min f + A, with min f over all values of the bits, and A is
above f(x°) - min f for a feasible x° that a short search finds, or max f - min f where it finds
none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Literal, Self

import networkx as nx
import numpy as np

from quasar.core.errors import ProblemError
from quasar.core.exact import Exact, total
from quasar.core.labels import Label, sort_labels
from quasar.core.polynomial import Monomial, Polynomial
from quasar.problems import graphs, penalties, sampling, values
from quasar.problems.base import Assignment, Encoding, Problem, Solution
from quasar.problems.constraint_rows import Interval, TightRow, feasible_point, tight, tightened
from quasar.problems.formulation import Formulation, Penalties
from quasar.problems.keys import Reads
from quasar.problems.native import LinearRow, NativeModel, Values
from quasar.problems.overlay import LegendEntry, SolutionOverlay, label_text
from quasar.problems.program_terms import (
    EXAMPLE,
    ProgramRow,
    Terms,
    bounds_data,
    entries_of,
    normal,
    read_bounds,
    read_row,
    read_terms,
    row_data,
    shown_bound,
    shown_row,
    shown_terms,
    value_of,
    within,
    without_zeros,
)
from quasar.problems.structure import Structure

_MOST_VALUES = 1 << 62  # of an integer variable


class IntegerProgram(Problem):
    """Solution: value of each variable, by its name as a string. Objective: the user's, its
    constant included, in the user's sense.

    Attributes: `objective`, terms as in `qubo` (`[[variables], coefficient]` entries or an object
    such as {"x": 3, "x*y": -1}), at most two variables each; `sense`, "min" (default) or "max";
    `constraints`, objects with `terms` and one or two of `at_most`, `at_least` and `equal`,
    perhaps with a `name`; `variables`, an object from name to [lowest, highest] or a list of
    [name, lowest, highest], null where there is no bound. Variables not listed there are 0 or 1.
    """

    problem_type = "integer_program"
    title = "Find the values of the variables that minimise the objective within the constraints"
    sense = "min"
    qubits = "one per 0/1 variable, one per binary digit of the span of an integer, and slack bits"
    answer = "value of each variable, by its name"
    goal = "the user's, in the sense that the file states"
    reads = Reads(
        fields=(),
        attributes={
            "objective": 'list of [[variables], coefficient], or object such as {"x*y": -1}',
            "sense": "min or max; default min",
            "constraints": "list of objects with terms and at_most, at_least or equal",
            "variables": "object from name to [lowest, highest] of integers; default [0, 1]",
        },
    )

    def __init__(
        self,
        bounds: Mapping[Label, Interval],
        objective: Terms,
        rows: Sequence[ProgramRow] = (),
        sense: Literal["min", "max"] = "min",
    ) -> None:
        given = _names_in(objective, rows) | bounds.keys()
        names = values.distinct(sort_labels(given), "variable")
        if not names:
            raise ProblemError(f"the program has no variables: write e.g. {EXAMPLE}.")
        self.bounds = {v: bounds.get(v, Interval(0, 1)) for v in names}
        self.objective_terms = without_zeros(objective)
        self.rows = tuple(map(normal, rows))
        self.maximised = sense == "max"
        if self.maximised:  # over the class's, which are those of the default
            self.__dict__["sense"] = "max"
            self.__dict__["title"] = self.title.replace("minimise", "maximise")

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        attributes = graphs.attributes_of(data)
        sense = attributes.get("sense", "min")
        if sense not in ("min", "max"):
            raise ProblemError(f"'sense' must be 'min' or 'max', not {sense!r}.")
        if "objective" not in attributes and "constraints" not in attributes:
            raise ProblemError(f"the program has neither objective nor constraints: {EXAMPLE}.")
        objective = read_terms(attributes.get("objective", []), "the objective")
        raw = attributes.get("constraints", [])
        if not isinstance(raw, list | tuple):
            raise ProblemError(f"'constraints' must be a list, such as in {EXAMPLE}.")
        rows = [read_row(one, position) for position, one in enumerate(raw, start=1)]
        return cls(read_bounds(attributes.get("variables", [])), objective, rows, sense)

    def to_data(self) -> dict[str, Any]:
        attributes: dict[str, Any] = {"objective": entries_of(self.objective_terms)}
        if self.maximised:
            attributes["sense"] = "max"
        if self.rows:
            attributes["constraints"] = [row_data(row) for row in self.rows]
        bounds = bounds_data(self.bounds, _names_in(self.objective_terms, self.rows))
        if bounds:
            attributes["variables"] = bounds
        return {"problem_type": self.problem_type, "problem_specific_attributes": attributes}

    @cached_property
    def _tight_bounds(self) -> dict[Label, tuple[int, int]]:
        """The values that each variable can have by the linear rows."""
        whole = {
            v: Interval(
                None if lower is None else math.ceil(lower),
                None if upper is None else math.floor(upper),
            )
            for v, (lower, upper) in self.bounds.items()
        }
        linear = []
        for row in self.rows:
            if all(len(term) < 2 for term in row.terms):
                linear.append(({term[0]: c for term, c in row.terms.items()}, row.interval))
        found = {}
        narrow = tightened(whole, linear)
        if all(lower is not None and lower == upper for lower, upper in narrow.values()):
            narrow |= _something_to_decide(whole, narrow)
        for v, (lower, upper) in narrow.items():
            if lower is None or upper is None:
                raise ProblemError(
                    f"variable {v!r} has no {'lowest' if lower is None else 'highest'} value, and "
                    "no constraint gives it one: give it both, in a problem file by "
                    f'"variables": {{"{v}": [0, 7]}}.'
                )
            if upper - lower > _MOST_VALUES:
                raise ProblemError(f"variable {v!r} has too many values: bound it more closely.")
            found[v] = (int(lower), int(upper))
        return found

    @cached_property
    def _bits(self) -> dict[Label, dict[Label, int]]:
        """The bits of each variable with their weights."""
        found: dict[Label, dict[Label, int]] = {}
        for v, (lower, upper) in self._tight_bounds.items():
            span = upper - lower
            m = max(span.bit_length() - 1, 0)
            weights = [*(1 << i for i in range(m)), span + 1 - (1 << m)] if span else []
            names = [v] if span == 1 else [("bit", v, i) for i in range(len(weights))]
            found[v] = dict(zip(names, weights, strict=True))
        return found

    @cached_property
    def _tight_rows(self) -> dict[int, TightRow]:
        """The rows that are not always satisfied, by their positions."""
        found = {}
        for i, row in enumerate(self.rows):
            made = tight(self._in_bits(row.terms), row.interval, _called(row, i))
            if made is not None:
                found[i] = made
        return found

    def _in_bits(self, terms: Terms) -> Polynomial:
        own = {
            v: Polynomial.linear(self._bits[v], lower)
            for v, (lower, _) in self._tight_bounds.items()
        }
        out = Polynomial()
        for labels, c in terms.items():
            product = Polynomial.constant(c)
            for v in labels:
                product = product * own[v]
            out.accumulate(product)
        return out

    def _slack(self, i: int) -> list[Label]:
        return [("slack", i, k) for k in range(len(self._tight_rows[i].slack))]

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        own = [bit for bits in self._bits.values() for bit in bits]
        return values.distinct(
            [*own, *(s for i in self._tight_rows for s in self._slack(i))], "bit"
        )

    def formulation(self) -> Formulation:
        cost = self._in_bits(self.objective_terms) * (-1 if self.maximised else 1)
        if not self._tight_rows:
            return Formulation(cost)
        bits = [bit for bits in self._bits.values() for bit in bits]
        rows = list(self._tight_rows.values())
        known = {m: c for m, c in cost.coefficients.items() if m}
        least = total(c for c in known.values() if c < 0)
        point = feasible_point(bits, rows, cost)
        most = total(
            c
            for m, c in known.items()
            if (c > 0 if point is None else all(point[bit] for bit in m))
        )
        weight = penalties.above(most - least)
        terms = Polynomial()
        for i, row in self._tight_rows.items():
            terms.accumulate(row.penalty(self._slack(i)), weight)
        found = "the largest value" if point is None else "a feasible solution"
        why = f"a tenth more than {found} exceeds the lowest objective without constraints"
        constraints = [one for row in rows for one in row.constraints()]
        return Formulation(cost, constraints, Penalties(terms, weight, why))

    def native(self) -> NativeModel:
        """The program itself; variables that occur in products have bits beside them."""
        own = self._tight_bounds
        integers = {self._column(v): limits for v, limits in own.items() if limits != (0, 1)}
        variables = [v for v, limits in own.items() if limits == (0, 1)]
        rows: list[LinearRow] = []
        every = [self.objective_terms, *(row.terms for row in self.rows)]
        for v in {v for terms in every for term in terms if len(term) > 1 for v in term}:
            if own[v] != (0, 1):
                bits = {bit: -w for bit, w in self._bits[v].items()}
                rows.append(LinearRow({self._column(v): 1, **bits}, own[v][0], own[v][0]))
                variables += bits
        both: dict[Label, Monomial] = {}
        for row in self.rows:
            left: dict[Label, Exact] = {}
            left_constant: Exact = 0
            for monomial, c in self._in_columns(row.terms).coefficients.items():
                if not monomial:
                    left_constant += c
                    continue
                label = next(iter(monomial))
                if len(monomial) > 1:
                    label = ("\0both", *sort_labels(monomial))
                    both[label] = monomial
                left[label] = left.get(label, 0) + c
            limits = (None if end is None else end - left_constant for end in row.interval)
            rows.append(LinearRow(left, *limits))
        for label, monomial in both.items():
            rows += [LinearRow({label: 1, one: -1}, high=0) for one in monomial]
            rows.append(LinearRow({label: -1, **dict.fromkeys(monomial, 1)}, high=1))
        cost = self._in_columns(self.objective_terms) * (-1 if self.maximised else 1)
        return NativeModel([*variables, *both], cost, rows, integers)

    def native_size(self) -> int:
        return len(self.bounds)

    def from_native(self, values_: Values) -> Solution:
        return {values.key(v): values_[self._column(v)] for v in self._tight_bounds}

    def _column(self, v: Label) -> Label:
        """The native variable that has the value of this one."""
        return v if self._tight_bounds[v] == (0, 1) else ("\0value", v)

    def _in_columns(self, terms: Terms) -> Polynomial:
        """Terms in native variables, products in bits."""
        alone = {frozenset(map(self._column, t)): c for t, c in terms.items() if len(t) < 2}
        products = {term: c for term, c in terms.items() if len(term) > 1}
        return Polynomial(alone) + (self._in_bits(products) if products else Polynomial())

    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        return {
            values.key(v): lower + sum(w for bit, w in self._bits[v].items() if assignment[bit])
            for v, (lower, _) in self._tight_bounds.items()
        }

    def is_feasible(self, solution: Solution) -> bool:
        if not isinstance(solution, Mapping) or set(solution) != set(map(values.key, self.bounds)):
            return False
        numbers = self._numbers(solution)
        return all(
            isinstance(solution[values.key(v)], int) and within(numbers[v], bounds)
            for v, bounds in self.bounds.items()
        ) and not any(self._broken(solution))

    def _broken(self, solution: Solution) -> list[bool]:
        """Which rows do not hold."""
        numbers = self._numbers(solution)
        return [not within(value_of(row.terms, numbers), row.interval) for row in self.rows]

    def _numbers(self, solution: Solution) -> dict[Label, Exact]:
        given = solution if isinstance(solution, Mapping) else {}
        return {v: int(given.get(values.key(v), 0)) for v in self.bounds}

    def objective(self, solution: Solution) -> float:
        return float(value_of(self.objective_terms, self._numbers(solution)))

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        """Variables and constraints as nodes, joined where a constraint has the variable."""
        numbers = self._numbers(solution)
        graph = nx.Graph()
        graph.add_nodes_from(("variable", v) for v in self.bounds)
        graph.add_nodes_from(("constraint", i) for i in range(len(self.rows)))
        joined = {
            (("constraint", i), ("variable", v))
            for i, row in enumerate(self.rows)
            for term in row.terms
            for v in term
        }
        graph.add_edges_from(sorted(joined, key=str))
        names: dict[Label, str] = {
            ("variable", v): f"{label_text(v)} = {numbers[v]}" for v in self.bounds
        }
        rows: dict[Label, str] = {
            ("constraint", i): row.name or f"#{i + 1}" for i, row in enumerate(self.rows)
        }
        on: set[Label] = {("variable", v) for v, number in numbers.items() if number}
        return SolutionOverlay(
            graph,
            f"Objective {self.objective(solution):g}",
            groups={**dict.fromkeys(on, 0), **dict.fromkeys(rows, 1)},
            strong={edge for edge in joined if edge[1] in on},
            wrong_nodes={
                ("constraint", i) for i, broken in enumerate(self._broken(solution)) if broken
            },
            names={**names, **rows},
            legend=[LegendEntry("variable that is not 0", 0), LegendEntry("constraint", 1)],
        )

    def _structure(self, found: Structure) -> Mapping[str, Any]:
        for v, bounds in self.bounds.items():
            found.element(("variable", v), "variable", list(map(_float, bounds)))
        for i, terms in enumerate([self.objective_terms, *(row.terms for row in self.rows)]):
            limits = [] if i == 0 else list(map(_float, self.rows[i - 1].interval))
            found.element(("row", i), "row", i == 0, limits)
            for labels, c in terms.items():
                if labels and c:
                    members = [(("variable", v), "in") for v in labels]
                    found.group(("term", i, labels), float(c), [*members, (("row", i), "of")])
        return {"sense": self.sense}

    def prompt_details(self) -> str:
        parts = [f"{self.sense}imising {shown_terms(self.objective_terms)}"]
        parts += [shown_row(row) for row in self.rows]
        wide = [
            f"{label_text(v)} from {shown_bound(lower)} to {shown_bound(upper)}"
            for v, (lower, upper) in self.bounds.items()
            if (lower, upper) != (0, 1)
        ]
        integers = f", integers {', '.join(wide)}" if wide else ""
        rows = f" subject to {', '.join(parts[1:])}" if self.rows else ""
        return f"{parts[0]}{rows}{integers}"

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 1)
        for _ in range(200):
            found = cls._sampled(rng, min(max_qubits, 10))
            if 1 <= len(found.variables("exact")) <= max_qubits:
                return found
        return cls({"x0": Interval(0, 1)}, {("x0",): sampling.integer(rng, 1, 9)})

    @classmethod
    def _sampled(cls, rng: np.random.Generator, most: int) -> Self:
        """One around a random point, which is feasible."""
        n = sampling.integer(rng, 1, max(1, min(6, most)))
        names: list[Label] = [f"x{i}" for i in range(n)]
        bounds = {v: Interval(0, 1) for v in names}
        if rng.random() < 0.4:
            bounds[names[-1]] = Interval(0, sampling.integer(rng, 2, 4))
        point: dict[Label, Exact] = {
            v: sampling.integer(rng, 0, int(b.upper or 0)) for v, b in bounds.items()
        }
        objective: Terms = {(v,): sampling.integer(rng, -9, 9) for v in names}
        for _ in range(sampling.integer(rng, 0, n) if rng.random() < 0.5 else 0):
            pair = sampling.subset(rng, names, min(2, n))
            objective[tuple(pair)] = sampling.integer(rng, -5, 5)
        rows = []
        for i in range(sampling.integer(rng, 1, 2)):
            chosen = sampling.subset(rng, names, sampling.integer(rng, 1, n))
            terms: Terms = {(v,): sampling.integer(rng, 1, 4) for v in chosen}
            value = value_of(terms, point)
            limits = {
                "at_most": Interval(None, value + sampling.integer(rng, 0, 1)),
                "at_least": Interval(value - sampling.integer(rng, 0, 1), None),
                "equal": Interval(value, value),
            }
            kind = sampling.choice(rng, ["at_most", "at_most", "at_least", "equal"])
            rows.append(ProgramRow(terms, limits[kind], f"c{i}"))
        return cls(bounds, objective, rows, sampling.choice(rng, ["min", "max"]))


def _names_in(objective: Terms, rows: Sequence[ProgramRow]) -> set[Label]:
    """The variables of the terms."""
    every = (objective, *(row.terms for row in rows))
    return {v for terms in every for term in terms for v in term}


def _something_to_decide(
    whole: Mapping[Label, Interval], fixed: Mapping[Label, Interval]
) -> dict[Label, Interval]:
    """A second value for one variable, where the rows leave each a single one."""
    for v, (value, _) in fixed.items():
        lower, upper = whole[v]
        if value is not None and (upper is None or upper > value):
            return {v: Interval(value, value + 1)}
        if value is not None and (lower is None or lower < value):
            return {v: Interval(value - 1, value)}
    return {}


def _called(row: ProgramRow, position: int) -> str:
    return f"constraint {row.name!r}" if row.name else f"constraint {position + 1}"


def _float(value: Exact | None) -> float | None:
    return None if value is None else float(value)
