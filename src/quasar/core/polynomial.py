"""Pseudo-Boolean polynomials: multilinear, in named binary variables.

The form in which every problem states its cost; `to_ising` turns it into a Hamiltonian. dimod's
`BinaryPolynomial` stores the same thing without a product, which the encodings need; the two
conversions are compared in the tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.labels import Label

Monomial = frozenset[Label]


class Polynomial:
    """Σ_S c_S Π_{i∈S} x_i with x_i in {0, 1}; the empty product is the constant.

    Supports `+`, `-`, `*` with polynomials and numbers, and `square()`.
    """

    __slots__ = ("coefficients",)

    def __init__(self, coefficients: Mapping[Monomial, float] | None = None) -> None:
        self.coefficients: dict[Monomial, float] = dict(coefficients or {})

    @classmethod
    def variable(cls, label: Label) -> Polynomial:
        return cls({frozenset((label,)): 1.0})

    @classmethod
    def constant(cls, value: float) -> Polynomial:
        return cls({frozenset(): float(value)})

    @classmethod
    def linear(cls, weights: Mapping[Label, float], constant: float = 0.0) -> Polynomial:
        """The polynomial constant + Σ weights[i] x_i."""
        out = {frozenset((label,)): float(w) for label, w in weights.items()}
        if constant:
            out[frozenset()] = float(constant)
        return cls(out)

    @classmethod
    def total(cls, parts: Iterable[Polynomial]) -> Polynomial:
        """Sum of many polynomials, in place and so in linear time."""
        out = cls()
        for part in parts:
            out.accumulate(part)
        return out

    def accumulate(self, other: Polynomial, factor: float = 1.0) -> None:
        """Add factor * other to this one, in place."""
        for monomial, c in other.coefficients.items():
            self.coefficients[monomial] = self.coefficients.get(monomial, 0.0) + factor * c

    def __add__(self, other: Polynomial | float) -> Polynomial:
        out = Polynomial(self.coefficients)
        out.accumulate(other if isinstance(other, Polynomial) else Polynomial.constant(other))
        return out

    __radd__ = __add__

    def __neg__(self) -> Polynomial:
        return self * -1.0

    def __sub__(self, other: Polynomial | float) -> Polynomial:
        return self + (-other)

    def __rsub__(self, other: float) -> Polynomial:
        return -self + other

    def __mul__(self, other: Polynomial | float) -> Polynomial:
        if not isinstance(other, Polynomial):
            return Polynomial({m: c * other for m, c in self.coefficients.items()})
        out: dict[Monomial, float] = {}
        for m1, c1 in self.coefficients.items():
            for m2, c2 in other.coefficients.items():
                m = m1 | m2
                out[m] = out.get(m, 0.0) + c1 * c2
        return Polynomial(out)

    __rmul__ = __mul__

    def square(self) -> Polynomial:
        return self * self

    def evaluate(self, assignment: Mapping[Label, int]) -> float:
        """Value at a 0/1 assignment of every variable."""
        return sum(c for m, c in self.coefficients.items() if all(assignment[label] for label in m))

    def variables(self) -> set[Label]:
        return {label for monomial in self.coefficients for label in monomial}

    def to_ising(self, variables: Sequence[Label]) -> IsingHamiltonian:
        """Substitute x_i = (1 + Z_i) / 2; variable i of `variables` becomes qubit i.

        Terms that cancel are left out, linear terms of every variable are kept out too if zero.
        """
        position = {label: i for i, label in enumerate(variables)}
        # Sorted tuples and not bit masks: those of many bits have few different hashes.
        terms: dict[tuple[int, ...], float] = {}
        for monomial, c in self.coefficients.items():
            if c:
                terms[tuple(sorted(position[label] for label in monomial))] = c
        # One variable at a time: a product of k factors takes k * 2**k steps, not 3**k. Each
        # variable's products are kept beside it, so that no other is looked at.
        holding: list[list[tuple[int, ...]]] = [[] for _ in variables]
        for product in terms:
            for i in product:
                holding[i].append(product)
        for i, products in enumerate(holding):
            for product in products:
                half = terms[product] / 2
                terms[product] = half
                rest = tuple([j for j in product if j != i])
                if rest not in terms:
                    terms[rest] = 0.0
                    for j in rest:
                        if j > i:
                            holding[j].append(rest)
                terms[rest] += half
        constant = terms.pop((), 0.0)
        scale = max((abs(c) for c in terms.values()), default=0.0)
        kept = {t: c for t, c in terms.items() if abs(c) > 1e-14 * scale}
        return IsingHamiltonian(len(variables), kept, constant)
