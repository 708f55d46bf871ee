"""QAOA angles from canonical starts: always in their region, better with depth, cheap."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.circuits.qaoa import qaoa
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.optimize.minimize import lbfgs
from quasar.optimize.qaoa import ramp, sigma
from quasar.problems.base import encode
from quasar.problems.registry import PROBLEMS
from quasar.recipes.converged.qaoa_canonical import search_canonical
from quasar.recipes.converged.qaoa_landscape import is_canonical
from quasar.simulate.qaoa_energy import QaoaEnergy


def sampled(problem_type: str, number: int, max_qubits: int) -> IsingHamiltonian:
    problem = PROBLEMS[problem_type].sample(generator(number, "canonical"), max_qubits)
    return encode(problem, "exact").hamiltonian.simplified()


@settings(max_examples=25, deadline=None)
@given(
    problem_type=st.sampled_from(["ising", "qubo", "hubo", "maxcut", "kclique", "knapsack"]),
    number=st.integers(0, 10_000),
)
def test_angles_are_canonical_and_energies_fall_with_depth(problem_type: str, number: int) -> None:
    hamiltonian = sampled(problem_type, number, 6)
    spectrum = hamiltonian.spectrum
    width = spectrum.e_max - spectrum.e_min
    minima, evaluations = search_canonical(hamiltonian, 3)
    assert sum(minimum.evaluations for minimum in minima) == evaluations
    for p, minimum in enumerate(minima, 1):
        scale = np.concatenate([np.full(p, sigma(hamiltonian)), np.ones(p)])
        assert is_canonical(minimum.theta * scale * (1 - 1e-12))
        energy = QaoaEnergy(qaoa(hamiltonian, p), hamiltonian.diagonal)
        assert energy.value(minimum.theta) == pytest.approx(minimum.energy, abs=1e-8 * width)
    assert (np.diff([minimum.energy for minimum in minima]) <= 1e-3 * width).all()
    assert evaluations < 1500


@pytest.mark.parametrize("layers", [1, 2, 4])
def test_no_worse_than_other_ramps(layers: int) -> None:
    for number in range(3):
        hamiltonian = sampled("maxcut", number, 7)
        width = hamiltonian.spectrum.e_max - hamiltonian.spectrum.e_min
        energy = QaoaEnergy(qaoa(hamiltonian, layers), hamiltonian.diagonal)
        scale = np.concatenate([np.full(layers, 1 / sigma(hamiltonian)), np.ones(layers)])
        ends = [lbfgs(energy, ramp(layers, g, b) * scale) for g, b in ((0.6, 0.6), (1.2, 0.7))]
        inside = [m.energy for m in ends if is_canonical(m.theta / scale)]
        minima, _ = search_canonical(hamiltonian, layers)
        assert inside
        assert minima[-1].energy <= min(inside) + 1e-3 * width


def test_where_the_optimum_lies_outside_the_edge_is_taken() -> None:
    """One heavy clique: the last γ of the free optimum grows beyond the region."""
    found = 0
    for number in range(12):
        hamiltonian = sampled("kclique", number, 6)
        minimum = search_canonical(hamiltonian, 4)[0][-1]
        gamma = minimum.theta[:4] * sigma(hamiltonian)
        beta = minimum.theta[4:]
        assert (gamma <= 4.0 + 1e-9).all()
        found += bool(np.isclose(gamma.max(), 4.0) or np.isclose(beta.min(), -np.pi / 3))
    assert found


def test_large_systems_keep_the_region_with_fewer_starts() -> None:
    hamiltonian = IsingHamiltonian(13, {(i, i + 1): 1.0 for i in range(12)})
    minima, evaluations = search_canonical(hamiltonian, 2)
    scale = np.array([sigma(hamiltonian)] * 2 + [1.0] * 2)
    assert is_canonical(minima[-1].theta * scale)
    assert minima[-1].energy < minima[0].energy
    assert evaluations < 200


def test_flat_hamiltonians_get_zero_angles() -> None:
    minima, evaluations = search_canonical(IsingHamiltonian(2, {}, constant=1.5), 2)
    assert evaluations == 0
    assert [m.theta.size for m in minima] == [2, 4]
    assert {m.energy for m in minima} == {IsingHamiltonian(2, {}, constant=1.5).spectrum.e_min}
