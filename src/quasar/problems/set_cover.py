"""Set cover: the lightest sets that together hold every element.

Variables: sets; as many qubits as sets. With set weights w (1 where none are given, any sign):
Σ_e P_e Π_{s∋e} (1-x_s) + Σ_s w_s x_s, where P_e = 2 min_{s∋e} w_s, or, where that is not positive,
the smallest |w| above 0. The product replaces the counters of Lucas, Frontiers in Physics 2, 5
(2014), section 5.1, which take a qubit more for each element and number of sets that hold it.
Exact: covering a bare element by its lightest set costs that weight and saves at least P_e, which
is more; so no ground state leaves one bare, and without one the cost is the weight of the cover.
"""

from __future__ import annotations

from typing import Self

import numpy as np

from quasar.core.polynomial import Polynomial
from quasar.problems import penalties, sampling
from quasar.problems.formulation import Formulation
from quasar.problems.native import NativeModel, at_least, linear
from quasar.problems.set_systems import SetSystem


class SetCover(SetSystem):
    """Solution: list of the names of the sets in the cover. Objective: their total weight."""

    problem_type = "set_cover"
    title = "Find the fewest sets that together hold every element"
    sense = "min"
    qubits = "one per set"
    answer = "list of the names of the sets in the cover"
    goal = "their total weight"
    chosen = "Cover"

    def formulation(self) -> Formulation:
        weights = self.exact_weights
        groups = [(f"element {e!r}", sets) for e, sets in self.containing().items()]
        why = "at each element twice the lightest set that holds it, which would cover it"
        constraint, own = penalties.one_of_each(groups, weights, why)
        return Formulation(Polynomial.linear(weights), [constraint], own)

    def native(self) -> NativeModel:
        rows = [at_least(sets, 1) for sets in self.containing().values()]
        return NativeModel(list(self.sets), linear(self.exact_weights), rows)

    def is_wrong(self, times: int) -> bool:
        return times == 0

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 2)
        n = sampling.integer(rng, 2, min(12, max_qubits))
        members: list[list[int]] = [[] for _ in range(n)]
        for element in range(sampling.integer(rng, n, n + 4)):
            count = sampling.integer(rng, 1, min(4, n))
            for i in sampling.subset(rng, range(n), count):
                members[i].append(element)
        return cls._sampled(rng, [m or [0] for m in members])
