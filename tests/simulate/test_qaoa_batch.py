"""Batched QAOA energies against those of one angle set at a time."""

import numpy as np
import pytest

from quasar.circuits.qaoa import qaoa
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.simulate.qaoa_batch import QaoaBatch
from quasar.simulate.qaoa_energy import QaoaEnergy


@pytest.mark.parametrize("n", [1, 2, 5, 6, 7, 9])
@pytest.mark.parametrize("layers", [1, 3])
def test_agrees_with_one_at_a_time(n, layers):
    rng = generator(n, "batch")
    terms = {(i,): float(rng.normal()) for i in range(n)}
    terms |= {(i, i + 1): 0.5 for i in range(n - 1)}
    terms |= {(0, 1, n - 1): -1.0} if n > 2 else {}
    hamiltonian = IsingHamiltonian(n, terms)
    batch = QaoaBatch(hamiltonian.diagonal, layers)
    single = QaoaEnergy(qaoa(hamiltonian, layers), hamiltonian.diagonal)
    theta = rng.uniform(-np.pi, np.pi, (7, 2 * layers))
    energies, gradients = batch.value_and_gradient(theta)
    assert batch.evaluations == 7
    for row, energy, gradient in zip(theta, energies, gradients, strict=True):
        value, slope = single.value_and_gradient(row)
        assert energy == pytest.approx(value, abs=1e-10)
        np.testing.assert_allclose(gradient, slope, atol=1e-9)
