"""What a stage is given and what it gives, and how to get one by name.

A further stage is one module and one line in `STAGES`; one of an installed package is found by its
entry point in the group `quasar.stages`, in every process. Feasibility is not in the registry: it
comes first, and what it gives is what the others measure.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Literal, NamedTuple, Protocol

from pydantic import BaseModel

from quasar.core.errors import InputError
from quasar.verifier.context import Context

Need = Literal["answer", "reference", "circuit"]
"""What a stage cannot do without. `answer`: one bit of the answer for each variable of the problem;
`reference`: a reference circuit; `circuit`: a program without mid-circuit measurement."""


class Skipped(NamedTuple):
    """Why a stage has no result."""

    why: str


class Stage(Protocol):
    """One kind of measurement of a circuit that can be run.

    Attributes:
        name: its key in `report.stages`, `report.skipped` and `report.cost_s`.
        needs: without these it is skipped, and the report says so.
    """

    name: str
    needs: frozenset[Need]

    def measure(self, context: Context) -> BaseModel | Skipped:
        """The raw measurements: never a reward."""
        ...


STAGES: dict[str, str | Callable[[], Stage]] = {
    "behaviour": "quasar.verifier.stages.behaviour:BehaviourStage",
    "objective": "quasar.verifier.stages.objective:ObjectiveStage",
    "ground": "quasar.verifier.stages.ground:GroundStage",
    "utility": "quasar.verifier.stages.utility:UtilityStage",
}
"""Stages by name, in the order in which they run: what makes one, or module and class."""

ENTRY_POINTS = "quasar.stages"
"""Group of entry points, each of a class without arguments."""


def get_stage(name: str) -> Stage:
    """The stage of that name.

    Raises:
        InputError: there is none.
    """
    made = STAGES.get(name)
    if made is None:
        found = tuple(entry_points(group=ENTRY_POINTS, name=name))
        if not found:
            raise InputError(
                f"unknown stage {name!r}; known: {', '.join(STAGES)}. Processes with limits know "
                f"those of installed packages (entry points {ENTRY_POINTS!r}), not those that only "
                "one process adds to STAGES."
            )
        made = found[0].load()
    if isinstance(made, str):
        made = pkgutil.resolve_name(made)
    stage: Stage = made()
    return stage
