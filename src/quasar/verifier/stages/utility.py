"""Stage 4: how good a starting point for an optimiser are the circuit's angles?"""

from __future__ import annotations

from pydantic import BaseModel

from quasar.circuits.ansatz import tie_equal_angles
from quasar.circuits.circuit import Circuit
from quasar.core.hamiltonian import Spectrum
from quasar.optimize.minimize import cobyla
from quasar.simulate.energy import AnsatzEnergy
from quasar.simulate.engine import FloatVector
from quasar.verifier.settings import Utility as UtilitySettings

_RESOLUTION = 1e-10  # of the range of energies: the number of steps must not hang on last bits


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
    circuit: Circuit, diagonal: FloatVector, spectrum: Spectrum, settings: UtilitySettings
) -> Utility:
    """Optimise the candidate's own angles from where they stand."""
    ansatz, theta = tie_equal_angles(circuit)
    energy = AnsatzEnergy(ansatz, diagonal)
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
