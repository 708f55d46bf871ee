"""Portfolio selection: exactly `budget` assets with the best balance of return and risk.

Variables: assets. Cost: f(x) + λ (Σx - k) + A (Σx - k)² with f = q Σ_ij Σ_ij x_i x_j - Σ_i μ_i x_i
and k the budget; the λ term vanishes on feasible selections. Taking asset i in changes f by an
amount between lo_i and hi_i; λ = -(max hi + min lo) / 2 centres these, which halves the penalty
needed. Exact for A > G = (max hi - min lo) / 2: a selection with d assets too many or too few
becomes feasible in d steps that each cost at most G, so it gains at most d G < A d².
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Self

import numpy as np

from quasar.core.errors import ProblemError
from quasar.core.exact import Exact, exact, total
from quasar.core.labels import Label, to_json
from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, penalties, sampling, values
from quasar.problems.base import Assignment, Encoding, Problem, Solution, selected
from quasar.problems.formulation import Constraint, Formulation, Penalties
from quasar.problems.keys import Reads
from quasar.problems.native import NativeModel, exactly
from quasar.problems.structure import Structure

_SYMMETRY = 1e-9  # entries of the covariance may differ by this much of the largest

_EXAMPLES = {
    "expected_returns": '{"expected_returns": [0.1, 0.2]}',
    "covariance": '{"covariance": [[0.05, 0.01], [0.01, 0.07]]}',
    "risk_aversion": '{"risk_aversion": 0.5}',
    "budget": '{"budget": 1}',
}


class Portfolio(Problem):
    """Solution: list of the chosen assets. Objective: q x'Σx - μ'x, smaller is better.

    Attributes `expected_returns` (μ), `covariance` (Σ, square and symmetric), `risk_aversion`
    (q >= 0), `budget` (how many assets to hold), and `assets` (names, default positions from 0).
    """

    problem_type = "portfolio"
    title = "Find the assets to hold with the best balance of expected return and risk"
    sense = "min"
    qubits = "one per asset"
    answer = "list of the assets held"
    goal = "risk_aversion times the risk, less the expected return"
    reads = Reads(
        fields=(),
        attributes={
            "expected_returns": "a number for each asset",
            "covariance": "square matrix, a row for each asset",
            "risk_aversion": "how much risk counts, 0 or more",
            "budget": "how many assets to hold",
            "assets": "their names; default 0, 1, ...",
        },
    )

    def __init__(
        self,
        assets: Sequence[Label],
        expected_returns: Sequence[values.Number],
        covariance: Sequence[Sequence[values.Number]],
        risk_aversion: values.Number,
        budget: int,
    ) -> None:
        self.assets = tuple(assets)
        self.expected_returns = list(expected_returns)
        self.covariance = [list(row) for row in covariance]
        self.risk_aversion = risk_aversion
        self.budget = budget

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        attributes = graphs.attributes_of(data)
        raw = {key: values.required(attributes, key, text) for key, text in _EXAMPLES.items()}
        returns = [
            values.number(value, f"expected return {i}")
            for i, value in enumerate(
                values.listed(
                    raw["expected_returns"], "'expected_returns'", _EXAMPLES["expected_returns"]
                )
            )
        ]
        n = len(returns)
        names = attributes.get("assets")
        names = list(range(n)) if names is None else values.listed(names, "'assets'", '["A", "B"]')
        assets = values.distinct((values.name(a, "an asset") for a in names), "asset")
        if len(assets) != n:
            raise ProblemError(
                f"there are {len(assets)} assets but {n} expected returns: give one for each."
            )
        risk_aversion = values.number(raw["risk_aversion"], "'risk_aversion'")
        if risk_aversion < 0:
            raise ProblemError(f"'risk_aversion' must not be negative, and is {risk_aversion}.")
        budget = values.whole(raw["budget"], "'budget'", minimum=1)
        if budget > n:
            raise ProblemError(
                f"'budget' is {budget} but there are only {n} assets: choose at most {n}."
            )
        return cls(assets, returns, _read_covariance(raw["covariance"], n), risk_aversion, budget)

    def to_data(self) -> dict[str, Any]:
        return {
            "problem_type": self.problem_type,
            "problem_specific_attributes": {
                "assets": [to_json(asset) for asset in self.assets],
                "expected_returns": list(map(values.to_json_number, self.expected_returns)),
                "covariance": [list(map(values.to_json_number, row)) for row in self.covariance],
                "risk_aversion": values.to_json_number(self.risk_aversion),
                "budget": self.budget,
            },
        }

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        return self.assets

    def formulation(self) -> Formulation:
        cost = self._value()
        lowest, highest = self._marginal_range()
        penalty = penalties.above(Fraction(highest - lowest) / 2)
        excess = Polynomial.linear(dict.fromkeys(self.assets, 1), -self.budget)
        cost.accumulate(excess, -Fraction(highest + lowest) / 2)
        wrong = excess.square()
        why = "a tenth more than half the spread of what one asset more can change"
        return Formulation(cost, [Constraint(wrong)], Penalties(wrong * penalty, penalty, why))

    def native(self) -> NativeModel:
        return NativeModel(self.assets, self._value(), [exactly(self.assets, self.budget)])

    def _value(self) -> Polynomial:
        """Risk less return."""
        q = exact(self.risk_aversion)
        cost = Polynomial.linear(
            {a: -mu for a, mu in zip(self.assets, self.expected_returns, strict=True)}
        )
        for a, row in zip(self.assets, self.covariance, strict=True):
            for b, entry in zip(self.assets, row, strict=True):
                cost.accumulate(Polynomial.variable(a) * Polynomial.variable(b), q * exact(entry))
        return cost

    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        return [to_json(asset) for asset in selected(assignment, self.assets)]

    def is_feasible(self, solution: Solution) -> bool:
        return values.is_subset(solution, self.assets) and len(solution) == self.budget

    def objective(self, solution: Solution) -> float:
        chosen = [self.assets.index(a) for a in values.recognised(solution, self.assets)]
        risk = total(exact(self.covariance[i][j]) for i in chosen for j in chosen)
        returns = total(exact(self.expected_returns[i]) for i in chosen)
        return float(exact(self.risk_aversion) * risk - returns)

    def _structure(self, found: Structure) -> Mapping[str, Any]:
        attributes = self.to_data()["problem_specific_attributes"]
        covariance = attributes["covariance"]
        for i, expected in enumerate(attributes["expected_returns"]):
            found.element(i, expected, covariance[i][i])
            for j in range(i):
                found.group((i, j), covariance[i][j], ((i, "end"), (j, "end")))
        return {name: attributes[name] for name in ("risk_aversion", "budget")}

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 2)
        n = sampling.integer(rng, 2, min(16, max_qubits))
        factors = rng.normal(0, 0.2, size=(n, 3))
        covariance = factors @ factors.T + np.diag(rng.uniform(0.01, 0.05, size=n))
        return cls(
            assets=[f"asset {i}" for i in range(1, n + 1)],
            expected_returns=[round(float(mu), 3) for mu in rng.normal(0.08, 0.06, size=n)],
            covariance=[[round(float(entry), 4) for entry in row] for row in covariance],
            risk_aversion=sampling.choice(rng, [0.25, 0.5, 1.0, 2.0]),
            budget=sampling.integer(rng, 1, n - 1),
        )

    def prompt_details(self) -> str:
        assets = ", ".join(
            f"{a} (expected return {mu})"
            for a, mu in zip(self.assets, self.expected_returns, strict=True)
        )
        return (
            f"with {self.budget} of the assets {assets}, risk aversion {self.risk_aversion} "
            f"and covariance {self.covariance}"
        )

    def _marginal_range(self) -> tuple[Exact, Exact]:
        """Least and greatest change of f by adding one asset, over all selections of the others."""
        lows, highs = [], []
        q = exact(self.risk_aversion)
        rows = [[exact(entry) for entry in row] for row in self.covariance]
        for i, (mu, row) in enumerate(zip(self.expected_returns, rows, strict=True)):
            # Both entries of a pair: they may differ by the rounding that reading allows.
            others = [q * (entry + rows[j][i]) for j, entry in enumerate(row) if j != i]
            alone = q * row[i] - exact(mu)
            lows.append(alone + sum(min(0, change) for change in others))
            highs.append(alone + sum(max(0, change) for change in others))
        return min(lows), max(highs)


def _read_covariance(raw: Any, n: int) -> list[list[values.Number]]:
    rows = [
        values.listed(row, f"row {i} of 'covariance'", "[0.05, 0.01]")
        for i, row in enumerate(values.listed(raw, "'covariance'", _EXAMPLES["covariance"]))
    ]
    if len(rows) != n or any(len(row) != n for row in rows):
        shape = f"{len(rows)} rows of lengths {sorted({len(row) for row in rows})}"
        raise ProblemError(f"'covariance' must be {n} x {n}, one row an asset; it has {shape}.")
    matrix = [
        [values.number(entry, f"'covariance' entry ({i}, {j})") for j, entry in enumerate(row)]
        for i, row in enumerate(rows)
    ]
    largest = max(abs(entry) for row in matrix for entry in row)
    for i in range(n):
        for j in range(i):
            if abs(matrix[i][j] - matrix[j][i]) > _SYMMETRY * largest:
                raise ProblemError(
                    f"'covariance' must be symmetric, but entry ({i}, {j}) is {matrix[i][j]} and "
                    f"({j}, {i}) is {matrix[j][i]}."
                )
    return matrix
