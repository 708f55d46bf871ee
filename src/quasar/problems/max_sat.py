"""Maximum satisfiability: truth values that satisfy all hard clauses and the heaviest others.

Clauses of any length up to `penalties.MAX_FACTORS`, weighted or not. With hard clauses alone this
is k-SAT, with clauses alone weighted MAX-SAT, with both partial MAX-SAT. Variables: those of the
clauses, x = 1 for true, and no others; as many qubits. Cost: Σ_clauses w Π_literals (1 - literal),
with terms of the order of the longest clause, and A Σ_hard Π_literals (1 - literal) with A above
Σ |w|. Exact: whatever the other clauses, their cost varies by less than one open hard clause adds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np

from quasar.core.errors import ProblemError
from quasar.core.exact import exact, total
from quasar.core.labels import Label, sort_labels
from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, penalties, sampling, values
from quasar.problems.base import Solution
from quasar.problems.formulation import Constraint, Formulation, Penalties
from quasar.problems.keys import Reads
from quasar.problems.max_3sat import (
    Literal,
    MaxThreeSat,
    clause_text,
    read_clause,
    satisfies,
    some_literal,
    violated,
    write_clause,
)
from quasar.problems.native import NativeModel
from quasar.problems.structure import Structure


class MaxSat(MaxThreeSat):
    """Solution: truth value of each variable, by its name as a string. Objective: weight of the
    satisfied clauses, the hard ones not counted.

    Attributes `clauses` and `weights` as in `max_3sat`, and `hard_clauses`, which must hold.
    """

    problem_type = "max_sat"
    title = "Find truth values that satisfy all hard clauses and the heaviest of the others"
    qubits = "one per variable of the clauses"
    answer = "object from variable to true or false"
    goal = "weight of the satisfied clauses, the hard ones not counted"
    longest = penalties.MAX_FACTORS
    reads = Reads(
        fields=(),
        attributes={
            "clauses": "lists of literals, e.g. [1, -2, 3, 4] or ['a', '!b']",
            "weights": "a number for each clause; default 1",
            "hard_clauses": "clauses that must hold, in the same form",
        },
    )
    spelling = "(?:max_sat|max_k_sat|k_sat)"

    def __init__(
        self,
        clauses: Sequence[Sequence[Literal]],
        weights: Sequence[values.Number] | None = None,
        hard: Sequence[Sequence[Literal]] = (),
    ) -> None:
        super().__init__(clauses, weights)
        self.hard = [tuple(clause) for clause in hard]
        labels = {label for clause in (*self.clauses, *self.hard) for label, _ in clause}
        self._names = {values.key(label): label for label in sort_labels(labels)}

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        attributes = graphs.attributes_of(data)
        listed = attributes.get("hard_clauses")
        if listed is None:
            return super()._read(data)
        raw = values.listed(listed, "'hard_clauses'", "[[1, -2]]")
        hard = [read_clause(clause, cls.longest) for clause in raw]
        if attributes.get("clauses") is None:
            if attributes.get("weights") is not None:
                raise ProblemError("hard clauses have no weights: weigh 'clauses', or none.")
            return cls([], None, hard)
        soft = super()._read(data)
        return cls(soft.clauses, soft.weights, hard)

    def to_data(self) -> dict[str, Any]:
        data = super().to_data()
        attributes = data["problem_specific_attributes"]
        if not self.clauses:
            del attributes["clauses"]
        if self.hard:
            attributes["hard_clauses"] = list(map(write_clause, self.hard))
        return data

    def formulation(self) -> Formulation:
        soft = super().formulation()
        if not self.hard:
            return soft
        wrong = Polynomial.total(map(violated, self.hard))
        weights = (exact(weight) for _, weight in self._weighted())
        penalty = penalties.above(total(max(weight, -weight) for weight in weights))
        why = "a tenth more than the other clauses weigh together"
        return Formulation(soft.cost, [Constraint(wrong)], Penalties(wrong * penalty, penalty, why))

    def native(self) -> NativeModel:
        soft = super().native()
        return replace(soft, rows=[*soft.rows, *map(some_literal, self.hard)])

    def is_feasible(self, solution: Solution) -> bool:
        return super().is_feasible(solution) and all(
            satisfies(solution, clause) for clause in self.hard
        )

    def _structure(self, found: Structure) -> Mapping[str, Any]:
        for label in self._names.values():
            found.element(("variable", label), "variable")
        for position, clause in enumerate(self.hard):
            literals = ((("variable", v), "yes" if wanted else "no") for v, wanted in clause)
            found.group(("hard", position), "hard", literals)
        return super()._structure(found)

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 2)
        n = sampling.integer(rng, 2, min(16, max_qubits))
        truth: dict[Label, bool] = {v: bool(rng.integers(2)) for v in range(1, n + 1)}
        k = sampling.integer(rng, 2, min(4, n))

        def clause(size: int) -> list[Literal]:
            members = sampling.subset(rng, range(1, n + 1), size)
            return [(v, bool(rng.integers(2))) for v in members]

        kind = sampling.choice(rng, ["soft", "hard", "both"])
        soft = [clause(k) for _ in range(sampling.integer(rng, 2 * n, 4 * n))]
        # Hard clauses that the hidden truth satisfies, so that there is a solution.
        most = 2 ** (k - 1) * n
        drawn = [clause(k) for _ in range(sampling.integer(rng, most // 2, most))]
        hard = [c for c in drawn if any(truth[v] is wanted for v, wanted in c)]
        if kind == "hard" and hard:
            return cls([], None, hard)
        weights = [sampling.integer(rng, 1, 9) for _ in soft] if rng.random() < 0.5 else None
        return cls(soft, weights, hard if kind == "both" else [])

    def prompt_details(self) -> str:
        hard = f"with the hard clauses {', '.join(map(clause_text, self.hard))}"
        if not self.clauses:
            return hard
        return super().prompt_details() + (f" and {hard}" if self.hard else "")
