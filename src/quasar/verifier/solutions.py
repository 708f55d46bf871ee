"""What a user gets by measuring: valid solutions, how good they are, the best of many shots.

The energy of a constrained problem counts penalties, so that its worst valid solution may score
above 0.97; here only states that decode to valid solutions count, by their own cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from quasar.core.documented import Documented
from quasar.core.exact import AllValues, FloatVector
from quasar.problems.base import EncodedProblem
from quasar.simulate.distributions import SolutionReader, chance_of_any

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
    def reader(self) -> SolutionReader:
        """Reads distributions by levels: the states of equal cost and objective, best first."""
        problem, values = self.problem, self._values()
        feasible = problem.optimality.feasible
        among = np.arange(1 << problem.n_qubits)
        if feasible is not None:
            among = np.flatnonzero(feasible)
        if among.size:
            above = values.floats(less=values.lowest(among=feasible).value)
        else:
            above = values.floats()
        order = among[np.argsort(above[among], kind="stable")]
        costs, objectives = above[order], self._objectives(values)[order]
        starts = np.ones(order.size, dtype=bool)
        starts[1:] = (np.diff(costs) != 0.0) | (np.diff(objectives) != 0.0)
        level = np.full(above.size, int(starts.sum()), dtype=np.int32)
        level[order] = np.cumsum(starts) - 1
        return SolutionReader(level, costs[starts], objectives[starts])

    def _values(self) -> AllValues:
        """The cost of every basis state, exactly; smaller is better."""
        problem = self.problem
        if problem.formulation is not None:
            return problem.formulation.costs(problem.variables)
        masks = {
            sum(1 << i for i in qubits): c for qubits, c in problem.hamiltonian.exact_terms.items()
        }
        return AllValues(masks, problem.n_qubits, "spin")

    def _objectives(self, values: AllValues) -> FloatVector:
        """Of every basis state, shape [D]; any number where infeasible."""
        source = self.problem.problem
        costs = values.floats()
        if self.problem.formulation is None:  # of a free form the cost leaves the constant out
            costs = costs + self.problem.hamiltonian.constant
        return costs if source is None else source.objectives(costs, self.problem.variables)

    def measure(self, p: FloatVector, shots: Sequence[int] = SHOTS) -> Solutions | None:
        """Of a distribution p, shape [D]; None where states cannot be decoded.

        Args:
            shots: how many shots the best of which is expected.
        """
        if self.problem.problem is None or self.problem.encoding == "given":
            return None
        found = self.reader.read(p, shots)
        total = found.total
        constrained = self.problem.optimality.feasible is not None
        ratio: float | None = None
        best: dict[int, float | None] = dict.fromkeys(shots)
        if total > 0.0:
            ratio = self._ratio(found.cost / total)
            for count, weighted in zip(shots, found.best, strict=True):
                best[count] = weighted / chance_of_any(min(total, 1.0), count)
        return Solutions.whole(
            {
                "p_feasible": min(total, 1.0) if constrained else None,
                "feasible_ratio": ratio,
                "expected_best": best,
            }
        )

    def _ratio(self, mean: float) -> float:
        lowest, highest = self.reader.ends
        if highest == lowest:
            return 1.0
        return min(max((highest - mean) / (highest - lowest), 0.0), 1.0)


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
