"""Maximum 3-satisfiability: truth values that satisfy the heaviest clauses of up to three literals.

Variables: the clauses' variables, x = 1 for true. Cost: Σ_clauses w Π_literals (1 - literal), the
weight of the unsatisfied clauses (1 each where no weights are given), with terms up to third order;
exact for any weights, since it is the total less the objective.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np

from quasar.core.errors import ProblemError
from quasar.core.exact import Exact, FloatVector, exact, total
from quasar.core.labels import Label, sort_labels
from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, sampling, values
from quasar.problems.base import Assignment, Encoding, Problem, Solution
from quasar.problems.formulation import Formulation
from quasar.problems.keys import Reads, refuse_unknown
from quasar.problems.native import LinearRow, NativeModel, linear
from quasar.problems.structure import Structure

Literal = tuple[Label, bool]  # variable, and the truth value that satisfies the literal

_EXAMPLE = '{"clauses": [[1, -2, 3], [-1, 2]]}'
_NEGATIONS = ("-", "!", "~", "¬")
_INTEGER = re.compile(r"\d+", re.ASCII)


class MaxThreeSat(Problem):
    """Solution: truth value of each variable, by its name as a string. Objective: weight of the
    satisfied clauses, which is their number where no weights are given.

    Attribute `clauses`: lists of one to three literals, each a number as in DIMACS (-2: variable 2
    is false) or a name with `-`, `!`, `~` or `¬` before it for false, such as "!rain".
    Weights (any numbers) are the attribute `weights`, one a clause in the same order, or stand with
    each clause: {"literals": [1, -2], "weight": 3}.
    """

    problem_type = "max_3sat"
    title = "Find truth values that satisfy as many clauses as possible"
    sense = "max"
    qubits = "one per variable of the clauses"
    answer = "object from variable to true or false"
    goal = "weight of the satisfied clauses"
    reads = Reads(
        fields=(),
        attributes={
            "clauses": "lists of one to three literals, e.g. [1, -2] or ['a', '!b']",
            "weights": "a number for each clause; default 1",
        },
    )

    longest: ClassVar[int] = 3
    """Most literals of a clause."""

    def __init__(
        self,
        clauses: Sequence[Sequence[Literal]],
        weights: Sequence[values.Number] | None = None,
    ) -> None:
        self.clauses = [tuple(clause) for clause in clauses]
        self.weights = None if weights is None else list(weights)
        labels = {label for clause in self.clauses for label, _ in clause}
        self._names = {values.key(label): label for label in sort_labels(labels)}

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        attributes = graphs.attributes_of(data)
        raw = values.listed(values.required(attributes, "clauses", _EXAMPLE), "'clauses'", _EXAMPLE)
        for number, clause in enumerate(raw, start=1):
            if isinstance(clause, Mapping):
                refuse_unknown(clause, ("literals", "weight"), f"clause {number}", cls.problem_type)
        clauses = [
            clause.get("literals") if isinstance(clause, Mapping) else clause for clause in raw
        ]
        read = [read_clause(clause, cls.longest) for clause in clauses]
        return cls(read, _read_weights(attributes.get("weights"), raw))

    def to_data(self) -> dict[str, Any]:
        attributes: dict[str, Any] = {"clauses": list(map(write_clause, self.clauses))}
        if self.weights is not None:
            attributes["weights"] = list(map(values.to_json_number, self.weights))
        return {"problem_type": self.problem_type, "problem_specific_attributes": attributes}

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        return list(self._names.values())

    def formulation(self) -> Formulation:
        cost = Polynomial()
        for clause, weight in self._weighted():
            cost.accumulate(violated(clause), weight)
        return Formulation(cost)

    def native(self) -> NativeModel:
        """A variable for each clause: whether it holds."""
        holds: dict[Label, Exact] = {}
        rows: list[LinearRow] = []
        for number, (clause, weight) in enumerate(self._weighted()):
            label: Label = ("clause", number)
            holds[label] = exact(weight)
            if weight > 0:
                rows.append(some_literal(clause, label))
            elif weight < 0:
                rows += [_whenever(literal, label) for literal in clause]
        return NativeModel([*self._names.values(), *holds], linear(holds, -1), rows)

    def objectives(self, costs: FloatVector, variables: Sequence[Label]) -> FloatVector:
        return float(total(exact(weight) for _, weight in self._weighted())) - costs

    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        return {name: bool(assignment[label]) for name, label in self._names.items()}

    def is_feasible(self, solution: Solution) -> bool:
        return (
            isinstance(solution, Mapping)
            and set(solution) == set(self._names)
            and all(isinstance(truth, bool) for truth in solution.values())
        )

    def objective(self, solution: Solution) -> float:
        truths = solution if isinstance(solution, Mapping) else {}
        return float(
            total(exact(weight) for clause, weight in self._weighted() if satisfies(truths, clause))
        )

    def _structure(self, found: Structure) -> Mapping[str, Any]:
        weights = self.weights or [1] * len(self.clauses)
        for position, (clause, weight) in enumerate(zip(self.clauses, weights, strict=True)):
            for variable, _ in clause:
                found.element(("variable", variable), "variable")
            label = None if weight == 1 else values.to_json_number(weight)
            literals = ((("variable", v), "yes" if wanted else "no") for v, wanted in clause)
            found.group(("clause", position), label, literals)
        return {}

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 2)
        n = sampling.integer(rng, 2, min(16, max_qubits))
        clauses = []
        for _ in range(sampling.integer(rng, 2 * n, 5 * n)):
            size = min(n, sampling.choice(rng, [1, 2, 3, 3, 3, 3]))
            members = sampling.subset(rng, range(1, n + 1), size)
            clauses.append([(v, bool(rng.integers(2))) for v in members])
        return cls(clauses)

    def prompt_details(self) -> str:
        clauses = (
            clause_text(clause) + ("" if self.weights is None else f" of weight {weight}")
            for clause, weight in self._weighted()
        )
        return "with the clauses " + ", ".join(clauses)

    def _weighted(self) -> list[tuple[tuple[Literal, ...], values.Number]]:
        """The clauses, each with its weight."""
        return list(zip(self.clauses, self.weights or [1] * len(self.clauses), strict=True))


def _read_weights(raw: Any, clauses: Sequence[Any]) -> list[values.Number] | None:
    """The clauses' weights in either form, None where there are none."""
    inside = [clause.get("weight") if isinstance(clause, Mapping) else None for clause in clauses]
    bare = [i for i, weight in enumerate(inside, start=1) if weight is None]
    if raw is not None and len(bare) < len(clauses):
        raise ProblemError(
            "there are weights both in 'weights' and with the clauses: keep one of the two."
        )
    if raw is not None:
        inside = values.listed(raw, "'weights'", "[3, 1]")
        if len(inside) != len(clauses):
            raise ProblemError(
                f"there are {len(clauses)} clauses but {len(inside)} weights: give each clause one."
            )
    elif len(bare) == len(clauses):
        return None
    elif bare:
        raise ProblemError(
            f"clause {bare[0]} has no weight, but others do: give every clause one, or none."
        )
    return [values.number(w, f"the weight of clause {i}") for i, w in enumerate(inside, start=1)]


