"""Every candidate of a small problem, tried: the independent solver of types that have no other.

Candidates and their values come from the statement of the problem; nothing here uses a polynomial,
a variable label or a decoder.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import combinations
from typing import Any, Literal

from problems.solvers import canonical
from quasar.problems.base import Problem, encode


def subsets(names: Sequence[Any]) -> Iterator[list[Any]]:
    """All choices of some of the names, in their order."""
    for size in range(len(names) + 1):
        yield from map(list, combinations(names, size))


def total(weights: Iterable[Any]) -> int | Fraction:
    """The sum of decimals as they are written."""
    return sum(w if isinstance(w, int) else Fraction(str(w)) for w in weights)


def best(
    candidates: Iterable[Any],
    value: Callable[[Any], Any],
    sense: Literal["min", "max"],
    is_valid: Callable[[Any], bool] = lambda _: True,
) -> set[Hashable]:
    """The valid candidates whose value is best; values are looked at from the best one on."""
    valued = sorted(((value(one), one) for one in candidates), key=lambda pair: pair[0])
    found: set[Hashable] = set()
    lowest = None
    for v, one in valued if sense == "min" else reversed(valued):
        if lowest is not None and v != lowest:
            break
        if is_valid(one):
            lowest = v
            found.add(canonical(one))
    return found


def best_sets(
    problem: Any, sense: Literal["min", "max"], is_right: Callable[[int], bool], weight: int = 1
) -> set[Hashable]:
    """The best choices of sets in a problem on named sets.

    Args:
        is_right: whether so many chosen sets may hold an element.
        weight: of each set where none are given.
    """
    attributes = problem.to_data()["problem_specific_attributes"]
    sets, weights = (
        dict(enumerate(given)) if isinstance(given, list) else given
        for given in (attributes["sets"], attributes.get("weights"))
    )
    elements = {e for members in sets.values() for e in members}
    elements.update(attributes.get("elements", []))

    def is_valid(chosen: list[Any]) -> bool:
        return all(is_right(sum(e in sets[name] for name in chosen)) for e in elements)

    def weigh(chosen: list[Any]) -> Any:
        return total(weights[s] if weights else weight for s in chosen)

    return best(subsets(list(sets)), weigh, sense, is_valid)


def ground_solutions(problem: Problem) -> set[Hashable]:
    """What the ground states of `exact` decode to, all of them valid."""
    encoded = encode(problem)
    states = [encoded.decode(int(i)) for i in encoded.hamiltonian.spectrum.ground_states]
    assert all(state.feasible for state in states if state is not None)
    return {canonical(state.solution) for state in states if state is not None}


def has_no_solution(problem: Problem) -> bool:
    """Whether the verdict says that no assignment is valid."""
    return encode(problem).optimality.status == "infeasible"
