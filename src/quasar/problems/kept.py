"""Which of a problem's constraints a mixer can keep by itself, and the cost that is left.

A constraint that depends on the number of its variables that are 1, and allows one number only,
fixes a sum: one-hot blocks, budgets, the size of a part. Such sums over disjoint sets of variables
are kept by mixers that move ones about (Hadfield et al., arXiv 1709.03489); of sums that overlap,
as rows and columns of an assignment do, some are chosen, and the others stay penalties. The rule
reads the formulation and knows no problem type.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from quasar.core.errors import InputError
from quasar.core.exact import Exact
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.labels import Label
from quasar.core.polynomial import Polynomial
from quasar.core.subspace import FixedWeightBlock, Subspace
from quasar.problems.base import EncodedProblem
from quasar.problems.formulation import Formulation


class FixedSum(NamedTuple):
    """So many of the variables are 1, in every feasible assignment."""

    labels: tuple[Label, ...]
    chosen: int

    @property
    def gain(self) -> float:
        """Qubits that it takes off the space: log2 of its share of all patterns."""
        size = len(self.labels)
        return size - math.log2(math.comb(size, self.chosen))


@dataclass(frozen=True, eq=False)
class KeptConstraints:
    """What a mixer keeps of a problem's constraints, and what is left to penalties.

    Attributes:
        subspace: where it keeps the state.
        sums: those that are kept, over disjoint variables.
        penalised: sums that overlap with these and stay penalties.
        others: further constraints, which stay penalties too.
        phase: the cost of the phase layers: on the subspace the problem's Hamiltonian up to a
            constant, without what is constant there.
    """

    subspace: Subspace
    sums: tuple[FixedSum, ...]
    penalised: tuple[FixedSum, ...]
    others: int
    phase: IsingHamiltonian

    def describe(self) -> str:
        """What the mixer keeps and what not, a sentence without its subject."""
        kept = f"keeps {_counted(self.sums)}"
        left = [_counted(self.penalised)] if self.penalised else []
        if self.others:
            left.append(f"{self.others} other constraint{'s' * (self.others > 1)}")
        if not left:
            return f"{kept}, which are all constraints: every measured answer is feasible."
        return f"{kept}, and leaves {' and '.join(left)} to the cost."


def _counted(sums: Sequence[FixedSum]) -> str:
    kinds = Counter((len(one.labels), one.chosen) for one in sums)
    return ", ".join(
        f"{times} sum{'s' * (times > 1)} ({count} of {size} variables)"
        for (size, count), times in kinds.items()
    )


def kept_constraints(problem: EncodedProblem) -> KeptConstraints:
    """What a mixer can keep of a problem.

    Raises:
        InputError: it has no constraint of this kind, or the Hamiltonian itself is the problem.
    """
    formulation = problem.formulation
    if problem.problem is None or formulation is None or problem.encoding != "exact":
        raise InputError(
            "a mixer keeps constraints, and here the Hamiltonian itself is what is solved: leave "
            "the mixer out, or state the problem with its constraints, in the encoding exact."
        )
    found, others = fixed_sums(formulation)
    if not found:
        raise InputError(
            f"this {problem.problem.problem_type} instance fixes no sum of variables (so many of "
            "these are 1) that a mixer could keep: leave the mixer out. One-hot problems do (tsp, "
            "quadratic_assignment, graph_coloring, ...), those with a budget (portfolio, kclique), "
            "graph_partitioning of an even number of nodes, and integer_program with such rows."
        )
    sums = disjoint(found)
    penalised = tuple(one for one in found if one not in sums)
    place = {label: i for i, label in enumerate(problem.variables)}
    blocks = []
    for one in sums:
        qubits = tuple(sorted(place[label] for label in one.labels))
        blocks.append(FixedWeightBlock(qubits, len(qubits) - one.chosen))
    subspace = Subspace(problem.n_qubits, tuple(blocks))
    whole = problem.problem.polynomial(problem.encoding, problem.penalty)
    phase = reduced(whole, sums, problem.variables)
    return KeptConstraints(subspace, tuple(sums), penalised, others, phase)


def fixed_sums(formulation: Formulation) -> tuple[list[FixedSum], int]:
    """The sums that the constraints fix, in their order, and how many constraints fix none.

    Constraints over the same variables count together, so that two bounds may fix a sum. What no
    assignment obeys fixes nothing.
    """
    allowed: dict[frozenset[Label], set[int]] = {}
    order: dict[frozenset[Label], tuple[Label, ...]] = {}
    others = 0
    for polynomial, at_most in _single(formulation):
        labels = tuple(dict.fromkeys(v for m, c in polynomial.coefficients.items() if c for v in m))
        levels = _by_count(polynomial, labels)
        if not labels:
            continue
        if levels is None:
            others += 1
            continue
        key = frozenset(labels)
        order.setdefault(key, labels)
        numbers = {s for s, value in enumerate(levels) if value <= at_most}
        allowed[key] = allowed.get(key, numbers) & numbers
    fixed = [FixedSum(order[key], *counts) for key, counts in allowed.items() if len(counts) == 1]
    return fixed, others + sum(len(counts) != 1 for counts in allowed.values())


def _single(formulation: Formulation) -> Iterator[tuple[Polynomial, Exact]]:
    """Every constraint, those that are several one by one, with its bound."""
    for constraint in formulation.constraints:
        if constraint.parts:
            yield from ((part, 0) for part in constraint.parts)
        else:
            yield constraint.polynomial, constraint.at_most


def _by_count(polynomial: Polynomial, labels: Sequence[Label]) -> list[Exact] | None:
    """The values by how many of the variables are 1, shape [len + 1]; None if more counts."""
    size = len(labels)
    by_order: dict[int, list[Exact]] = {}
    for monomial, c in polynomial.coefficients.items():
        if c:
            by_order.setdefault(len(monomial), []).append(c)
    for order, values in by_order.items():
        if len(values) != math.comb(size, order) or len(set(values)) > 1:
            return None
    return [
        sum((values[0] * math.comb(s, order) for order, values in by_order.items()), start=0)
        for s in range(size + 1)
    ]


def disjoint(sums: Sequence[FixedSum]) -> list[FixedSum]:
    """Sums that share no variable: those that take most off the space, the first of equal ones."""
    taken: set[Label] = set()
    chosen = []
    for one in sorted(sums, key=lambda one: -round(one.gain, 9)):
        if taken.isdisjoint(one.labels):
            taken.update(one.labels)
            chosen.append(one)
    return [one for one in sums if one in chosen]


def reduced(
    cost: Polynomial, sums: Iterable[FixedSum], variables: Sequence[Label]
) -> IsingHamiltonian:
    """The cost up to what is constant where the sums hold, with few products.

    Products that hold more variables of a sum than can be 1 are left out. Of the products Z Z
    inside a block the coefficient that most of them share is taken off all of them, and of its Z
    likewise, since ΣZ and ΣZZ are constant there. The constant keeps the energies equal.
    """
    sums = list(sums)
    of = {label: number for number, one in enumerate(sums) for label in one.labels}
    possible = {m: c for m, c in cost.coefficients.items() if _possible(m, of, sums)}
    ising = Polynomial.of_exact(possible).to_ising(variables)
    place = {label: i for i, label in enumerate(variables)}
    terms, constant = dict(ising.exact_terms), ising.constant
    for one in sums:
        qubits = sorted(place[label] for label in one.labels)
        if one.chosen in (0, len(qubits)):
            terms, more = _settled(terms, set(qubits), 1 if one.chosen else -1)
            constant += more
            continue
        spin = 2 * one.chosen - len(qubits)  # ΣZ of the block
        pairs = list(combinations(qubits, 2))
        constant += _shift(terms, pairs) * (spin * spin - len(qubits)) / 2
        constant += _shift(terms, [(q,) for q in qubits]) * spin
    left = {qubits: c for qubits, c in terms.items() if c}
    rounded = {qubits: float(c) for qubits, c in left.items()}
    return IsingHamiltonian(len(variables), rounded, float(constant), exact_terms=left)


def _possible(monomial: Iterable[Label], of: Mapping[Label, int], sums: Sequence[FixedSum]) -> bool:
    """Whether all of the variables can be 1 together."""
    held = Counter(of[label] for label in monomial if label in of)
    return all(times <= sums[number].chosen for number, times in held.items())


_Terms = dict[tuple[int, ...], Exact]


def _shift(terms: _Terms, places: Sequence[tuple[int, ...]]) -> float:
    """Take the commonest coefficient of some terms off all of them; returns it."""
    ((common, _),) = Counter(terms.get(place, 0) for place in places).most_common(1)
    for place in places:
        terms[place] = terms.get(place, 0) - common
    return float(common)


def _settled(terms: _Terms, qubits: set[int], spin: int) -> tuple[_Terms, float]:
    """The terms with some spins replaced by their value, and the constant that comes of it."""
    out: _Terms = {}
    for place, c in terms.items():
        left = tuple(q for q in place if q not in qubits)
        out[left] = out.get(left, 0) + c * spin ** (len(place) - len(left))
    return out, float(out.pop((), 0))