def violated(clause: Sequence[Literal]) -> Polynomial:
    """Π (1 - literal): 1 where no literal of the clause holds, 0 elsewhere."""
    out = Polynomial.constant(1)
    for label, wanted in clause:
        out *= Polynomial.linear({label: -1 if wanted else 1}, 1 if wanted else 0)
    return out


def some_literal(clause: Sequence[Literal], label: Label | None = None) -> LinearRow:
    """Some literal of the clause holds; with a variable, only where that is 1."""
    row: dict[Label, Exact] = {}
    for variable, wanted in clause:
        row[variable] = row.get(variable, 0) + (1 if wanted else -1)
    negated = sum(not wanted for _, wanted in clause)
    if label is None:
        return LinearRow(row, low=1 - negated)
    return LinearRow({**row, label: -1}, low=-negated)


def _whenever(literal: Literal, label: Label) -> LinearRow:
    """The variable is 1 where the literal holds."""
    variable, wanted = literal
    return LinearRow({label: 1, variable: -1 if wanted else 1}, low=0 if wanted else 1)


def satisfies(truths: Mapping[str, Any], clause: Sequence[Literal]) -> bool:
    """Whether some literal of the clause holds."""
    return any(truths.get(values.key(label)) is wanted for label, wanted in clause)


def clause_text(clause: Sequence[Literal]) -> str:
    """The clause in a prompt's words."""
    literals = (f"{'' if wanted else 'not '}{label}" for label, wanted in clause)
    return f"({' or '.join(literals)})"


def read_clause(raw: Any, longest: int) -> list[Literal]:
    """A clause of a problem file.

    Raises:
        ProblemError: not a list of literals, or more than `longest` of them.
    """
    clause = values.listed(raw, "a clause", "[1, -2, 3]")
    if len(clause) > longest:
        advice = "use problem type 'max_sat'" if longest == 3 else "split it with helper variables"
        raise ProblemError(
            f"clause {clause} has {len(clause)} literals but at most {longest} are allowed: "
            f"{advice}."
        )
    return [_read_literal(literal) for literal in clause]


def _read_literal(raw: Any) -> Literal:
    if isinstance(raw, str):
        text = raw.strip()
        wanted = not text.startswith(_NEGATIONS)
        text = text if wanted else text[1:].strip()
        if not text or text.startswith(_NEGATIONS):
            raise ProblemError(f"literal {raw!r} must be a name, or one of -!~¬ and a name.")
        if not _INTEGER.fullmatch(text):
            return text, wanted
        number = int(text) if wanted else -int(text)
    elif isinstance(raw, int) and not isinstance(raw, bool):
        number = raw
    else:
        raise ProblemError(f'literal {raw!r} must be an integer or a string such as "!a".')
    if number == 0:
        raise ProblemError("literal 0 names no variable: count from 1, and leave DIMACS' final 0.")
    return abs(number), number > 0


def write_clause(clause: Sequence[Literal]) -> list[int | str]:
    """A clause as `read_clause` takes it."""
    return list(map(_write_literal, clause))


def _write_literal(literal: Literal) -> int | str:
    label, wanted = literal
    if isinstance(label, int):
        return label if wanted else -label
    return f"{'' if wanted else '!'}{label}"
