"""Which basis states are optimal: the one definition that every verdict uses.

In the exact encodings and the free forms a state is optimal when it decodes to a feasible solution
of the best objective, both decided in exact arithmetic; penalties and rounding play no part. A
Hamiltonian that is given (`agent-q`, or one that came with the file) is the problem itself: its
optimal states are its ground states. Where no assignment is feasible, no state is optimal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from quasar.core.exact import BoolVector
from quasar.core.hamiltonian import IsingHamiltonian, require_exact
from quasar.core.labels import Label
from quasar.problems.formulation import Formulation

IntVector = npt.NDArray[np.int64]
Status = Literal["proven", "infeasible"]


@dataclass(frozen=True, eq=False)
class Optimality:
    """The result of full enumeration; D = 2**n basis states.

    Attributes:
        optimal: which states are optimal, shape [D].
        feasible: which states decode to a feasible solution, shape [D]; None where all do, or where
            states cannot be decoded.
        best: which states decode to a best feasible solution, shape [D]; differs from `optimal`
            where an encoding is not exact.
        status: `infeasible` where no feasible solution exists; this is a proof, since all states
            were enumerated.
        ground: which states have the lowest energy, shape [D].
    """

    optimal: BoolVector
    feasible: BoolVector | None
    best: BoolVector
    status: Status
    ground: BoolVector

    @cached_property
    def n_optimal(self) -> int:
        """How many states are optimal; 0 where no solution exists."""
        return int(np.count_nonzero(self.optimal))

    @cached_property
    def n_feasible(self) -> int:
        """How many states decode to a feasible solution."""
        return self.optimal.size if self.feasible is None else int(np.count_nonzero(self.feasible))

    @cached_property
    def is_exact(self) -> bool:
        """Whether the Hamiltonian leads to the best solutions and to nothing else: optimal states
        are those of best solutions, and so are the ground states.
        """
        return bool(np.array_equal(self.optimal, self.best) and self.best[self.ground].all())

    def states(self, limit: int | None = None) -> IntVector:
        """Indices of the optimal states, ascending; the first `limit` of them."""
        return np.flatnonzero(self.optimal)[:limit].astype(np.int64)


def decide(
    hamiltonian: IsingHamiltonian,
    formulation: Formulation | None,
    variables: Sequence[Label],
    *,
    given: bool,
) -> Optimality:
    """Enumerate all basis states.

    Args:
        hamiltonian: on n qubits.
        formulation: of the problem behind it; None where there is none, or nothing can break.
        variables: label of each qubit.
        given: the Hamiltonian itself is the problem.

    Raises:
        ProblemError: more qubits than can be enumerated.
    """
    if formulation is None or not formulation.constraints:
        ground = hamiltonian.ground
        best = ground
        if formulation is not None and given:
            best = formulation.costs(variables).lowest().states
        return Optimality(ground, None, best, "proven", ground)
    require_exact(hamiltonian.n_qubits)
    feasible = formulation.feasible(variables)
    if not feasible.any():
        none = np.zeros_like(feasible)
        return Optimality(none, feasible, none, "infeasible", hamiltonian.ground)
    best = formulation.costs(variables).lowest(among=feasible).states
    ground = hamiltonian.ground
    return Optimality(ground if given else best, feasible, best, "proven", ground)
