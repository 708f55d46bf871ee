"""Optima that others proved by exhaustive search: recorded, and never computed again.

Low-autocorrelation sequences of up to 66 signs: Packebusch and Mertens, J. Phys. A 49, 165001
(2016), table 1 (arXiv 1512.02475). An optimal sequence stands beside each energy, as the lengths of
its runs in base 36, so that the energy can be checked; that nothing is lower cannot.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from itertools import cycle

from quasar.optima.result import BoundedOptimum
from quasar.problems.base import Problem
from quasar.problems.labs import LowAutocorrelation

METHOD = "recorded (arXiv 1512.02475)"
"""How such an optimum is known."""


def recorded_optimum(problem: Problem) -> BoundedOptimum | None:
    """The optimum as it was published; None where none is recorded."""
    if not isinstance(problem, LowAutocorrelation) or not problem.is_plain:
        return None
    known = _sequences().get(str(problem.length))
    if known is None:
        return None
    energy, runs = known
    signs = [
        sign for sign, run in zip(cycle((1, -1)), runs, strict=False) for _ in range(int(run, 36))
    ]
    return BoundedOptimum(
        problem.problem_type,
        problem.sense,
        "proven",
        solution=signs,
        value=float(energy),
        bound=float(energy),
        solution_by=METHOD,
        bound_by=METHOD,
        variables=problem.length,
    )


@cache
def _sequences() -> dict[str, tuple[int, str]]:
    """By length: the lowest energy, and the runs of a sequence that has it."""
    text = files("quasar.optima").joinpath("recorded_labs.json").read_text(encoding="utf-8")
    sequences: dict[str, tuple[int, str]] = json.loads(text)["sequences"]
    return sequences
