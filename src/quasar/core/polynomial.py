"""Pseudo-Boolean polynomials: multilinear, in named binary variables.

The form in which every problem states its cost; `to_ising` turns it into a Hamiltonian. dimod's
`BinaryPolynomial` stores the same thing without a product, which the encodings need; the two
conversions are compared in the tests.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from quasar.core.exact import AllValues, Exact, exact, total
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.labels import Label

Monomial = frozenset[Label]
Number = Exact | float


class Polynomial:
    """Σ_S c_S Π_{i∈S} x_i with x_i in {0, 1}; the empty product is the constant.

    Supports `+`, `-`, `*` with polynomials and numbers, and `square()`. Coefficients are exact:
    floats are taken as the decimals that they are written as (`core.exact`).
    """

    __slots__ = ("coefficients",)

    def __init__(self, coefficients: Mapping[Monomial, Number] | None = None) -> None:
        self.coefficients: dict[Monomial, Exact] = {
            m: exact(c) for m, c in (coefficients or {}).items()
        }

    @classmethod
    def of_exact(cls, coefficients: dict[Monomial, Exact]) -> Polynomial:
        """The polynomial that holds these coefficients, exact already; they are not copied."""
        out = cls()
        out.coefficients = coefficients
        return out

    @classmethod
    def variable(cls, label: Label) -> Polynomial:
        return cls({frozenset((label,)): 1})

    @classmethod
    def constant(cls, value: Number) -> Polynomial:
        return cls({frozenset(): value})

    @classmethod
    def linear(cls, weights: Mapping[Label, Number], constant: Number = 0) -> Polynomial:
        """The polynomial constant + Σ weights[i] x_i."""
        out = {frozenset((label,)): w for label, w in weights.items()}
        if constant:
            out[frozenset()] = constant
        return cls(out)

    @classmethod
    def of_spins(cls, terms: Iterable[tuple[Iterable[Label], Number]]) -> Polynomial:
        """Σ c Π s over products of spins, with s = 2x - 1."""
        out = cls()
        for labels, c in terms:
            product = cls.constant(1)
            for label in labels:
                product *= cls.linear({label: 2}, -1)
            out.accumulate(product, c)
        return out

    @classmethod
    def total(cls, parts: Iterable[Polynomial]) -> Polynomial:
        """Sum of many polynomials, in place and so in linear time."""
        out = cls()
        for part in parts:
            out.accumulate(part)
        return out

    def accumulate(self, other: Polynomial, factor: Number = 1) -> None:
        """Add factor * other to this one, in place."""
        times = exact(factor)
        for monomial, c in other.coefficients.items():
            self.coefficients[monomial] = self.coefficients.get(monomial, 0) + times * c

    def __add__(self, other: Polynomial | Number) -> Polynomial:
        out = Polynomial(self.coefficients)
        out.accumulate(other if isinstance(other, Polynomial) else Polynomial.constant(other))
        return out

    __radd__ = __add__

    def __neg__(self) -> Polynomial:
        return self * -1

    def __sub__(self, other: Polynomial | Number) -> Polynomial:
        return self + (-other)

    def __rsub__(self, other: Number) -> Polynomial:
        return -self + other

    def __mul__(self, other: Polynomial | Number) -> Polynomial:
        if not isinstance(other, Polynomial):
            times = exact(other)
            return Polynomial({m: c * times for m, c in self.coefficients.items()})
        out: dict[Monomial, Number] = {}
        for m1, c1 in self.coefficients.items():
            for m2, c2 in other.coefficients.items():
                m = m1 | m2
                out[m] = out.get(m, 0) + c1 * c2
        return Polynomial(out)

    __rmul__ = __mul__

    def square(self) -> Polynomial:
        return self * self

    def evaluate(self, assignment: Mapping[Label, int]) -> Exact:
        """Value at a 0/1 assignment of every variable."""
        terms = (c for m, c in self.coefficients.items() if all(assignment[label] for label in m))
        return total(terms)

    def values(self, variables: Sequence[Label]) -> AllValues:
        """The values at all basis states, variable i of `variables` being qubit i."""
        position = {label: i for i, label in enumerate(variables)}
        masks = {
            sum(1 << position[label] for label in monomial): c
            for monomial, c in self.coefficients.items()
        }
        return AllValues(masks, len(variables), "binary")

    def variables(self) -> set[Label]:
        return {label for monomial in self.coefficients for label in monomial}

    def to_ising(self, variables: Sequence[Label]) -> IsingHamiltonian:
        """Substitute x_i = (1 + Z_i) / 2; variable i of `variables` becomes qubit i.

        Terms that cancel are left out.
        """
        position = {label: i for i, label in enumerate(variables)}
        # Whole numbers over one denominator: a product of k variables halves k times.
        order = max(map(len, self.coefficients), default=0)
        unit = math.lcm(*{c.denominator for c in self.coefficients.values()}) << order
        whole = {m: int(c * unit) for m, c in self.coefficients.items() if c}
        terms = _pairs_in_spins(whole, position) if order == 2 else _in_spins(whole, position)
        constant = terms.pop((), 0)
        # Few different coefficients are usual, so each is divided once.
        exact_of = {c: exact(Fraction(c, unit)) for c in set(terms.values()) if c}
        float_of = {c: float(value) for c, value in exact_of.items()}
        exact_terms = {t: exact_of[c] for t, c in terms.items() if c}
        rounded = {t: float_of[c] for t, c in terms.items() if c}
        return IsingHamiltonian(len(variables), rounded, constant / unit, exact_terms=exact_terms)


Spins = dict[tuple[int, ...], int]


def _in_spins(whole: Mapping[Monomial, int], position: Mapping[Label, int]) -> Spins:
    """Products of spins Z = 2x - 1, of coefficients that can be halved once for each variable."""
    # Sorted tuples and not bit masks: those of many bits have few different hashes.
    terms = {
        tuple(sorted(position[label] for label in monomial)): c for monomial, c in whole.items()
    }
    # One variable at a time: a product of k factors takes k * 2**k steps, not 3**k. Each
    # variable's products are kept beside it, so that no other is looked at.
    holding: list[list[tuple[int, ...]]] = [[] for _ in position]
    for product in terms:
        for i in product:
            holding[i].append(product)
    for i, products in enumerate(holding):
        for product in products:
            half = terms[product] >> 1
            terms[product] = half
            rest = tuple([j for j in product if j != i])
            if rest not in terms:
                terms[rest] = 0
                for j in rest:
                    if j > i:
                        holding[j].append(rest)
            terms[rest] += half
    return terms


def _pairs_in_spins(whole: Mapping[Monomial, int], position: Mapping[Label, int]) -> Spins:
    """`_in_spins` of a quadratic polynomial in one pass: the same terms in the same order."""
    terms: Spins = {}
    fields = [0] * len(position)
    constant = 0
    for monomial, c in whole.items():
        if len(monomial) == 2:
            u, v = monomial
            i, j = position[u], position[v]
            quarter = c >> 2
            terms[(i, j) if i < j else (j, i)] = quarter
            fields[i] += quarter
            fields[j] += quarter
            constant += quarter
        elif monomial:
            (label,) = monomial
            i = position[label]
            terms[(i,)] = 0
            fields[i] += c >> 1
            constant += c >> 1
        else:
            constant += c
    missing = {i for i, c in enumerate(fields) if c and (i,) not in terms}
    if missing:  # those come in the order of the lowest variable that they share a product with
        first: dict[int, tuple[int, int]] = {}
        for number, product in enumerate(terms):
            for i in missing.intersection(product):
                other = sum(product) - i
                first[i] = min(first.get(i, (other, number)), (other, number))
        terms.update(dict.fromkeys(((i,) for i in sorted(missing, key=first.__getitem__)), 0))
    terms.update({(i,): c for i, c in enumerate(fields) if c})
    terms[()] = constant
    return terms
