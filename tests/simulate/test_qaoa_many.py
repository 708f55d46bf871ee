"""QAOA of many Hamiltonians at once, against one at a time."""

from __future__ import annotations

import numpy as np
import pytest

from quasar.circuits.qaoa import qaoa
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.simulate.qaoa_energy import QaoaEnergy

torch = pytest.importorskip("torch")

from quasar.simulate.qaoa_many import QaoaMany  # noqa: E402


def drawn(n: int, count: int, seed: int = 0) -> list[IsingHamiltonian]:
    rng = np.random.default_rng(seed)
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)] + [(i,) for i in range(n)]
    return [IsingHamiltonian(n, {p: float(rng.normal()) for p in pairs}) for _ in range(count)]


@pytest.mark.parametrize(("n", "layers"), [(1, 2), (4, 1), (7, 3), (8, 2)])
def test_energies_and_gradients(n: int, layers: int) -> None:
    rng = np.random.default_rng(n)
    group = drawn(n, 3)
    many = QaoaMany(np.array([h.diagonal for h in group]))
    theta, rows = rng.normal(scale=0.3, size=(6, 2 * layers)), rng.integers(3, size=6)
    values, slopes = many.value_and_gradient(theta, rows)
    assert many.value(theta, rows) == pytest.approx(values, abs=1e-6)
    for b in range(6):
        one = QaoaEnergy(qaoa(group[rows[b]], layers), group[rows[b]].diagonal)
        value, slope = one.value_and_gradient(theta[b])
        assert values[b] == pytest.approx(value, abs=1e-4)
        assert slopes[b] == pytest.approx(slope, abs=1e-3)


def test_parts_of_a_batch_are_the_batch() -> None:
    group = drawn(5, 4)
    diagonals = np.array([h.diagonal for h in group])
    theta, rows = np.random.default_rng(1).normal(size=(9, 4)), np.arange(9) % 4
    whole = QaoaMany(diagonals).value(theta, rows)
    assert QaoaMany(diagonals, amplitudes=64).value(theta, rows) == pytest.approx(whole, abs=1e-6)
