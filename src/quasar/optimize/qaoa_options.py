"""QAOA by other starts and objectives: starting angles, warm starts, CVaR; to any size.

Up to 24 qubits everything is exact. Beyond, means are exact by causal cones (`simulate.cones`) and
CVaR is sampled (`optimize.sampled_tail`).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from quasar.circuits.ansatz import Ansatz
from quasar.circuits.qaoa import qaoa
from quasar.circuits.warm_qaoa import warm_qaoa
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.labs_angles import labs_angles
from quasar.optimize.minimize import Minimum, cobyla, lbfgs
from quasar.optimize.qaoa import optimise_qaoa
from quasar.optimize.qaoa_large import (
    affordable_evaluations,
    deepest_affordable,
    default_starts,
    starting_angles,
)
from quasar.optimize.sampled_tail import SampledTail
from quasar.optimize.trace import Budget, BudgetSpent, Trace
from quasar.optimize.warm_state import WarmStart, warm_probabilities, warm_starts
from quasar.simulate.cones.energy import ConeEnergy
from quasar.simulate.energy import energy_of
from quasar.simulate.engine import Energy, FloatVector, StateEnergy
from quasar.simulate.tail_energy import TailEnergy

AnyStart = Literal["transfer", "table", "ramp", "nano", "fixed"]
"""Angles that are known without an energy, those of the packaged model included; `fixed` ones are
taken as they are.
"""

DEPTH = 3
"""Depth tried beyond 24 qubits where none is asked for."""
SAMPLED_EVALUATIONS = 40
"""Values of a sampled CVaR, where no number is asked for."""
_TRIED = 3  # starts that are optimised, of those looked at


class QaoaOptions(NamedTuple):
    """What QAOA starts from and what it lowers.

    Attributes:
        start: the first angles; None: as is best for the size and the depth. `fixed` is for
            low-autocorrelation sequences, and nothing is optimised then.
        warm_start: what its first state comes from; None: the uniform superposition.
        cvar: fraction of the lowest energies whose mean is lowered; None: the mean of all.
        seed: of warm starts and samples.
        of_model: the packaged model's angles for a Hamiltonian and a depth, for start `nano`.
    """

    start: AnyStart | None = None
    warm_start: WarmStart | None = None
    cvar: float | None = None
    seed: int = 0
    of_model: Callable[[IsingHamiltonian, int], FloatVector] | None = None

    @property
    def plain(self) -> bool:
        """Whether it is QAOA as by default."""
        return self.start is None and self.warm_start is None and self.cvar is None

    def ansatz(
        self, hamiltonian: IsingHamiltonian, stop: Callable[[], bool] | None = None
    ) -> Callable[[int], Ansatz]:
        """What makes the circuit of each depth; a warm start's state is found once.

        Raises:
            InputError: as `warm_probabilities` does.
        """
        if self.warm_start is None:
            return lambda layers: qaoa(hamiltonian, layers)
        ones = warm_probabilities(hamiltonian, self.warm_start, seed=self.seed, stop=stop)
        return lambda layers: warm_qaoa(hamiltonian, layers, ones.tolist())

    def angles(self, hamiltonian: IsingHamiltonian, layers: int) -> list[FloatVector]:
        """First angles, each of shape [2p]; several where they are to be compared.

        Raises:
            InputError: an unknown start, or no fixed angles for this.
        """
        if self.start is None and self.warm_start is not None:
            return warm_starts(hamiltonian, layers)
        if self.start is None:
            return [starting_angles(hamiltonian, layers, name) for name in default_starts(layers)]
        start = self.start
        if start not in get_args(AnyStart):
            known = ", ".join(get_args(AnyStart))
            raise InputError(f"there is no start {start!r}: use one of {known}.")
        if start == "fixed":
            if self.warm_start is not None or self.cvar is not None:
                raise InputError(
                    "fixed angles are for QAOA without warm_start and cvar: leave these out."
                )
            return [labs_angles(hamiltonian, layers)]
        if start != "nano":
            return [starting_angles(hamiltonian, layers, start)]
        if self.of_model is None:
            raise InputError("start 'nano' needs the packaged model's angles.")
        return [self.of_model(hamiltonian, layers)]


def optimise_exactly(
    hamiltonian: IsingHamiltonian,
    layers: int,
    options: QaoaOptions,
    budget: Budget,
    trace: Trace,
) -> tuple[Ansatz, Minimum]:
    """QAOA of up to 24 qubits by its options; the minimum's energy is the mean.

    Raises:
        InputError: as `QaoaOptions` does.
        ProblemError: too many qubits.
    """
    ansatz = options.ansatz(hamiltonian, budget.stop)(layers)
    mean = energy_of(ansatz, hamiltonian)
    energy: StateEnergy = mean
    if options.cvar is not None:
        energy = TailEnergy(ansatz, hamiltonian.diagonal, options.cvar)
    starts = options.angles(hamiltonian, layers)
    if options.start == "fixed":
        return ansatz, _as_they_are(mean, starts[0], trace)
    if options.start is None and options.warm_start is None:
        shared = Budget(budget.max_evaluations // 2, budget.max_seconds, stop=budget.stop)
        starts += [found.theta for _, found in optimise_qaoa(hamiltonian, layers, budget=shared)]
        starts = [theta for theta in starts if theta.size == 2 * layers]
        budget.used += shared.used
    best = _from_best(energy, starts, ansatz.name, budget, trace)
    return ansatz, replace(best, energy=mean.value(best.theta))


def optimise_by_cones(
    hamiltonian: IsingHamiltonian,
    layers: int | None,
    options: QaoaOptions,
    budget: Budget,
    trace: Trace,
    *,
    fewer: bool = False,
) -> tuple[ConeEnergy, Minimum]:
    """QAOA of any size: the exact mean, and then CVaR from samples where it is asked for.

    Args:
        layers: p; None: up to `DEPTH`, as deep as is cheap.
        fewer: the budget's evaluations are reduced where one is expensive. With CVaR the mean has
            half of the budget, and CVaR at least one value, so that it is never left out silently.

    Returns:
        The mean energy, and the angles that were found with their mean.

    Raises:
        TooWide: the causal cones of the depth asked for are too wide to compute.
        InputError: one layer of a graph that is too dense, or as `QaoaOptions` and `SampledTail`.
    """
    make = options.ansatz(hamiltonian, budget.stop)
    if layers is None:
        energy = deepest_affordable(hamiltonian, DEPTH, make)
    else:
        energy = ConeEnergy(make(layers), hamiltonian)
    if fewer:
        budget.max_evaluations = affordable_evaluations(energy, budget.max_evaluations)
    starts = options.angles(hamiltonian, energy.n_parameters // 2)
    if options.start == "fixed":
        return energy, _as_they_are(energy, starts[0], trace)
    mean = budget if options.cvar is None else _half(budget)
    best = _from_best(energy, starts, energy.ansatz.name, mean, trace, tolerance=1e-4, tried=1)
    if options.cvar is None or (budget.stop is not None and budget.stop()):
        return energy, best
    budget.used += mean.used
    return energy, _by_samples(energy, hamiltonian, options, best, budget, trace)


def _as_they_are(energy: Energy, theta: FloatVector, trace: Trace) -> Minimum:
    trace.begin(energy.ansatz.name)
    value = energy.value(theta)
    trace.record(value, theta)
    return Minimum(theta, value, 1)


def _half(budget: Budget) -> Budget:
    seconds = None
    if budget.max_seconds is not None:
        seconds = max(0.0, budget.max_seconds - budget.elapsed_s) / 2
    return Budget(max(1, budget.max_evaluations // 2), seconds, stop=budget.stop)


def _from_best(
    energy: Energy,
    starts: list[FloatVector],
    label: str,
    budget: Budget,
    trace: Trace,
    *,
    tolerance: float = 1e-6,
    tried: int = _TRIED,
) -> Minimum:
    """L-BFGS from the best of the starts; those are looked at even without a budget."""
    trace.begin(label)
    seen: list[tuple[float, FloatVector]] = []
    for theta in starts:
        if len(starts) == 1:
            break
        if budget.spent and seen:
            break
        budget.used += 1
        seen.append((energy.value(theta), theta))
        trace.record(*seen[-1])
    ordered = [theta for _, theta in sorted(seen, key=lambda pair: pair[0])] or starts
    found = [
        lbfgs(energy, theta, budget=budget, trace=trace, gradient_tolerance=tolerance)
        for theta in ordered[:tried]
        if not budget.spent
    ]
    found = [minimum for minimum in found if np.isfinite(minimum.energy)]
    if found:
        return min(found, key=lambda minimum: minimum.energy)
    return Minimum(ordered[0], energy.value(ordered[0]), 1)


def _by_samples(
    energy: ConeEnergy,
    hamiltonian: IsingHamiltonian,
    options: QaoaOptions,
    start: Minimum,
    budget: Budget,
    trace: Trace,
) -> Minimum:
    """COBYLA on the sampled CVaR, from the best angles of the mean."""
    tail = SampledTail(energy.ansatz, hamiltonian, options.cvar or 1.0, options.seed)
    trace.begin(f"CVaR {options.cvar:g}, sampled")
    seen = Trace()
    left = min(SAMPLED_EVALUATIONS, max(1, budget.max_evaluations - budget.used))

    def value(theta: npt.ArrayLike) -> float:
        if seen.energies:
            budget.take()
        found = tail.value(theta)
        seen.record(found, theta)
        trace.record(found, theta)
        return found

    with suppress(BudgetSpent):
        cobyla(value, start.theta, max_evaluations=left, initial_step=0.1, tolerance=1e-3)
    theta = seen.best_theta if seen.energies else start.theta
    return Minimum(theta, energy.value(theta), start.evaluations + len(seen.energies))
