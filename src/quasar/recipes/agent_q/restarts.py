"""AdamW with warm restarts, until the most probable state is a ground state (recipe `agent-q`).

A warm restart keeps the angles and resets the optimiser's moments. This is not a way to low
energies: the descent stops as soon as the most probable state is an optimum, however improbable
that still is. Differences from the published generator, which are differences of its code from its
settings: there a start may take 510 steps, VQE gets one fresh start fewer, and the fresh starts of
QAOA are π times larger.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from pydantic import AliasChoices, ConfigDict, Field

from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.settings import Settings
from quasar.optimize.trace import Budget, Trace
from quasar.recipes.agent_q.adamw import AdamW, AdamWSettings
from quasar.simulate.engine import FloatVector, StateEnergy, probabilities, top_is_optimal

_LEAST_GAIN = 1e-3  # of the energy range


class AdamWRestarts(Settings):
    """The descent's numbers; the defaults are those of the published data."""

    # Manifests and fingerprints of data sets keep the spelling that they began with.
    model_config = ConfigDict(serialize_by_alias=True)

    start: float = Field(default=0.01, gt=0)
    """First angles are uniform between 0 and this, radians."""
    adamw: AdamWSettings = AdamWSettings()
    """The optimiser."""
    steps_per_restart: int = Field(
        default=10,
        ge=1,
        validation_alias=AliasChoices("steps_per_restart", "bout"),
        serialization_alias="bout",
    )
    """Steps with one optimiser state, after which the most probable state is looked at; formerly
    `bout`."""
    max_steps: int = Field(default=500, ge=1)
    """Steps from one start."""
    restarts: int = Field(default=3, ge=0)
    """Fresh starts after a first one that failed."""
    patience: int | None = Field(default=None, ge=1)
    """Warm restarts after which a start is given up that has not come lower by 1e-3 of the range.
    None: never, as in the published data, where a few starts leave a plateau after 300 steps; about
    half of the time goes into starts that never do."""


@dataclass(frozen=True, eq=False)
class Descent:
    """Where the descent ended.

    Attributes:
        theta: parameters after the start that succeeded, else after the one that led lowest,
            shape [P], radians.
        energy: E there.
        steps: optimiser steps from that start.
        starts: how many there were.
        optimal: whether the most probable state is a ground state.
    """

    theta: FloatVector
    energy: float
    steps: int
    starts: int
    optimal: bool


def minimise_with_restarts(
    energy: StateEnergy,
    hamiltonian: IsingHamiltonian,
    rng: np.random.Generator,
    *,
    settings: AdamWRestarts | None = None,
    budget: Budget | None = None,
    trace: Trace | None = None,
    label: str = "agent-q",
) -> Descent:
    """Descend from small random angles until the most probable state is a ground state.

    Args:
        hamiltonian: what `energy` is of; its ground states are the aim.
        budget: further limits, default none; a look at the most probable state counts as one
            evaluation, as a gradient does. The last look is made even if none is left.
    """
    settings = settings or AdamWRestarts()
    budget = budget or Budget.unlimited()
    trace = trace or Trace()
    found: list[Descent] = []
    while len(found) <= settings.restarts:
        trace.begin(f"{label} start {len(found) + 1}")
        theta = rng.uniform(0.0, settings.start, energy.n_parameters)
        found.append(_descend(theta, energy, hamiltonian, settings, budget, trace))
        if found[-1].optimal or budget.spent:
            break
    best = found[-1] if found[-1].optimal else min(found, key=lambda descent: descent.energy)
    return replace(best, starts=len(found))


def _descend(
    theta: FloatVector,
    energy: StateEnergy,
    hamiltonian: IsingHamiltonian,
    settings: AdamWRestarts,
    budget: Budget,
    trace: Trace,
) -> Descent:
    """All warm restarts from one start."""
    steps = 0
    looks: list[float] = []
    while True:
        optimiser = AdamW(theta.size, settings.adamw)
        for _ in range(min(settings.steps_per_restart, settings.max_steps - steps)):
            if budget.spent:
                break
            budget.used += 1
            value, gradient = energy.value_and_gradient(theta)
            trace.record(value, theta)
            theta = optimiser.step(theta, gradient)
            steps += 1
        p = probabilities(energy.state(theta))
        looks.append(float(p @ hamiltonian.diagonal))
        if not (budget.spent and trace.energies):
            budget.used += 1
            trace.record(looks[-1], theta)
        optimal = top_is_optimal(p, hamiltonian.ground)
        ended = steps >= settings.max_steps or budget.spent
        if optimal or ended or _is_stuck(looks, hamiltonian.diagonal, settings.patience):
            return Descent(theta, looks[-1], steps, 1, optimal)


def _is_stuck(looks: list[float], diagonal: FloatVector, patience: int | None) -> bool:
    """Whether the last `patience` energies came no lower than those before."""
    if patience is None or len(looks) <= patience:
        return False
    gain = min(looks[:-patience]) - min(looks[-patience:])
    return gain < _LEAST_GAIN * float(np.ptp(diagonal))
