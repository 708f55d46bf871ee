"""Angles of many Hamiltonians at once: no worse than the search of one."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.qaoa import sigma
from quasar.recipes.converged.qaoa_canonical import search_canonical

pytest.importorskip("torch")

from quasar.circuits.qaoa import qaoa
from quasar.optimize.qaoa_many_search import REACH, search_many
from quasar.simulate.qaoa_energy import QaoaEnergy


@pytest.fixture(scope="module")
def group() -> list[IsingHamiltonian]:
    rng = np.random.default_rng(3)
    pairs = [(i, j) for i in range(5) for j in range(i + 1, 5)]
    return [
        IsingHamiltonian(5, {p: float(rng.choice([-1.0, 1.0, 2.0])) for p in pairs[: 5 + k]})
        for k in range(4)
    ]


def test_found_angles_have_the_energies_stated_and_are_good(group: list[IsingHamiltonian]) -> None:
    diagonals = np.array([h.diagonal for h in group])
    sigmas = np.array([sigma(h) for h in group])
    depths = search_many(diagonals, sigmas, 3)
    assert [d.scaled.shape for d in depths] == [(4, 2), (4, 4), (4, 6)]
    for k, hamiltonian in enumerate(group):
        width = float(np.ptp(hamiltonian.diagonal))
        alone, _ = search_canonical(hamiltonian, 3)
        for layers, found in enumerate(depths, start=1):
            scaled = found.scaled[k]
            assert np.abs(scaled[:layers]).max() <= REACH
            theta = np.concatenate([scaled[:layers] / sigmas[k], scaled[layers:]])
            energy = QaoaEnergy(qaoa(hamiltonian, layers), hamiltonian.diagonal).value(theta)
            assert found.energies[k] * width == pytest.approx(energy, abs=1e-3 * width)
            assert energy <= alone[layers - 1].energy + 0.01 * width


def test_deeper_is_no_worse(group: list[IsingHamiltonian]) -> None:
    diagonals = np.array([h.diagonal for h in group])
    depths = search_many(diagonals, np.array([sigma(h) for h in group]), 3)
    for shallow, deep in pairwise(depths):
        assert (deep.energies <= shallow.energies + 0.01).all()
