"""QAOA angles from canonical starts only: cheap, and smooth from instance to instance.

A grid at one layer; at each further one the optimum before, interpolated, and one ramp. Of the
optima that lie in the canonical region (`qaoa_landscape`) the best is kept; where the starts lead
out of it, usually to a last γ that grows beyond all bounds for the last thousandth of the energy,
the best point inside the region or on its edge. Nothing is random. What this gives up against
`qaoa_search` is stated in the documentation of the data sets.

Source of the interpolation: Zhou et al., Phys. Rev. X 10, 021067 (2020), appendix B.
"""

from __future__ import annotations

import numpy as np

from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.minimize import Minimum
from quasar.optimize.qaoa import GAMMA_REACH, interpolate, ramp
from quasar.recipes.converged.qaoa_landscape import QaoaLandscape, is_canonical
from quasar.simulate.engine import FloatVector

_GAMMAS, _BETAS = 6, 4  # grid at one layer
_FROM_GRID = 2
_RAMP = (2.5, 0.8)  # (γσ, |β|) at its ends; of four tried the one that loses least (see lab book)
_TOLERANCE = 1e-6
_RUN = 100  # evaluations from one start: more are needed only in flat valleys
_LEAN_FROM = 13  # qubits from which the interpolated start has to do, and a shorter run
_LEAN_RUN = 50


def search_canonical(hamiltonian: IsingHamiltonian, layers: int) -> tuple[list[Minimum], int]:
    """The best canonical angles at every depth 1..layers; a relabelled instance gets the same.

    Returns:
        For each depth angles γ_1..γ_p, β_1..β_p, all γ in [0, 4/σ(E)] and all β in [-π/3, 0], with
        their energy; and the evaluations used.
    """
    spectrum = hamiltonian.spectrum
    width = spectrum.e_max - spectrum.e_min
    if width <= 0.0:
        return [Minimum(np.zeros(2 * p), spectrum.e_min, 0) for p in range(1, layers + 1)], 0
    lean = hamiltonian.n_qubits >= _LEAN_FROM
    out: list[Minimum] = []
    total = 0
    point = np.zeros(0)
    for p in range(1, layers + 1):
        landscape = QaoaLandscape(hamiltonian, p)
        if p == 1:
            gammas = np.linspace(0.0, GAMMA_REACH, _GAMMAS + 1)[1:]
            betas = -np.linspace(0.0, np.pi / 4, _BETAS + 1)[1:]
            starts = landscape.best_of(gammas, betas, _FROM_GRID)
        else:
            starts = [interpolate(point)] if lean else [interpolate(point), ramp(p, *_RAMP)]
        point, value = _best(landscape, starts, _LEAN_RUN if lean else _RUN)
        used = landscape.evaluations
        out.append(Minimum(point * landscape.scale, value * width, used))
        total += used
    return out, total


def _best(
    landscape: QaoaLandscape, starts: list[FloatVector], run: int
) -> tuple[FloatVector, float]:
    points, values = landscape.minimise(np.array(starts), _TOLERANCE, run)
    inside = [i for i, point in enumerate(points) if is_canonical(point)]
    if not inside:
        return landscape.minimise_inside(starts, _TOLERANCE, run)
    best = min(inside, key=lambda i: float(values[i]))
    return points[best], float(values[best])
