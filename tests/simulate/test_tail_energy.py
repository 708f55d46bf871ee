"""The mean of the lowest energies alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quasar.circuits.qaoa import qaoa
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.simulate.energy import energy_of
from quasar.simulate.engine import probabilities
from quasar.simulate.tail_energy import TailEnergy, tail_of_counts

H = IsingHamiltonian(3, {(0, 1): 1.0, (1, 2): -0.63, (0, 2): 0.41, (2,): 0.3})
ANSATZ = qaoa(H, 2)
THETA = np.array([0.4, 0.9, -0.6, -0.2])


def by_hand(p: np.ndarray, energies: np.ndarray, alpha: float) -> float:
    total, left = 0.0, alpha
    for x in np.argsort(energies):
        taken = min(p[x], left)
        total, left = total + taken * energies[x], left - taken
    return total / alpha


@given(st.floats(0.01, 1.0))
def test_it_is_the_mean_of_the_lowest_energies(alpha):
    energy = TailEnergy(ANSATZ, H.diagonal, alpha)
    p = probabilities(energy.state(THETA))
    assert energy.value(THETA) == pytest.approx(by_hand(p, H.diagonal, alpha))


def test_all_of_them_are_the_mean():
    value, slopes = TailEnergy(ANSATZ, H.diagonal, 1.0).value_and_gradient(THETA)
    mean, by_mean = energy_of(ANSATZ, H).value_and_gradient(THETA)
    assert value == pytest.approx(mean)
    assert slopes == pytest.approx(by_mean)


@pytest.mark.parametrize("alpha", [0.05, 0.3, 0.8])
def test_slopes_are_those_of_the_value(alpha):
    energy = TailEnergy(ANSATZ, H.diagonal, alpha)
    value, slopes = energy.value_and_gradient(THETA)
    assert value == pytest.approx(energy.value(THETA))
    step = 1e-6 * np.eye(4)
    differences = [(energy.value(THETA + s) - energy.value(THETA - s)) / 2e-6 for s in step]
    assert slopes == pytest.approx(differences, abs=1e-6)


def test_samples():
    counts = {5: 2, 1: 6, 0: 2}
    energies = np.array([-3.0, 1.0, -1.0])
    assert tail_of_counts(counts, energies, 0.2) == -3.0
    assert tail_of_counts(counts, energies, 0.3) == pytest.approx((-6 - 1) / 3)
    assert tail_of_counts(counts, energies, 1.0) == pytest.approx((-6 + 6 - 2) / 10)
