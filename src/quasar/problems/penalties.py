"""Building blocks of constraints as penalties: one-hot squares, products, sufficient sizes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import combinations

from quasar.core.errors import ProblemError
from quasar.core.exact import Exact
from quasar.core.labels import Label
from quasar.core.polynomial import Polynomial
from quasar.problems.formulation import Constraint, Penalties

MAX_FACTORS = 16
"""Longest product expanded: it has 2**16 terms, which take about half a second."""


def above(bound: Exact) -> Exact:
    """A penalty that outweighs `bound` without dwarfing the objective: a tenth more, 1 for 0.

    Large penalties widen the spectrum, and the objective becomes a small part of it. So the bound
    that a problem derives should be tight, and the margin is small.
    """
    return bound * Fraction(11, 10) if bound > 0 else 1


def outweighing(cost: Exact, unit: Exact) -> Exact:
    """A penalty above the cost of the cheapest repair of a violation: twice that.

    Where a repair costs nothing or pays, `unit`, since a violation must never tie. Integer costs
    give integer penalties, and costs of 1 the benchmark's 2.
    """
    return 2 * cost if cost > 0 else unit


def unit(weights: Iterable[Exact]) -> Exact:
    """The smallest size of a weight that is not 0: 1 where there is none."""
    return min((weight if weight > 0 else -weight for weight in weights if weight), default=1)


def of_pairs(
    pairs: Iterable[tuple[Label, Label]], weights: Mapping[Label, Exact]
) -> dict[tuple[Label, Label], Exact]:
    """What outweighs the lighter of each pair."""
    least = unit(weights.values())
    return {(u, v): outweighing(min(weights[u], weights[v]), least) for u, v in pairs}


def exactly_one(labels: Iterable[Label]) -> Polynomial:
    """(1 - Σ x)²: 0 when one of the variables is 1, at least 1 otherwise."""
    return Polynomial.linear(dict.fromkeys(labels, -1), 1).square()


def one_in_each(groups: Iterable[Iterable[Label]]) -> list[Polynomial]:
    """`exactly_one` of each group."""
    return [exactly_one(labels) for labels in groups]


def products(pairs: Iterable[tuple[Label, Label]]) -> Polynomial:
    """Σ x_a x_b over pairs of variables: how many of the pairs are both 1."""
    out = Polynomial()
    for pair in pairs:
        out.accumulate(Polynomial({frozenset(pair): 1}))
    return out


def none_of(labels: Sequence[Label], what: str) -> Polynomial:
    """Π (1 - x): 1 when none of the variables is 1, 0 otherwise.

    Args:
        what: where the variables stand, for the message.

    Raises:
        ProblemError: more than `MAX_FACTORS` of them.
    """
    if len(labels) > MAX_FACTORS:
        raise ProblemError(
            f"{what} leads to a product of {len(labels)} variables with 2**{len(labels)} terms: "
            f"keep to {MAX_FACTORS} there, or split it."
        )
    return Polynomial(
        {
            frozenset(part): (-1) ** size
            for size in range(len(labels) + 1)
            for part in combinations(labels, size)
        }
    )


def not_both(
    pairs: Iterable[tuple[Label, Label]], weights: Mapping[Label, Exact], why: str
) -> tuple[Constraint, Penalties]:
    """Of each pair at most one variable may be 1: the constraint, and penalties for it.

    Sufficient beside the cost -Σ w x: taking the lighter of a pair out costs its weight and saves
    more, as `of_pairs` sets the penalties.

    Args:
        weights: of the variables.
        why: the derivation in the problem's terms.
    """
    sizes = of_pairs(pairs, weights)
    terms = Polynomial({frozenset(pair): size for pair, size in sizes.items()})
    return Constraint(products(sizes)), Penalties(terms, max(sizes.values(), default=1), why)


def one_of_each(
    groups: Iterable[tuple[str, Sequence[Label]]], weights: Mapping[Label, Exact], why: str
) -> tuple[Constraint, Penalties]:
    """At least one variable of each group must be 1: the constraint, and penalties for it.

    A bare group costs twice its lightest variable, or, where that is not positive, the smallest
    |weight| above 0. Sufficient beside the cost Σ w x: taking the lightest variable in costs its
    weight and saves more.

    Args:
        groups: each with what it is called in messages; an empty one cannot be satisfied.
        weights: of the variables.
        why: the derivation in the problem's terms.

    Raises:
        ProblemError: a group of more than `MAX_FACTORS` variables.
    """
    least = unit(weights.values())
    bare, terms = Polynomial(), Polynomial()
    sizes: list[Exact] = [1]
    for what, labels in groups:
        sizes.append(outweighing(min((weights[v] for v in labels), default=1), least))
        none = none_of(labels, what)
        bare.accumulate(none)
        terms.accumulate(none, sizes[-1])
    return Constraint(bare), Penalties(terms, max(sizes), why)
