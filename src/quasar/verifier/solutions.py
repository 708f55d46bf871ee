"""What a user gets by measuring: valid solutions, how good they are, the best of many shots.

The energy of a constrained problem counts penalties, so that its worst valid solution may score
above 0.97; here only states that decode to valid solutions count, by their own cost.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from quasar.core.documented import Documented
from quasar.core.exact import AllValues, FloatVector
from quasar.problems.base import EncodedProblem
from quasar.problems.optimality import IntVector

SHOTS = (100, 1000)


class Solutions(Documented):
    """Measured on the states that decode to valid solutions."""

    p_feasible: float | None
    """Probability of a valid solution; None where every state is one."""
    feasible_ratio: float | None
    """(C_max - <C>)/(C_max - C_min) of the cost C over valid solutions, given that one is measured;
    1 where all cost the same, None where none is ever measured."""
    expected_best: dict[int, float | None]
    """Expected objective of the best valid solution in that many shots, given that there is one;
    empty where states are not decoded."""


class PenaltyWeight(Documented):
    """The weight of the constraints in the Hamiltonian."""

    weight: float
    """As used."""
    sufficient: float
    """A weight that is large enough, proved for this instance; the default."""
    derivation: str
    """Why it is sufficient."""


class SolutionScale:
    """Costs and objectives of all basis states of a problem; computed when first needed."""

    def __init__(self, problem: EncodedProblem) -> None:
        self.problem = problem

    @cached_property
    def _values(self) -> AllValues:
        """The cost of every basis state, exactly; smaller is better."""
        problem = self.problem
        if problem.formulation is not None:
            return problem.formulation.costs(problem.variables)
        masks = {
            sum(1 << i for i in qubits): c for qubits, c in problem.hamiltonian.exact_terms.items()
        }
        return AllValues(masks, problem.n_qubits, "spin")

    @cached_property
    def order(self) -> IntVector:
        """The states that are valid solutions, best first."""
        feasible = self.problem.optimality.feasible
        among = np.arange(1 << self.problem.n_qubits)
        if feasible is not None:
            among = np.flatnonzero(feasible)
        return np.asarray(among[np.argsort(self._above_best[among], kind="stable")])

    @cached_property
    def _above_best(self) -> FloatVector:
        """What each state costs more than the best valid solution, shape [D]."""
        feasible = self.problem.optimality.feasible
        if feasible is not None and not feasible.any():
            return self._values.floats()
        return self._values.floats(less=self._values.lowest(among=feasible).value)

    @cached_property
    def _ordered_costs(self) -> FloatVector:
        return np.asarray(self._above_best[self.order])

    @cached_property
    def _ordered_objectives(self) -> FloatVector:
        source = self.problem.problem
        costs = self._values.floats()
        if self.problem.formulation is None:  # of a free form the cost leaves the constant out
            costs = costs + self.problem.hamiltonian.constant
        if source is None:
            return costs[self.order]
        return np.asarray(source.objectives(costs, self.problem.variables)[self.order])

    def measure(self, p: FloatVector, shots: Sequence[int] = SHOTS) -> Solutions | None:
        """Of a distribution p, shape [D]; None where states cannot be decoded.

        Args:
            shots: how many shots the best of which is expected.
        """
        if self.problem.problem is None or self.problem.encoding == "given":
            return None
        share = p[self.order]
        total = float(share.sum())
        constrained = self.problem.optimality.feasible is not None
        return Solutions.made(
            p_feasible=min(total, 1.0) if constrained else None,
            feasible_ratio=self._ratio(share, total),
            expected_best={count: self._best_of(share, count) for count in shots},
        )

    def _ratio(self, share: FloatVector, total: float) -> float | None:
        if total <= 0.0:
            return None
        lowest, highest = float(self._ordered_costs[0]), float(self._ordered_costs[-1])
        if highest == lowest:
            return 1.0
        mean = float(share @ self._ordered_costs) / total
        return min(max((highest - mean) / (highest - lowest), 0.0), 1.0)

    def _best_of(self, share: FloatVector, shots: int) -> float | None:
        """Σ_j objective_j (P(none better in all shots) - P(none as good)), best first."""
        reached = np.minimum(np.cumsum(share), 1.0)
        if not reached.size or reached[-1] <= 0.0:
            return None
        with np.errstate(divide="ignore"):
            missed = np.exp(shots * np.log1p(-reached))
        some = -math.expm1(shots * math.log1p(-reached[-1])) if reached[-1] < 1.0 else 1.0
        weights = np.empty_like(missed)
        weights[0] = 1.0 - missed[0]
        np.subtract(missed[:-1], missed[1:], out=weights[1:])
        return float(weights @ self._ordered_objectives) / some


def penalty_weight(problem: EncodedProblem) -> PenaltyWeight | None:
    """The weight in an `exact` Hamiltonian; None where there is none to choose."""
    if problem.encoding != "exact" or problem.formulation is None:
        return None
    penalties = problem.formulation.penalties
    if penalties is None:
        return None
    chosen = penalties.weight if problem.penalty is None else problem.penalty
    return PenaltyWeight(
        weight=float(chosen), sufficient=float(penalties.weight), derivation=penalties.derivation
    )
