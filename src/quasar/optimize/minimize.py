"""Local optimisers over E(θ): L-BFGS with adjoint gradients, and gradient-free COBYLA."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from threading import Thread

import numpy as np
import numpy.typing as npt

from quasar.optimize.trace import Budget, BudgetSpent, Trace
from quasar.simulate.engine import Energy, FloatVector

Value = Callable[[npt.ArrayLike], float]


@dataclass(frozen=True)
class Minimum:
    """Where a local optimisation ended.

    Attributes:
        theta: best parameters seen, shape [P], radians.
        energy: E there.
        evaluations: evaluations used.
    """

    theta: FloatVector
    energy: float
    evaluations: int


def load_early() -> None:
    """Have the optimiser's library loaded soon, while the caller waits for something else."""
    if "scipy.optimize" not in sys.modules:
        Thread(target=import_module, args=("scipy.optimize",), daemon=True).start()


def lbfgs(
    energy: Energy,
    theta: npt.ArrayLike,
    *,
    budget: Budget | None = None,
    trace: Trace | None = None,
    gradient_tolerance: float = 1e-6,
    relative_tolerance: float = 1e-12,
    max_iterations: int = 500,
) -> Minimum:
    """Minimise by L-BFGS-B from `theta`; stops early, with the best so far, when out of budget.

    Tolerances are in the energy's own `unit`.

    Args:
        gradient_tolerance: it ends when no component of the gradient exceeds this,
        relative_tolerance: or a step lowers the energy by less than this fraction of it.
    """
    from scipy.optimize import minimize

    budget = budget or Budget()
    trace = trace or Trace()
    local = Trace()
    start = np.asarray(theta, dtype=np.float64)

    def objective(x: FloatVector) -> tuple[float, FloatVector]:
        budget.take()
        value, gradient = energy.value_and_gradient(x)
        trace.record(value, x)
        local.record(value, x)
        return value / energy.unit, gradient / energy.unit

    with suppress(BudgetSpent):
        if start.size == 0:
            objective(start)
        else:
            minimize(
                objective,
                start,
                jac=True,
                method="L-BFGS-B",
                options={
                    "maxiter": max_iterations,
                    "gtol": gradient_tolerance,
                    "ftol": relative_tolerance,
                },
            )
    if not local.energies:
        return Minimum(start, np.inf, 0)
    return Minimum(local.best_theta, local.best_energy, len(local.energies))


def cobyla(
    value: Value,
    theta: npt.ArrayLike,
    *,
    max_evaluations: int = 80,
    tolerance: float = 1e-6,
    initial_step: float = 1.0,
    resolution: float = 0.0,
) -> Minimum:
    """Minimise by COBYLA (Powell 1994), as the published verifier's utility stage does.

    nlopt's port is used: SciPy's spends 15 to 80 ms of its own time on 80 evaluations and exceeds
    the limit when there are more angles than evaluations.

    Args:
        value: E(θ).
        max_evaluations: hard limit on evaluations of E.
        tolerance: final trust-region radius in radians.
        initial_step: first trust-region radius in radians (SciPy's `rhobeg` default).
        resolution: COBYLA sees energies rounded to multiples of this. It compares them, and on
            flat ground the last bits, which differ between machines, would choose its path.
    """
    import nlopt

    start = np.asarray(theta, dtype=np.float64)
    trace = Trace()
    if start.size == 0:
        return Minimum(start, value(start), 1)

    def objective(x: FloatVector, _gradient: FloatVector) -> float:
        energy = value(x)
        trace.record(energy, x)
        return round(energy / resolution) * resolution if resolution > 0.0 else energy

    optimizer = nlopt.opt(nlopt.LN_COBYLA, start.size)
    optimizer.set_min_objective(objective)
    optimizer.set_maxeval(max_evaluations)
    optimizer.set_xtol_abs(tolerance)
    optimizer.set_initial_step(initial_step)
    # RoundoffLimited: converged as far as floating point allows; the trace holds the best point.
    with suppress(nlopt.RoundoffLimited):
        optimizer.optimize(start)
    return Minimum(trace.best_theta, trace.best_energy, len(trace.energies))
