"""The gate-free QAOA energy against the circuit's, and its gradient against finite differences."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.circuits.qaoa import qaoa
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.simulate import qaoa_kernel
from quasar.simulate.gate_energy import GateEnergy
from quasar.simulate.qaoa_energy import QaoaEnergy
from support.random_circuits import same_up_to_phase


def random_hamiltonian(rng, n_qubits, n_terms, largest_term=4):
    terms = {}
    for _ in range(n_terms):
        k = int(rng.integers(1, min(n_qubits, largest_term) + 1))
        qubits = tuple(sorted(int(q) for q in rng.choice(n_qubits, k, replace=False)))
        terms[qubits] = float(rng.normal())
    return IsingHamiltonian(n_qubits, terms)


def both(hamiltonian, layers):
    ansatz = qaoa(hamiltonian, layers)
    return (
        QaoaEnergy(ansatz, hamiltonian.diagonal),
        GateEnergy(ansatz, hamiltonian.diagonal),
    )


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 7), st.integers(1, 4))
def test_agrees_with_the_circuit(seed, n_qubits, layers):
    rng = np.random.default_rng(seed)
    fast, slow = both(random_hamiltonian(rng, n_qubits, 8), layers)
    theta = rng.uniform(-3, 3, 2 * layers)
    assert fast.n_parameters == slow.n_parameters == 2 * layers
    assert same_up_to_phase(fast.state(theta), slow.state(theta), atol=1e-10)
    value, gradient = fast.value_and_gradient(theta)
    expected, expected_gradient = slow.value_and_gradient(theta)
    assert value == pytest.approx(expected, abs=1e-10)
    assert fast.value(theta) == pytest.approx(expected, abs=1e-10)
    assert gradient == pytest.approx(expected_gradient, abs=1e-9)


@pytest.mark.parametrize("n_qubits", [5, 6, 10, 11])
def test_mixer_blocks_of_every_width(n_qubits):
    rng = np.random.default_rng(n_qubits)
    fast, slow = both(random_hamiltonian(rng, n_qubits, 12), 2)
    theta = rng.uniform(-1, 1, 4)
    assert same_up_to_phase(fast.state(theta), slow.state(theta), atol=1e-10)
    assert fast.value_and_gradient(theta)[1] == pytest.approx(
        slow.value_and_gradient(theta)[1], abs=1e-9
    )


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_gradient_against_central_differences(layers):
    rng = np.random.default_rng(layers)
    energy, _ = both(random_hamiltonian(rng, 5, 7), layers)
    theta = rng.uniform(-1, 1, 2 * layers)
    _, gradient = energy.value_and_gradient(theta)
    for i, slope in enumerate(gradient):
        shift = np.zeros(theta.size)
        shift[i] = 1e-5
        difference = (energy.value(theta + shift) - energy.value(theta - shift)) / 2e-5
        assert slope == pytest.approx(difference, abs=1e-8)


def test_zero_angles_leave_the_uniform_superposition():
    energy, _ = both(random_hamiltonian(np.random.default_rng(0), 4, 5), 2)
    assert np.allclose(energy.state(np.zeros(4)), 0.25)
    assert energy.value(np.zeros(4)) == pytest.approx(0, abs=1e-12)


def test_one_qubit_by_hand():
    hamiltonian = IsingHamiltonian(1, {(0,): 1.0})
    energy, _ = both(hamiltonian, 1)
    gamma, beta = 0.4, -0.3
    # <Z> = sin 2γ sin 2β: the lowest value, -1, is met at γ = π/4, β = -π/4.
    assert energy.value([gamma, beta]) == pytest.approx(np.sin(2 * gamma) * np.sin(2 * beta))
    assert energy.value([np.pi / 4, -np.pi / 4]) == pytest.approx(-1)


def test_states_do_not_change_later():
    energy, _ = both(IsingHamiltonian(2, {(0, 1): 1.0}), 1)
    first = energy.state([0.0, 0.0])
    energy.value_and_gradient([0.5, 0.5])
    assert np.allclose(first, 0.5)
    assert np.allclose(energy.state([0.0, 0.0]), 0.5)


def test_bound_circuit():
    hamiltonian = random_hamiltonian(np.random.default_rng(2), 3, 4)
    energy, slow = both(hamiltonian, 2)
    theta = [0.1, 0.2, -0.3, -0.4]
    assert energy.bind(theta).gates == slow.bind(theta).gates


@pytest.mark.skipif(qaoa_kernel.library() is None, reason="the energies in C were not built here")
@pytest.mark.parametrize("n_qubits", [1, 2, 5, 9])
def test_compiled_energies_are_the_same(n_qubits):
    rng = np.random.default_rng(n_qubits)
    hamiltonian = random_hamiltonian(rng, n_qubits, 10)
    slow = QaoaEnergy(qaoa(hamiltonian, 3), hamiltonian.diagonal)
    fast = qaoa_kernel.compiled_energy_of(qaoa(hamiltonian, 3), hamiltonian)
    for observable in (None, rng.normal(size=1 << n_qubits)):
        if observable is not None:
            slow.measure(observable)
            fast.measure(observable)
        theta = rng.uniform(-3, 3, 6)
        assert fast.value(theta) == pytest.approx(slow.value(theta), abs=1e-12)
        energy, gradient = fast.value_and_gradient(theta)
        expected, expected_gradient = slow.value_and_gradient(theta)
        assert energy == pytest.approx(expected, abs=1e-12)
        assert gradient == pytest.approx(expected_gradient, abs=1e-11)
    assert np.array_equal(fast.state(theta), slow.state(theta))


@pytest.mark.parametrize("compiled", [True, False])
def test_energies_of_one_instance_at_any_depth(compiled: bool, monkeypatch: pytest.MonkeyPatch):
    if not compiled:
        monkeypatch.setattr(qaoa_kernel, "library", lambda: None)
    rng = np.random.default_rng(5)
    hamiltonian = IsingHamiltonian(4, {(0, 1): 1.0, (1, 2): -0.5, (0, 2, 3): 0.7, (3,): 0.2})
    scaled = qaoa_kernel.ScaledQaoa(hamiltonian.diagonal, 2.0)
    spectrum = hamiltonian.spectrum
    for layers in (1, 3):
        theta = rng.normal(size=2 * layers)
        energy = QaoaEnergy(qaoa(hamiltonian, layers), hamiltonian.diagonal)
        unscaled = np.concatenate([theta[:layers] / 2.0, theta[layers:]])
        value, slope = energy.value_and_gradient(unscaled)
        found, gradient = scaled.value_and_gradient(theta)
        assert found == pytest.approx((value - spectrum.e_min) / spectrum.width)
        chain = np.concatenate([slope[:layers] / 2.0, slope[layers:]]) / spectrum.width
        np.testing.assert_allclose(gradient, chain, atol=1e-10)
