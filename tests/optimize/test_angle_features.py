"""What a network of angles reads: right energies, and nothing that names or signs change."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quasar.circuits.qaoa import qaoa
from quasar.core.errors import ProblemError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.angle_features import (
    BETAS,
    GAMMAS,
    MOST_SIMULATED,
    N_VALUES,
    angle_features,
    field_scale,
    is_readable,
    one_layer_landscape,
)
from quasar.simulate.energy import energy_of


def drawn(n: int, seed: int, longest: int = 2) -> IsingHamiltonian:
    rng = np.random.default_rng(seed)
    terms = {}
    for _ in range(2 * n):
        order = int(rng.integers(1, min(longest, n) + 1))
        qubits = tuple(sorted(rng.choice(n, order, replace=False).tolist()))
        terms[qubits] = float(rng.normal())
    return IsingHamiltonian(n, terms)


@pytest.mark.parametrize(("n", "longest"), [(2, 1), (3, 2), (6, 2), (4, 3), (6, 4)])
def test_the_landscape_has_the_energies_of_one_layer(n: int, longest: int):
    hamiltonian = drawn(n, n, longest)
    energy, unit = energy_of(qaoa(hamiltonian, 1), hamiltonian), field_scale(hamiltonian)
    found = one_layer_landscape(hamiltonian)
    for i, j in ((0, 0), (7, 3), (30, 5), (63, 7)):
        expected = energy.value([GAMMAS[i] / unit, BETAS[j]]) / unit / n
        assert found[i, j] == pytest.approx(expected, abs=1e-9)


def test_the_two_points_are_the_grid_s_lowest():
    hamiltonian = drawn(5, 3)
    found, grid = angle_features(hamiltonian), one_layer_landscape(hamiltonian)
    assert found.wide[2] == grid.min()
    assert found.canonical[2] == grid[:32, :4].min()
    assert found.canonical[1] < 0
    assert found.values.shape == (N_VALUES,)


@given(st.integers(2, 7), st.integers(0, 10**6), st.sampled_from([2, 3]))
def test_names_and_signs_of_qubits_change_nothing(n: int, seed: int, longest: int):
    hamiltonian = drawn(n, seed, longest)
    rng = np.random.default_rng(seed)
    name, sign = rng.permutation(n).tolist(), rng.choice([-1.0, 1.0], n)
    terms = {
        tuple(sorted(name[q] for q in qubits)): c * float(np.prod(sign[list(qubits)]))
        for qubits, c in hamiltonian.terms.items()
    }
    one, other = angle_features(hamiltonian), angle_features(IsingHamiltonian(n, terms))
    np.testing.assert_allclose(one.values, other.values, atol=1e-8)
    assert one.wide[2] == pytest.approx(other.wide[2])


def test_the_scale_is_the_last_value_alone():
    hamiltonian = drawn(6, 1)
    tripled = IsingHamiltonian(6, {q: 3 * c for q, c in hamiltonian.terms.items()})
    one, other = angle_features(hamiltonian), angle_features(tripled)
    np.testing.assert_allclose(one.values[:-1], other.values[:-1], atol=1e-9)
    assert other.values[-1] - one.values[-1] == pytest.approx(np.log(3))


def ring(n: int) -> IsingHamiltonian:
    return IsingHamiltonian(n, {tuple(sorted((i, (i + 1) % n))): 1.0 for i in range(n)})


def test_small_and_large_instances_are_read_alike():
    small, large = angle_features(ring(12)), angle_features(ring(500))
    np.testing.assert_allclose(small.canonical, large.canonical, atol=1e-9)
    # A bond of a ring has -1/2 at one layer, at γ = π/8 and β = -π/8.
    assert large.canonical[:2] == pytest.approx([2**0.5 * np.pi / 8, -np.pi / 8], abs=0.04)
    assert large.canonical[2] * 2**0.5 == pytest.approx(-0.5, abs=0.01)
    off = np.flatnonzero(~np.isclose(small.values, large.values))
    assert off.tolist() == [256]  # 1/n


def test_what_cannot_be_read():
    assert not is_readable(IsingHamiltonian(2, {}))
    long = IsingHamiltonian(MOST_SIMULATED + 1, {(0, 1, MOST_SIMULATED): 1.0})
    assert not is_readable(long)
    with pytest.raises(ProblemError, match="at most 12 qubits"):
        angle_features(long)
