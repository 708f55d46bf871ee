"""What is known of an unconstrained cost without any search: a greedy solution and a plain bound.

For want of something better, where the time was too short for the solvers or the user ended it. The
solution sets one variable after the other by the mean over those that are still open (the method of
conditional expectations), so it is at least as good as the mean of all assignments. The bound is
that of a sum of signs: with x = (1 + s) / 2, no cost is below the constant less the sizes of all
coefficients of products of spins s.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations

from quasar.core.exact import Exact, exact
from quasar.core.labels import Label
from quasar.optima.lattice import next_multiple, size
from quasar.optima.search import Found
from quasar.problems.native import NativeModel

GREEDY = "greedy"
COEFFICIENTS = "coefficients"
_MOST_PRODUCTS = 2_000_000  # of spins, in the bound: about a second


def first_look(model: NativeModel) -> Iterator[Found]:
    """A solution and a bound; nothing where the model has constraints or integers."""
    if not (model.is_unconstrained and model.is_binary):
        return
    yield Found(GREEDY, _greedy(model))
    if sum(1 << len(monomial) for monomial in model.cost.coefficients) <= _MOST_PRODUCTS:
        yield Found(COEFFICIENTS, bound=_bound(model))


def _greedy(model: NativeModel) -> dict[Label, int]:
    holding: dict[Label, list[tuple[frozenset[Label], Exact]]] = defaultdict(list)
    for monomial, c in model.cost.coefficients.items():
        for label in monomial:
            holding[label].append((monomial, c))
    order = model.order
    twice: dict[Label, int] = {}  # what is set, times two; an open variable counts as one half
    for label in model.variables:
        slope: Exact = 0
        for monomial, c in holding[label]:
            weight = 1
            for other in monomial - {label}:
                weight *= twice.get(other, 1)
            slope += c * weight * 2 ** (order - len(monomial))
        twice[label] = 2 if slope < 0 else 0
    return {label: value // 2 for label, value in twice.items()}


def _bound(model: NativeModel) -> Exact:
    order = model.order
    spins: dict[frozenset[Label], Exact] = defaultdict(int)  # coefficients, times 2**order
    for monomial, c in model.cost.coefficients.items():
        share = c * 2 ** (order - len(monomial))
        for length in range(len(monomial) + 1):
            for labels in combinations(monomial, length):
                spins[frozenset(labels)] += share
    constant = spins.pop(frozenset(), 0)
    lowest = Fraction(constant - sum(map(size, spins.values())), 1 << order)
    return next_multiple(model.cost, exact(lowest))
