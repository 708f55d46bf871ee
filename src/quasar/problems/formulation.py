"""A problem as cost, constraints and penalties over its binary variables.

The constraints say what is feasible and the cost what is better; neither depends on the penalty.
The penalties are what the Hamiltonian adds to the cost, so that its ground states are the optimal
feasible solutions; a user may choose another weight for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from quasar.core.exact import AllValues, BoolVector, Exact
from quasar.core.labels import Label
from quasar.core.polynomial import Polynomial


@dataclass(frozen=True)
class Constraint:
    """A polynomial that must stay at or below a bound; violations are sums of what is wrong.

    Attributes:
        polynomial: over the binary variables.
        at_most: the bound; 0 for a violation, which is never negative.
        parts: the violations that a sum of several is made of, none of them ever negative; empty
            where it is one thing.
    """

    polynomial: Polynomial
    at_most: Exact = 0
    parts: Sequence[Polynomial] = ()

    @classmethod
    def of_parts(cls, parts: Sequence[Polynomial]) -> Constraint:
        """Several violations, none of which may be."""
        return cls(Polynomial.total(parts), parts=tuple(parts))


@dataclass(frozen=True)
class Penalties:
    """What the Hamiltonian adds to the cost.

    Attributes:
        terms: 0 (or the same for all) where the constraints hold, at the weight `weight`.
        weight: the weight that is sufficient for this instance.
        derivation: why it is, one sentence.
    """

    terms: Polynomial
    weight: Exact
    derivation: str


@dataclass(frozen=True)
class Formulation:
    """What is minimised, over what, and how the Hamiltonian keeps to it.

    Attributes:
        cost: smaller is better and equal is as good, among feasible assignments.
        constraints: all must hold; empty where every assignment is feasible.
        penalties: None where there is nothing to enforce.
    """

    cost: Polynomial
    constraints: Sequence[Constraint] = field(default=())
    penalties: Penalties | None = None

    def polynomial(self, weight: Exact | None = None) -> Polynomial:
        """Cost and penalties, these scaled from their own weight to another."""
        if self.penalties is None:
            return self.cost
        factor = 1 if weight is None else Fraction(weight) / Fraction(self.penalties.weight)
        return self.cost + self.penalties.terms * factor

    def feasible(self, variables: Sequence[Label]) -> BoolVector:
        """Which basis states obey all constraints, shape [2**n] for n variables."""
        out = np.ones(1 << len(variables), dtype=np.bool_)
        for constraint in self.constraints:
            out &= constraint.polynomial.values(variables).at_most(constraint.at_most)
        return out

    def costs(self, variables: Sequence[Label]) -> AllValues:
        """The cost at all basis states."""
        return self.cost.values(variables)
