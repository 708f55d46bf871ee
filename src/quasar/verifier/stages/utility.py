"""Stage 4: how good a starting point for an optimiser are the circuit's angles?"""

from __future__ import annotations

import time

import numpy.typing as npt
from pydantic import BaseModel

from quasar.circuits.ansatz import Ansatz, tie_equal_angles
from quasar.circuits.circuit import Circuit
from quasar.core.hamiltonian import Spectrum
from quasar.optimize.minimize import cobyla
from quasar.simulate.energy import AnsatzEnergy
from quasar.simulate.engine import FloatVector
from quasar.verifier.settings import UtilitySettings

_RESOLUTION = 1e-10  # of the range of energies: the number of steps must not hang on last bits


class OutOfTime(Exception):
    """The optimiser was not done in time; how far it came by then says nothing."""


class Utility(BaseModel):
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


def measure(
    circuit: Circuit,
    diagonal: FloatVector,
    spectrum: Spectrum,
    settings: UtilitySettings,
    *,
    seconds: float | None = None,
) -> Utility:
    """Optimise the candidate's own angles from where they stand.

    Args:
        seconds: processor time left; None: no limit.

    Raises:
        OutOfTime: it does not suffice.
    """
    ansatz, theta = tie_equal_angles(circuit)
    energy = _TimedEnergy(ansatz, diagonal, seconds)
    width = spectrum.width
    minimum = cobyla(
        energy,
        theta,
        max_evaluations=settings.max_evaluations,
        tolerance=settings.tolerance,
        resolution=_RESOLUTION * width,
    )
    reached = 1.0 if width == 0.0 else 1.0 - (minimum.energy - spectrum.e_min) / width
    n = minimum.evaluations
    return Utility(
        score=1.0 / (1.0 + n) + reached,
        schedule_score=0.8 / n + 0.2 * reached,
        energy_optimised=minimum.energy,
        evaluations=n,
        free_parameters=ansatz.n_parameters,
    )


class _TimedEnergy(AnsatzEnergy):
    """An energy that stops an optimiser before an evaluation that would end too late."""

    def __init__(self, ansatz: Ansatz, diagonal: FloatVector, seconds: float | None) -> None:
        super().__init__(ansatz, diagonal)
        self._end = None if seconds is None else time.process_time() + seconds
        self._longest = 0.0

    def value(self, theta: npt.ArrayLike) -> float:
        """As there.

        Raises:
            OutOfTime: it would not be done in time.
        """
        begun = time.process_time()
        if self._end is not None and begun + self._longest > self._end:
            raise OutOfTime
        found = super().value(theta)
        self._longest = max(self._longest, time.process_time() - begun)
        return found
