"""Stage 4: how good a starting point for an optimiser are the circuit's angles?"""

from __future__ import annotations

import time

import numpy.typing as npt

from quasar.circuits.ansatz import tie_equal_angles
from quasar.circuits.circuit import Circuit
from quasar.core.documented import Documented
from quasar.core.hamiltonian import Spectrum
from quasar.core.observable import PauliSum
from quasar.optimize.minimize import Value, cobyla
from quasar.simulate.energy import energy_of
from quasar.simulate.engine import FloatVector
from quasar.verifier.context import Context
from quasar.verifier.settings import UtilitySettings
from quasar.verifier.stages.objective import energy_ratio
from quasar.verifier.stages.stage import Need, Skipped

_RESOLUTION = 1e-10  # of the range of energies: the last bits must not decide the number of steps
_LEAST_EVALUATIONS = 3  # that must fit into the time left for the stage to begin


class OutOfTime(Exception):
    """The optimiser did not finish in time; its energy by then means nothing."""


class Utility(Documented):
    """Raw result of stage 4."""

    score: float
    """s4 = 1/(1+n) + 1 - (E_opt - E_min)/(E_max - E_min), in [0, 2]."""
    schedule_score: float
    """u = 0.8/n + 0.2 (1 - (E_opt - E_min)/(E_max - E_min)), of the `gated` reward."""
    energy_optimised: float
    """E_opt, the lowest energy reached."""
    evaluations: int
    """n, evaluations of the energy that the optimiser used."""
    free_parameters: int
    """Angles freed; gates with equal angles share one."""


class UtilityStage:
    """Needs a static circuit and the energies of all basis states."""

    name = "utility"
    needs: frozenset[Need] = frozenset({"answer", "circuit"})

    def measure(self, context: Context) -> Utility | Skipped:
        """See `optimise`; skipped where the time left does not suffice."""
        settings, circuit = context.settings.utility, context.circuit
        if circuit is None:
            return Skipped("a dynamic program has no fixed ansatz to optimise")
        if context.outcome.shots is not None:
            return Skipped("the circuit was measured with shots, and this stage would simulate it")
        limit_s = settings.max_seconds
        left_s = None if limit_s is None else limit_s - context.used_s
        least_s = _LEAST_EVALUATIONS * context.cost_s["feasibility"]
        try:
            # An evaluation cannot be stopped, and takes about as long as the first simulation did.
            if left_s is not None and left_s < least_s:
                raise OutOfTime
            observable = context.facts.observable_of(context.outcome)
            return optimise(circuit, observable, context.facts.spectrum, settings, seconds=left_s)
        except OutOfTime:
            return Skipped(f"not finished within {limit_s:g} s")


def optimise(
    circuit: Circuit,
    observable: PauliSum | FloatVector,
    spectrum: Spectrum,
    settings: UtilitySettings,
    *,
    seconds: float | None = None,
) -> Utility:
    """Optimise the candidate's own angles, starting at their values.

    Args:
        observable: or the energies of a diagonal one, shape [2**n].
        seconds: processor time left; None: no limit.

    Raises:
        OutOfTime: it is not enough.
    """
    end = None if seconds is None else time.process_time() + seconds
    ansatz, theta = tie_equal_angles(circuit)
    minimum = cobyla(
        _until(end, energy_of(ansatz, observable, gradient=False).value),
        theta,
        max_evaluations=settings.max_evaluations,
        tolerance=settings.tolerance,
        resolution=_RESOLUTION * spectrum.width,
    )
    reached = energy_ratio(minimum.energy, spectrum)
    n = minimum.evaluations
    return Utility.made(
        score=1.0 / (1.0 + n) + reached,
        schedule_score=0.8 / n + 0.2 * reached,
        energy_optimised=minimum.energy,
        evaluations=n,
        free_parameters=ansatz.n_parameters,
    )


def _until(end: float | None, value: Value) -> Value:
    """The same, but it stops an optimiser before an evaluation that would end too late.

    Args:
        end: on the clock of `time.process_time`.

    Raises:
        OutOfTime: on such an evaluation.
    """
    longest = 0.0

    def timed(theta: npt.ArrayLike) -> float:
        nonlocal longest
        begun = time.process_time()
        if end is not None and begun + longest > end:
            raise OutOfTime
        found = value(theta)
        longest = max(longest, time.process_time() - begun)
        return found

    return timed
