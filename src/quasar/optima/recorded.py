"""Optima that others proved by exhaustive search: recorded, and never computed again.

Low-autocorrelation sequences of up to 66 signs: Packebusch and Mertens, J. Phys. A 49, 165001
(2016), table 1 (arXiv 1512.02475). An optimal sequence stands beside nearly each energy, as the
lengths of its runs in base 36, so that the energy can be checked; that nothing is lower cannot.
Where there is none, the energy is a bound, and a sequence is searched for.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from itertools import cycle

from quasar.optima.search import Found
from quasar.problems.base import Problem
from quasar.problems.labs import LowAutocorrelation

NAME = "recorded (arXiv 1512.02475)"
"""How such an optimum is known."""


def recorded(problem: Problem) -> Found | None:
    """The optimum as it was published; None where none is recorded."""
    if not isinstance(problem, LowAutocorrelation) or not problem.is_plain:
        return None
    known = _sequences().get(str(problem.length))
    if known is None:
        return None
    energy, runs = known
    signs: list[int] = []
    for sign, run in zip(cycle((1, -1)), runs or "", strict=False):
        signs += [sign] * int(run, 36)
    return Found(NAME, bound=energy, solution=signs or None)


@cache
def _sequences() -> dict[str, tuple[int, str | None]]:
    """By length: the lowest energy, and the runs of a sequence that has it."""
    text = files("quasar.optima").joinpath("recorded_labs.json").read_text(encoding="utf-8")
    sequences: dict[str, tuple[int, str | None]] = json.loads(text)["sequences"]
    return sequences
