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
    np.testing.assert_allclose(batch.value(theta), energies, atol=1e-12)
    assert batch.evaluations == 14
    for row, energy, gradient in zip(theta, energies, gradients, strict=True):
        value, slope = single.value_and_gradient(row)
        assert energy == pytest.approx(value, abs=1e-10)
        np.testing.assert_allclose(gradient, slope, atol=1e-9)


@pytest.mark.parametrize("n", [1, 4, 7, 13])
def test_single_precision_is_near(n):
    rng = generator(n, "single")
    terms = {(i,): 100.0 * float(rng.normal()) for i in range(n)}
    terms |= {(i, i + 1): 0.5 for i in range(n - 1)}
    hamiltonian = IsingHamiltonian(n, terms)
    width = float(np.ptp(hamiltonian.diagonal))
    exact = QaoaBatch(hamiltonian.diagonal, 2)
    rough = QaoaBatch(hamiltonian.diagonal, 2, single_precision=True)
    theta = rng.uniform(-np.pi, np.pi, (5, 4))
    energies, gradients = exact.value_and_gradient(theta)
    near, slopes = rough.value_and_gradient(theta)
    np.testing.assert_allclose(near / width, energies / width, atol=1e-5)
    np.testing.assert_allclose(slopes[:, 2:] / width, gradients[:, 2:] / width, atol=1e-4)
    scale = np.std(hamiltonian.diagonal) * width
    np.testing.assert_allclose(slopes[:, :2] / scale, gradients[:, :2] / scale, atol=1e-4)


def test_work_arrays_leave_no_traces():
    hamiltonian = IsingHamiltonian(7, {(i, i + 1): 1.0 + i for i in range(6)})
    batch = QaoaBatch(hamiltonian.diagonal, 2)
    theta = np.random.default_rng(0).normal(size=(9, 4))
    first = batch.value_and_gradient(theta)
    batch.value_and_gradient(theta[:4] + 1.0)
    again = batch.value_and_gradient(theta)
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
