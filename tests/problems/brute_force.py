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


def total(weights: Iterable[Any]) -> Fraction:
    """The sum of decimals as they are written."""
    return sum((Fraction(str(weight)) for weight in weights), Fraction(0))


def best(
    candidates: Iterable[Any], value: Callable[[Any], Any], sense: Literal["min", "max"]
) -> set[Hashable]:
    """Those of the (valid) candidates whose value is best; decimals count as they are written."""
    sign = 1 if sense == "min" else -1
    found = [(sign * Fraction(str(value(one))), canonical(one)) for one in candidates]
    lowest = min((v for v, _ in found), default=None)
    return {solution for v, solution in found if v == lowest}


def ground_solutions(problem: Problem) -> set[Hashable]:
    """What the ground states of `exact` decode to, all of them valid."""
    encoded = encode(problem)
    states = [encoded.decode(int(i)) for i in encoded.hamiltonian.spectrum.ground_states]
    assert all(state.feasible for state in states if state is not None)
    return {canonical(state.solution) for state in states if state is not None}


def has_no_solution(problem: Problem) -> bool:
    """Whether the verdict says that no assignment is valid."""
    return encode(problem).optimality.status == "infeasible"
