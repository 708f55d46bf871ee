"""Channels against their definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quasar.core.errors import InputError
from quasar.simulate.noisy import channels

P = st.floats(0.0, 1.0)


def applied(channel: channels.FloatMatrix, rho: channels.ComplexArray) -> channels.ComplexArray:
    """The channel on a density matrix."""
    k = channels.qubits_of(channel)
    basis = channels.paulis(k)
    vector = np.einsum("pij,ji->p", basis, rho).real
    return np.einsum("p,pij->ij", channel @ vector, basis) / 2**k


def state(k: int, seed: int) -> channels.ComplexArray:
    random = np.random.default_rng(seed)
    a = random.normal(size=(2**k, 2**k)) + 1j * random.normal(size=(2**k, 2**k))
    rho = a @ a.conj().T
    return rho / np.trace(rho)


@given(P, st.integers(0, 10**6))
def test_amplitude_damping_is_its_kraus_form(gamma: float, seed: int) -> None:
    rho = state(1, seed)
    keep, decay = np.diag([1.0, math.sqrt(1 - gamma)]), np.array([[0, math.sqrt(gamma)], [0, 0]])
    expected = keep @ rho @ keep.T + decay @ rho @ decay.T
    assert np.allclose(applied(channels.amplitude_damping(gamma), rho), expected, atol=1e-12)


@given(P, st.integers(1, 2), st.integers(0, 10**6))
def test_depolarizing_mixes_with_the_identity(p: float, k: int, seed: int) -> None:
    rho = state(k, seed)
    expected = (1 - p) * rho + p * np.eye(2**k) / 2**k
    assert np.allclose(applied(channels.depolarizing(p, k), rho), expected, atol=1e-12)


@given(st.floats(0.05, 1.0), st.floats(0.05, 3.0), st.floats(0.0, 2.0))
def test_relaxation_decays_with_t1_and_t2(t1: float, t2: float, seconds: float) -> None:
    rho = np.array([[0.3, 0.4], [0.4, 0.7]])
    out = applied(channels.relaxation(t1, t2, seconds), rho)
    assert out[1, 1].real == pytest.approx(0.7 * math.exp(-seconds / t1))
    assert out[0, 1].real == pytest.approx(0.4 * math.exp(-seconds / min(t2, 2 * t1)))


@given(st.integers(0, 10**6), st.integers(1, 2), P)
def test_kraus_operators_give_the_channel(seed: int, k: int, gamma: float) -> None:
    random = np.random.default_rng(seed)
    turn = np.linalg.qr(random.normal(size=(2**k, 2**k)) + 1j * random.normal(size=(2**k, 2**k)))[0]
    channel = channels.tensor(*[channels.amplitude_damping(gamma)] * k) @ channels.unitary(turn)
    operators = channels.kraus(channel)
    rho = state(k, seed)
    expected = sum(op @ rho @ op.conj().T for op in operators)
    assert np.allclose(applied(channel, rho), expected, atol=1e-10)


def test_the_first_qubit_leads() -> None:
    """X on the first of two: |00> to |10>, the most significant bit set."""
    x = channels.unitary(np.array([[0, 1], [1, 0]]))
    out = applied(channels.embedded(x, (0,), 2), np.diag([1.0, 0, 0, 0]))
    assert np.allclose(out, np.diag([0, 0, 1.0, 0]))
    assert np.allclose(channels.embedded(x, (0,), 2), channels.tensor(x, channels.identity(1)))


def test_infidelity_of_depolarizing_is_known() -> None:
    """1 - F = p (d - 1)/d."""
    assert channels.average_infidelity(channels.depolarizing(0.02, 2)) == pytest.approx(0.015)


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_a_probability_is_one(value: float) -> None:
    with pytest.raises(InputError, match="from 0 to 1"):
        channels.probability(value, "readout")
