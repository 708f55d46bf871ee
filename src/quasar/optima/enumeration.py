"""All assignments of the exact encoding, to 24 qubits: the optimum, or that there is none."""

from __future__ import annotations

from quasar.optima.search import Found
from quasar.problems.base import Problem, encode

NAME = "enumeration"


def solve(problem: Problem) -> Found:
    """The first of the optimal states; its own cost is the bound, see `Found`.

    Raises:
        ProblemError: too many qubits to enumerate, or no exact encoding of this size.
    """
    encoded = encode(problem, verifiable=True)
    states = encoded.optimality.states(1)
    if not states.size:
        return Found(NAME, infeasible=True)
    best = encoded.decode(int(states[0]))
    return Found(NAME, solution=None if best is None else best.solution)
