"""Stage 3: energy, its ratio, and shots until an optimum is seen."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import quasar
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.verifier.pipeline import Verifier
from quasar.verifier.stages.objective import energy_ratio, shots_to_optimum


@settings(deadline=None)
@given(st.floats(3e-3, 0.98))
def test_so_many_shots_and_no_fewer(p: float) -> None:
    shots = shots_to_optimum(p)
    missed = 1 - Fraction(p)
    assert missed**shots <= Fraction(1, 100) * (1 + Fraction(1, 10**9))
    assert missed ** (shots - 1) >= Fraction(1, 100) * (1 - Fraction(1, 10**9))


@pytest.mark.parametrize(
    ("p", "shots"),
    [
        (1.0, 1), (1.0 + 1e-9, 1), (0.99, 1), (0.9899, 2), (0.9, 2), (0.5, 7), (0.01, 459),
        (1e-12, 4_605_170_185_986),
    ],
)  # fmt: skip
def test_values(p: float, shots: int) -> None:
    assert shots_to_optimum(p) == shots


@pytest.mark.parametrize("p", [0.0, -1e-17, 5e-324, 1e-30, math.nan])
def test_no_number_of_shots(p: float) -> None:
    assert shots_to_optimum(p) is None


def test_the_ratio_runs_from_the_worst_energy_to_the_best() -> None:
    spectrum = IsingHamiltonian(2, {(0,): 1.0, (1,): 2.0, (0, 1): 4.0}).spectrum  # -5 to 7
    assert (spectrum.e_min, spectrum.e_max) == (-5.0, 7.0)
    assert energy_ratio(-5.0, spectrum) == 1.0
    assert energy_ratio(7.0, spectrum) == 0.0
    assert energy_ratio(4.0, spectrum) == pytest.approx(0.25)
    flat = IsingHamiltonian(2, {}).spectrum
    assert energy_ratio(0.0, flat) == 1.0


def test_the_stage_measures_the_distribution() -> None:
    """Against sums over the four states; 00 and 01 are (qubit 1, qubit 0)."""
    problem = quasar.load_problem({"hamiltonian": "1 * Z(0) + 2 * Z(1) + 4 * Z(0) @ Z(1)"})
    text = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q; ry(1.0) q[0]; ry(2.5) q[1];'
    found = Verifier(problem).verify(text).stages.objective
    p = np.kron(
        [math.cos(1.25) ** 2, math.sin(1.25) ** 2], [math.cos(0.5) ** 2, math.sin(0.5) ** 2]
    )
    energies = np.array([7.0, -3.0, -5.0, 1.0])
    assert found.energy == pytest.approx(p @ energies)
    assert found.energy_bit_reversed == pytest.approx(p @ energies[[0, 2, 1, 3]])
    assert found.score == pytest.approx((7.0 - p @ energies) / 12.0)
    assert found.p_optimal == pytest.approx(p[2])
    assert found.shots_to_optimum == math.ceil(math.log(0.01) / math.log(1.0 - p[2]))
    assert found.top_is_optimal
