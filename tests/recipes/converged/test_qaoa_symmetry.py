"""Folding of QAOA angles: the energy stays, equivalent angles meet."""

import numpy as np
import pytest

from quasar.circuits.qaoa import qaoa
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.recipes.converged.qaoa_symmetry import fold, periods
from quasar.simulate.qaoa_energy import QaoaEnergy

RING = IsingHamiltonian(4, {(0, 1): 1.0, (1, 2): 1.0, (2, 3): 1.0, (0, 3): 1.0})
STAR = IsingHamiltonian(4, {(0, 1): 0.5, (0, 2): 0.5, (0, 3): 0.5})
COMPLETE = IsingHamiltonian(4, {(i, j): 0.5 for i in range(4) for j in range(i)})
FIELDS = IsingHamiltonian(3, {(0,): 0.5, (1,): -1.0, (0, 1): 0.25, (0, 1, 2): 1.5})
REAL = IsingHamiltonian(3, {(0,): 0.5, (1,): 2**0.5, (1, 2): 3**-0.5})
HAMILTONIANS = {"ring": RING, "star": STAR, "complete": COMPLETE, "fields": FIELDS, "real": REAL}


def test_periods():
    assert periods(RING).gamma == pytest.approx(np.pi / 2)
    assert periods(RING).beta == pytest.approx(np.pi / 2)
    assert periods(FIELDS).beta == pytest.approx(np.pi)
    assert periods(REAL).gamma is None
    assert not periods(RING).half
    assert periods(IsingHamiltonian(1, {(0,): 1.0})).half


@pytest.mark.parametrize("name", HAMILTONIANS)
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_folding_keeps_the_energy_and_settles(name, layers):
    hamiltonian = HAMILTONIANS[name]
    symmetry = periods(hamiltonian)
    energy = QaoaEnergy(qaoa(hamiltonian, layers), hamiltonian.diagonal)
    rng = generator(layers, "fold", name)
    for _ in range(20):
        theta = rng.uniform(-10, 10, 2 * layers)
        folded = fold(theta, symmetry)
        assert energy.value(folded) == pytest.approx(energy.value(theta), abs=1e-9)
        np.testing.assert_allclose(fold(folded, symmetry), folded, atol=1e-9)


@pytest.mark.parametrize("name", HAMILTONIANS)
def test_equivalent_angles_meet(name):
    hamiltonian = HAMILTONIANS[name]
    symmetry = periods(hamiltonian)
    theta = np.array([0.11, 0.17, -0.31, -0.23])
    shift = np.array([0.0, symmetry.gamma or 0.0, symmetry.beta, 0.0])
    for twin in (theta + shift, -theta, shift - theta):
        np.testing.assert_allclose(fold(twin, symmetry), fold(theta, symmetry), atol=1e-9)
