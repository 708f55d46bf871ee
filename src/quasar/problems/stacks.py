"""What a solution looks like as things piled up: bins, a knapsack, two sides of a balance.

For types without a graph of their own (`Problem.stacks`). Data only; `quasar.report` draws it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Stack(NamedTuple):
    """One pile.

    Attributes:
        name: what stands below it.
        parts: name and size of each thing in it, the lowest first.
        wrong: whether it breaks a constraint.
        aside: things that are not chosen; drawn pale.
    """

    name: str
    parts: Sequence[tuple[str, float]]
    wrong: bool = False
    aside: bool = False


class SolutionStacks(NamedTuple):
    """Piles side by side.

    Attributes:
        title: the solution in one phrase.
        stacks: from left to right.
        unit: what the height is.
        limit: a line that no pile may pass; None: there is none.
    """

    title: str
    stacks: Sequence[Stack]
    unit: str
    limit: float | None = None
