"""Set packing: the heaviest sets of which no two share an element.

Variables: sets; as many qubits as sets. With set weights w (1 where none are given, any sign):
Σ_{s,t that meet} P_st x_s x_t - Σ_s w_s x_s, where P_st = 2 min(w_s, w_t), or, where that is not
positive, the smallest |w| above 0 (Lucas, Frontiers in Physics 2, 5 (2014), section 4.2, with a
weight for each pair). Exact: taking the lighter of two chosen sets that meet out costs its weight
and saves at least P_st, which is more; so in no ground state do two meet, and then the cost is
minus the weight of the packing.
"""

from __future__ import annotations

from itertools import combinations
from typing import Self

import numpy as np

from quasar.core.polynomial import Polynomial
from quasar.problems import penalties, sampling
from quasar.problems.formulation import Formulation
from quasar.problems.native import NativeModel, at_most, linear
from quasar.problems.set_systems import SetSystem


class SetPacking(SetSystem):
    """Solution: list of the names of the sets in the packing. Objective: their total weight."""

    problem_type = "set_packing"
    title = "Find the most sets of which no two share an element"
    sense = "max"
    qubits = "one per set"
    answer = "list of the names of the sets in the packing"
    goal = "their total weight"
    chosen = "Packing"

    def formulation(self) -> Formulation:
        weights = self.exact_weights
        meeting = [
            (s, t) for s, t in combinations(self.sets, 2) if set(self.sets[s]) & set(self.sets[t])
        ]
        why = "for each two sets that meet twice the lighter of them, which would be left out"
        constraint, own = penalties.not_both(meeting, weights, why)
        return Formulation(Polynomial.linear(weights) * -1, [constraint], own)

    def native(self) -> NativeModel:
        rows = [at_most(sets, 1) for sets in self.containing().values()]
        return NativeModel(list(self.sets), linear(self.exact_weights, -1), rows)

    def is_wrong(self, times: int) -> bool:
        return times > 1

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 2)
        n = sampling.integer(rng, 2, min(16, max_qubits))
        elements = range(sampling.integer(rng, n, 2 * n))
        sizes = [sampling.integer(rng, 1, min(4, n)) for _ in range(n)]
        return cls._sampled(rng, [sampling.subset(rng, elements, size) for size in sizes])
