"""The network of angles as it is packaged and run: what it answers, and where it is refused."""

import json
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from quasar.circuits.qaoa import qaoa
from quasar.core.errors import InputError, ProblemError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.models.angle_network import (
    FILES,
    LARGEST_GAMMA,
    RAMP,
    AngleNetwork,
    find_angle_networks,
)
from quasar.models.registry import packaged_folder
from quasar.optimize.angle_features import field_scale
from quasar.optimize.qaoa import optimise_qaoa, ramp, sigma
from quasar.simulate.energy import energy_of


@pytest.fixture(scope="module")
def network() -> AngleNetwork:
    return find_angle_networks(packaged_folder())["converged"]


def weighted(n: int, seed: int) -> IsingHamiltonian:
    rng = np.random.default_rng(seed)
    graph = nx.gnp_random_graph(n, 0.6, seed=seed)
    terms = {tuple(sorted(edge)): float(rng.uniform(0.2, 2)) for edge in graph.edges}
    return IsingHamiltonian(n, {**terms, (0,): 0.5})


def share(hamiltonian: IsingHamiltonian, theta: np.ndarray) -> float:
    """Energy above the lowest, in units of the range."""
    energy = energy_of(qaoa(hamiltonian, theta.size // 2), hamiltonian)
    spectrum = hamiltonian.spectrum
    return (energy.value(theta) - spectrum.e_min) / spectrum.width


@pytest.mark.parametrize("layers", [1, 2, 4, 8])
def test_unseen_instances_come_near_a_search(network: AngleNetwork, layers: int):
    gaps, ramps = [], []
    for seed in range(12):
        hamiltonian = weighted(7, 1000 + seed)
        best = optimise_qaoa(hamiltonian, layers)[-1][1].theta
        gaps.append(share(hamiltonian, network.angles(hamiltonian, layers)))
        gaps[-1] -= share(hamiltonian, best)
        plain = ramp(layers, 1.8 / sigma(hamiltonian), 0.7)
        ramps.append(share(hamiltonian, plain) - share(hamiltonian, best))
    assert np.mean(np.array(gaps) <= 0.05) >= 0.9
    assert np.mean(gaps) < np.mean(ramps)


def test_angles_follow_the_scale_of_the_energies(network: AngleNetwork):
    one = weighted(6, 1)
    ten = IsingHamiltonian(6, {q: 10 * c for q, c in one.terms.items()})
    for layers in (1, 3):
        first, second = network.angles(one, layers), network.angles(ten, layers)
        np.testing.assert_allclose(first[:layers], 10 * second[:layers], rtol=1e-4)
        np.testing.assert_allclose(first[layers:], second[layers:], rtol=1e-4)


def test_deeper_than_it_was_trained(network: AngleNetwork):
    found = network.angles(weighted(6, 1), 12)
    assert found.shape == (24,)
    assert share(weighted(6, 1), found) < share(weighted(6, 1), network.angles(weighted(6, 1), 2))


def test_long_products_on_many_qubits(network: AngleNetwork):
    rng = np.random.default_rng(0)
    terms = {tuple(sorted(rng.choice(16, 3, replace=False).tolist())): 1.0 for _ in range(24)}
    hamiltonian = IsingHamiltonian(16, terms)
    found = network.angles(hamiltonian, 2)
    np.testing.assert_array_equal(found, network.angles(hamiltonian, 2))
    assert share(hamiltonian, found) < 0.4


def test_hundreds_of_qubits(network: AngleNetwork):
    graph = nx.random_regular_graph(3, 200, seed=1)
    hamiltonian = IsingHamiltonian(200, {tuple(sorted(e)): 1.0 for e in graph.edges})
    gamma, beta = network.angles(hamiltonian, 1)
    assert (gamma, beta) == pytest.approx((0.3077, -0.3927), abs=0.05)  # arXiv 2107.00677


def test_large_angles_are_left_out(network: AngleNetwork):
    for seed in range(20):
        hamiltonian = weighted(5, seed)
        gammas = network.angles(hamiltonian, 1)[:1]
        assert abs(gammas[0]) * sigma(hamiltonian) <= LARGEST_GAMMA


def test_nothing_to_read(network: AngleNetwork):
    with pytest.raises(ProblemError, match="no terms"):
        network.angles(IsingHamiltonian(3, {}), 2)
    with pytest.raises(ProblemError, match="no terms"):
        network.angles(IsingHamiltonian(3, {(0, 1): 0.0}), 2)


@pytest.mark.parametrize("order", [11, 13])
def test_products_longer_than_small_instances(network: AngleNetwork, order: int):
    long = IsingHamiltonian(13, {tuple(range(order)): 2.0})
    gammas, betas = network.angles(long, 2).reshape(2, 2)
    assert gammas == pytest.approx(ramp(2, *RAMP)[:2] / np.sqrt(4.0 * order / 13))
    assert betas == pytest.approx(ramp(2, *RAMP)[2:])
    mixed = IsingHamiltonian(13, {tuple(range(order)): 2.0, (3, 12): 0.5, (4, 5): 1.0})
    assert np.isfinite(network.angles(mixed, 3)).all()


@pytest.mark.parametrize("size", [2.0**-900, 2.0**-60, 2.0**60, 2.0**900])
def test_energies_of_any_size_have_scales(size: float):
    one = weighted(6, 1)
    other = IsingHamiltonian(6, {q: size * c for q, c in one.terms.items()})
    assert sigma(other) == size * sigma(one)
    assert field_scale(other) == size * field_scale(one)


def test_a_damaged_file(tmp_path: Path):
    assert find_angle_networks(tmp_path) == {}
    (tmp_path / FILES["converged"]).write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"angles\.safetensors"):
        find_angle_networks(tmp_path)


def test_each_network_says_how_it_was_trained():
    for name in FILES.values():
        path = packaged_folder() / name
        content = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        assert content["settings"]["schedule"]["seed"] >= 0
        assert content["instances"] > 1000
