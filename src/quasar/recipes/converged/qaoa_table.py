"""QAOA angles from a short table: no search, and the most predictable angles there are.

Good angles are alike from instance to instance up to one scale (Brandao et al., arXiv:1812.04170;
parameter setting for weighted problems: Sureshbabu et al., Quantum 8, 1231 (2024)). The table holds
a few angle sets for each depth, in an order in which each covers the most instances of those not
covered before it: within `tolerance` of the energy range of the best that a wide search finds. γ is
in units of 1/σ(E), or, for sets that owe their energy to equal coefficients, in units of 1/max|c|.
`qaoa_table.json` says how it was made; `benchmarks/qaoa_table.py` makes it.

For an instance all sets of a depth are tried and the first is taken that is nearly as good as the
best of them, so that the choice is one among few, and mostly the same.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Literal, NamedTuple

import numpy as np

from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.decimation import largest_coefficient
from quasar.optimize.minimize import Minimum
from quasar.optimize.qaoa import sigma
from quasar.recipes.converged.qaoa_landscape import QaoaLandscape
from quasar.simulate.engine import FloatVector

SLACK = 0.01
"""Fraction of the range of energies that an earlier set may be worse than the best of the table."""

Unit = Literal["deviation", "coefficient"]


class AngleSet(NamedTuple):
    """Angles of one depth.

    Attributes:
        unit: what γ is the inverse of: σ(E), or the largest |coefficient|.
        gammas: p numbers in that unit.
        betas: p angles, radians.
    """

    unit: Unit
    gammas: tuple[float, ...]
    betas: tuple[float, ...]

    def angles(self, hamiltonian: IsingHamiltonian) -> FloatVector:
        """γ_1..γ_p in 1/energy, β_1..β_p in radians; shape [2p]."""
        per = sigma(hamiltonian) if self.unit == "deviation" else largest_coefficient(hamiltonian)
        return np.array([*(gamma / per for gamma in self.gammas), *self.betas])


@cache
def _table() -> dict[int, tuple[AngleSet, ...]]:
    text = (
        resources.files("quasar.recipes.converged").joinpath("qaoa_table.json").read_text("utf-8")
    )
    return {
        int(layers): tuple(
            AngleSet(row["unit"], tuple(row["gammas"]), tuple(row["betas"])) for row in rows
        )
        for layers, rows in json.loads(text)["depths"].items()
    }


def angle_sets(layers: int) -> tuple[AngleSet, ...]:
    """The table's angle sets for p layers, the most useful first.

    Raises:
        InputError: a depth that the table does not have.
    """
    depths = _table()
    if layers not in depths:
        raise InputError(
            f"the table of QAOA angles has {', '.join(map(str, depths))} layers, not {layers}: use "
            'search = "canonical" for other depths.'
        )
    return depths[layers]


def look_up(hamiltonian: IsingHamiltonian, layers: int) -> tuple[Minimum, int]:
    """The first angle set within `SLACK` of the best of the table.

    Returns:
        Angles γ_1..γ_p, β_1..β_p with their energy, and the evaluations used.

    Raises:
        InputError: a depth that the table does not have.
    """
    sets = angle_sets(layers)
    spectrum = hamiltonian.spectrum
    width = spectrum.e_max - spectrum.e_min
    if width <= 0.0:
        return Minimum(np.zeros(2 * layers), spectrum.e_min, 0), 0
    landscape = QaoaLandscape(hamiltonian, layers)
    thetas = np.array([entry.angles(hamiltonian) for entry in sets])
    values = landscape.values(thetas / landscape.scale)
    first = int(np.argmax(values <= values.min() + SLACK))
    used = landscape.evaluations
    return Minimum(thetas[first], float(values[first] * width), used), used
