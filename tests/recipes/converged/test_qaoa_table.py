"""The table of QAOA angles: its sets, the choice among them, and what it refuses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.circuits.qaoa import qaoa
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.recipes.converged.converge import converge
from quasar.recipes.converged.qaoa_table import SLACK, angle_sets, look_up
from quasar.simulate.engine import get_engine, probabilities
from support.strategies import small_hamiltonians


def energy(hamiltonian, theta):
    circuit = qaoa(hamiltonian, len(theta) // 2).bind(theta)
    return float(probabilities(get_engine().state(circuit)) @ hamiltonian.diagonal)


@settings(max_examples=30)
@given(small_hamiltonians(), st.integers(1, 4))
def test_the_first_set_that_is_nearly_as_good_as_the_best(hamiltonian, layers):
    found, used = look_up(hamiltonian, layers)
    thetas = [entry.angles(hamiltonian) for entry in angle_sets(layers)]
    energies = np.array([energy(hamiltonian, theta) for theta in thetas])
    width = hamiltonian.spectrum.e_max - hamiltonian.spectrum.e_min
    index = next(i for i, theta in enumerate(thetas) if np.array_equal(theta, found.theta))
    assert found.energy == pytest.approx(energies[index], abs=1e-7 * width)
    assert energies[index] <= energies.min() + (SLACK + 1e-6) * width
    assert (energies[:index] > energies.min() + (SLACK - 1e-6) * width).all()
    assert used == len(thetas)


@given(small_hamiltonians(), st.integers(1, 4), st.floats(0.01, 100.0))
@settings(max_examples=30)
def test_the_unit_of_energy_does_not_matter(hamiltonian, layers, factor):
    scaled = IsingHamiltonian(
        hamiltonian.n_qubits, {t: c * factor for t, c in hamiltonian.terms.items()}
    )
    for entry in angle_sets(layers):
        angles = entry.angles(scaled)
        angles[:layers] *= factor
        assert angles == pytest.approx(entry.angles(hamiltonian))


@pytest.mark.parametrize("layers", [1, 2, 3, 4])
def test_the_first_set_leads_down(layers):
    """γ > 0 > β, as everywhere here: the first set is a ramp in the canonical region."""
    first = angle_sets(layers)[0]
    assert first.unit == "deviation"
    assert all(0 < gamma < 4 for gamma in first.gammas)
    assert all(-np.pi / 3 < beta < 0 for beta in first.betas)
    assert list(first.gammas) == sorted(first.gammas)
    assert list(first.betas) == sorted(first.betas)


def test_converge_by_the_table():
    ring = IsingHamiltonian(4, {(0, 1): 1.0, (1, 2): 1.0, (2, 3): 1.0, (0, 3): 1.0})
    found = converge(ring, "qaoa", layers=2, search="table")
    assert found.energy == pytest.approx(energy(ring, found.theta))
    assert found.label == "qaoa p=2"
    with pytest.raises(InputError, match="has 1, 2, 3, 4 layers, not 5"):
        converge(ring, "qaoa", layers=5, search="table")


def test_a_constant():
    found, used = look_up(IsingHamiltonian(2, {}), 1)
    assert found.energy == 0.0
    assert used == 0
