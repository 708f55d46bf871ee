"""VQE angles: random restarts of a local optimiser, the best kept."""

from __future__ import annotations

import numpy as np

from quasar.circuits.ansatz import Ansatz
from quasar.optimize.minimize import Minimum, lbfgs
from quasar.optimize.trace import Budget, Trace
from quasar.simulate.engine import Energy, FloatVector


def optimise_vqe(
    energy: Energy,
    rng: np.random.Generator,
    *,
    restarts: int = 8,
    target: float | None = None,
    budget: Budget | None = None,
    trace: Trace | None = None,
    label: str = "vqe",
) -> Minimum:
    """Minimise from uniform random angles, up to `restarts` times.

    Zero angles are not a start: at a basis state every gradient of a diagonal energy vanishes.

    Args:
        target: stop as soon as this energy is reached.
    """
    budget = budget or Budget()
    trace = trace or Trace()
    best: Minimum | None = None
    for attempt in range(restarts):
        if best is not None and (budget.spent or (target is not None and best.energy <= target)):
            break
        trace.begin(f"{label} start {attempt + 1}")
        start = rng.uniform(-np.pi, np.pi, energy.n_parameters)
        found = lbfgs(energy, start, budget=budget, trace=trace)
        if best is None or found.energy < best.energy:
            best = found
    if best is None:
        raise ValueError("restarts must be at least 1")
    return best


def wrap_angles(ansatz: Ansatz, theta: FloatVector) -> FloatVector:
    """The same circuit up to global phase with angles nearest zero, shape [P].

    A rotation repeats after 2π, a controlled one after 4π; an angle shared at different scales is
    left as it is.
    """
    period = np.full(ansatz.n_parameters, 2 * np.pi)
    fixed = np.zeros(ansatz.n_parameters, dtype=bool)
    for slot in ansatz.slots:
        if abs(slot.scale) != 1.0:
            fixed[slot.parameter] = True
        elif len(ansatz.gates[slot.gate].qubits) > 1:
            period[slot.parameter] = 4 * np.pi
    wrapped = theta - period * np.ceil(theta / period - 0.5)
    return np.where(fixed, theta, wrapped)
