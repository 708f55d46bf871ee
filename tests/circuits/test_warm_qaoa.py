"""Warm-started QAOA as a circuit."""

import numpy as np
import pytest

from quasar.circuits.qaoa import qaoa
from quasar.circuits.warm_qaoa import warm_qaoa
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.simulate.cones.energy import ConeEnergy
from quasar.simulate.energy import energy_of
from quasar.simulate.engine import probabilities

H = IsingHamiltonian(4, {(0, 1): 1.0, (1, 2): -0.5, (0, 2, 3): 0.7, (3,): 0.3})
THETA = np.array([0.4, 0.9, -0.6, -0.2])


def test_from_equal_probabilities_it_is_qaoa():
    warm, cold = warm_qaoa(H, 2, [0.5] * 4), qaoa(H, 2)
    assert energy_of(warm, H).value(THETA) == pytest.approx(energy_of(cold, H).value(THETA))


def test_mixers_alone_keep_the_start():
    ones = [0.1, 0.9, 0.3, 0.25]
    state = energy_of(warm_qaoa(H, 2, ones), H).state([0.0, 0.0, -0.6, 1.3])
    expected = [
        np.prod([one if x >> q & 1 else 1 - one for q, one in enumerate(ones)]) for x in range(16)
    ]
    assert probabilities(state) == pytest.approx(expected)


def test_cones_give_the_same_energy():
    ansatz = warm_qaoa(H, 2, [0.1, 0.9, 0.3, 0.25])
    value, slopes = ConeEnergy(ansatz, H).value_and_gradient(THETA)
    expected, by_state = energy_of(ansatz, H).value_and_gradient(THETA)
    assert value == pytest.approx(expected)
    assert slopes == pytest.approx(by_state)


@pytest.mark.parametrize("ones", [[0.5] * 3, [0.5, 0.5, 0.5, 1.2]])
def test_what_is_no_start(ones):
    with pytest.raises(InputError, match="4 probabilities"):
        warm_qaoa(H, 1, ones)
    with pytest.raises(InputError, match="at least one layer"):
        warm_qaoa(H, 0, [0.5] * 4)
