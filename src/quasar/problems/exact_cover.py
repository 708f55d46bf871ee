"""Exact cover: sets that hold every element once; where they have weights, the lightest.

Variables: sets; as many qubits as sets. A Σ_e (1 - Σ_{s∋e} x_s)² + Σ_s w_s x_s, without the second
sum where no weights are given (Lucas, Frontiers in Physics 2, 5 (2014), section 4.1). A is above
U - L, where L is the sum of the negative weights, which no choice of sets goes below, and U is the
smaller of two bounds on an exact cover: the sum of the positive weights, and each element's largest
share w_s / |s| of a set's weight. Exact where there is an exact cover: one element wrong costs at
least A, and the best exact cover no more than U.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Self

import numpy as np

from quasar.core.exact import exact, total
from quasar.core.polynomial import Polynomial
from quasar.problems import penalties, sampling
from quasar.problems.base import Solution
from quasar.problems.formulation import Constraint, Formulation, Penalties
from quasar.problems.native import NativeModel, exactly, linear
from quasar.problems.set_systems import SetSystem
from quasar.problems.structure import Structure


class ExactCover(SetSystem):
    """Solution: list of the names of the sets in the cover. Objective: their total weight; without
    weights, how many elements are not held exactly once.
    """

    problem_type = "exact_cover"
    title = "Find sets that together hold every element exactly once"
    sense = "min"
    qubits = "one per set"
    answer = "list of the names of the sets in the cover"
    goal = "their total weight"
    chosen = "Choice"

    def formulation(self) -> Formulation:
        holding = self.containing()
        once = Constraint.of_parts(penalties.one_in_each(holding.values()))
        split = once.polynomial
        if self.weights is None:
            why = "nothing but the constraints costs anything"
            return Formulation(Polynomial(), [once], Penalties(split, 1, why))
        weights = self.exact_weights
        shares = {s: Fraction(w) / len(self.sets[s]) for s, w in weights.items()}
        largest = (max((shares[s] for s in sets), default=0) for sets in holding.values())
        highest = min(total(map(exact, largest)), total(w for w in weights.values() if w > 0))
        lowest = total(w for w in weights.values() if w < 0)
        penalty = penalties.above(highest - lowest)
        why = "a tenth more than any exact cover weighs above the lightest sets of all"
        own = Penalties(split * penalty, penalty, why)
        return Formulation(Polynomial.linear(weights), [once], own)

    def native(self) -> NativeModel:
        rows = [exactly(sets, 1) for sets in self.containing().values()]
        cost = Polynomial() if self.weights is None else linear(self.exact_weights)
        return NativeModel(list(self.sets), cost, rows)

    def objective(self, solution: Solution) -> float:
        if self.weights is None:
            return float(sum(times != 1 for times in self.times_covered(solution).values()))
        return super().objective(solution)

    def _structure(self, found: Structure) -> Mapping[str, Any]:
        return {**super()._structure(found), "weighted": self.weights is not None}

    def is_wrong(self, times: int) -> bool:
        return times != 1

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 2)
        n = sampling.integer(rng, 2, min(14, max_qubits))
        elements = sampling.permutation(rng, range(sampling.integer(rng, n, n + 4)))
        count = sampling.integer(rng, 1, max(1, n // 2))
        cuts = sampling.subset(rng, range(1, len(elements)), count - 1)
        bounds = zip([0, *cuts], [*cuts, len(elements)], strict=True)
        members = [elements[low:high] for low, high in bounds]
        while len(members) < n:
            members.append(sampling.subset(rng, elements, sampling.integer(rng, 1, 4)))
        return cls._sampled(rng, sampling.permutation(rng, members))
