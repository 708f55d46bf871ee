"""Adaptive VQE as the published data grew it: each angle tuned once and never again.

Source: PennyLane's `AdaptiveOptimizer`, with the pool of `circuits.adaptive`. At each step the gate
with the steepest slope while the whole unused pool is appended at a small angle; its angle alone is
then tuned from 0. Nothing is random. `adaptive.py` has the better way, all angles tuned again.

From Hadamards the state stays real, and on a real state RX and RZ have no slope: they are picked
now and then for the slope they have among the other pool gates, stay at 0, and use up a step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydantic import Field

from quasar.circuits.circuit import Gate
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.settings import Settings
from quasar.optimize.trace import Budget, Trace
from quasar.recipes.agent_q.one_angle import landscape, rotate
from quasar.recipes.agent_q.pool_sweep import PoolSweep

_TIE = 1e-10  # relative: slopes closer than this are equal, and the pool's order decides


class PublishedAdaptSettings(Settings):
    """The growth's numbers; the defaults are those of the published data."""

    pool_angle: float = 1e-3
    """Angle at which the unused pool is appended while the next gate is chosen, radians."""
    tuning_steps: int = Field(default=10, ge=0)
    """Gradient-descent steps of a chosen gate's angle."""
    step_size: float = Field(default=0.5, gt=0)
    """Step size of that descent."""
    slope_stop: float = Field(default=3e-3, ge=0)
    """The first gate chosen for a slope below this is the last."""
    max_gates: int = Field(default=100, ge=0)
    """Gates chosen at most."""


@dataclass(frozen=True, eq=False)
class Growth:
    """The gates of an adaptive circuit after its Hadamards.

    Attributes:
        gates: as chosen, with their angles (radians); some stand at 0.
        slopes: |dE/dθ| that each was chosen for, shape [len(gates)].
        energies: E after each of them, shape [len(gates)].
    """

    gates: tuple[Gate, ...]
    slopes: tuple[float, ...]
    energies: tuple[float, ...]


def adapt_published(
    hamiltonian: IsingHamiltonian,
    *,
    settings: PublishedAdaptSettings | None = None,
    budget: Budget | None = None,
    trace: Trace | None = None,
) -> Growth:
    """Choose and tune gates until no slope is left, or no gate, or no budget.

    Args:
        budget: further limits, default none; the start and each gate count as one evaluation.
    """
    settings = settings or PublishedAdaptSettings()
    budget = budget or Budget.unlimited()
    trace = trace or Trace()
    trace.begin("adaptive")
    diagonal = hamiltonian.diagonal
    state = np.full(diagonal.size, diagonal.size**-0.5, dtype=np.complex128)
    sweep = PoolSweep(diagonal, settings.pool_angle)
    gates: list[Gate] = []
    slopes: list[float] = []
    energies: list[float] = []
    budget.used += 1
    trace.record(float(diagonal.mean()), [])
    while len(gates) < settings.max_gates and sweep.left.any() and not budget.spent:
        budget.used += 1
        sizes = np.where(sweep.left, np.abs(sweep.slopes(state)), -1.0)
        steepest = float(sizes.max())
        index = int(np.argmax(sizes >= steepest * (1.0 - _TIE)))
        sweep.remove(index)
        gate = sweep.gates[index]
        energy = landscape(state, diagonal, gate)
        angle = energy.descend(settings.tuning_steps, settings.step_size)
        state = rotate(state, gate, angle)
        gates.append(Gate(gate.name, gate.qubits, (angle,)))
        slopes.append(steepest)
        energies.append(energy.value(angle))
        trace.record(energies[-1], [g.params[0] for g in gates])
        if steepest < settings.slope_stop:
            break
    return Growth(tuple(gates), tuple(slopes), tuple(energies))
