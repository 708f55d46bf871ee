"""Scaled QAOA energies, whichever simulator computes them, and the canonical region."""

from __future__ import annotations

import numpy as np
import pytest

from quasar.circuits.qaoa import qaoa
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.recipes.converged.qaoa_landscape import (
    CANONICAL_BETA,
    CANONICAL_GAMMA,
    QaoaLandscape,
    is_canonical,
)
from quasar.simulate.qaoa_energy import QaoaEnergy


def chain(n: int) -> IsingHamiltonian:
    rng = generator(n, "landscape")
    terms = {(i,): float(rng.normal()) for i in range(n)}
    return IsingHamiltonian(n, {**terms, **{(i, i + 1): 3.0 for i in range(n - 1)}})


def landscape(hamiltonian: IsingHamiltonian, layers: int) -> QaoaLandscape:
    return QaoaLandscape(hamiltonian, layers)


@pytest.mark.parametrize("n", [3, 11, 12])
@pytest.mark.parametrize("layers", [1, 2])
def test_small_and_large_systems_agree_with_the_energy_they_scale(n: int, layers: int) -> None:
    hamiltonian = chain(n)
    scaled = landscape(hamiltonian, layers)
    energy = QaoaEnergy(qaoa(hamiltonian, layers), hamiltonian.diagonal)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5, 2 * layers))
    values, gradients = scaled(x)
    assert scaled.evaluations == 5
    np.testing.assert_allclose(scaled.values(x), values, atol=1e-12)
    assert scaled.evaluations == 10
    rough, slopes = scaled(x, rough=True)
    np.testing.assert_allclose(rough, values, atol=1e-5)
    np.testing.assert_allclose(slopes, gradients, atol=1e-4)
    np.testing.assert_allclose(scaled.values(x, rough=True), values, atol=1e-5)
    assert scaled.evaluations == 20
    for row, value, gradient in zip(x, values, gradients, strict=True):
        wanted, slope = energy.value_and_gradient(row * scaled.scale)
        assert value * scaled.width == pytest.approx(wanted, abs=1e-9)
        np.testing.assert_allclose(gradient * scaled.width, slope * scaled.scale, atol=1e-8)
        np.testing.assert_allclose(scaled.scaled(row * scaled.scale), row)


def test_a_minimum_inside_is_found_and_one_outside_is_met_at_the_edge() -> None:
    scaled = landscape(chain(5), 2)
    free, value = scaled.minimise(np.array([[0.4, 0.8, -0.5, -0.2]]), 1e-8, 200)
    assert is_canonical(free[0])
    point, inside = scaled.minimise_inside([np.array([0.4, 0.8, -0.5, -0.2])], 1e-8, 200)
    assert inside == pytest.approx(float(value[0]), abs=1e-8)
    np.testing.assert_allclose(point, free[0], atol=1e-3)
    shifted = np.array([9.0, 9.0, -3.0, 3.0])
    point, _ = scaled.minimise_inside([shifted], 1e-8, 200)
    assert is_canonical(point)


@pytest.mark.parametrize(
    ("angles", "inside"),
    [
        ([0.0, CANONICAL_GAMMA, -CANONICAL_BETA, 0.0], True),
        ([0.5, 1.0, -0.5, -0.1], True),
        ([0.5, 4.1, -0.5, -0.1], False),
        ([-0.1, 1.0, -0.5, -0.1], False),
        ([0.5, 1.0, -1.1, -0.1], False),
        ([0.5, 1.0, -0.5, 0.1], False),
    ],
)
def test_the_canonical_region(angles: list[float], inside: bool) -> None:
    assert is_canonical(np.array(angles)) is inside
