"""Energies on a subspace's amplitudes against energies gate by gate."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quasar.circuits.subspace_qaoa import subspace_qaoa
from quasar.core.subspace import FixedWeightBlock, Subspace
from quasar.simulate.energy import energy_of
from quasar.simulate.gate_energy import GateEnergy
from quasar.simulate.subspace_energy import SubspaceEnergy
from quasar.simulate.tail_energy import TailEnergy
from support.random_circuits import same_up_to_phase
from support.subspaces import random_hamiltonian, subspaces


@pytest.mark.parametrize("mixer", ["xy", "xy-complete", "grover"])
@given(subspaces(6), st.integers(0, 2**32 - 1), st.integers(1, 3), st.booleans())
def test_agrees_with_the_circuit(
    mixer: str, subspace: Subspace, seed: int, layers: int, from_one: bool
) -> None:
    rng = np.random.default_rng(seed)
    start = None
    if from_one and mixer != "grover":
        start = int(rng.choice(subspace.states()))
    cost = random_hamiltonian(rng, subspace.n_qubits)
    measured = rng.normal(size=1 << subspace.n_qubits)  # another observable than the phases'
    ansatz = subspace_qaoa(cost, subspace, layers, mixer, basis_state=start)
    fast, slow = SubspaceEnergy(ansatz, measured), GateEnergy(ansatz, measured)
    theta = rng.uniform(-3, 3, 2 * layers)
    assert same_up_to_phase(fast.state(theta), slow.state(theta), atol=1e-10)
    value, gradient = fast.value_and_gradient(theta)
    expected, slopes = slow.value_and_gradient(theta)
    assert value == pytest.approx(expected, abs=1e-10)
    assert fast.value(theta) == pytest.approx(expected, abs=1e-10)
    assert gradient == pytest.approx(slopes, abs=1e-9)


def test_is_what_such_an_ansatz_is_measured_by() -> None:
    rng = np.random.default_rng(0)
    subspace = Subspace(4, (FixedWeightBlock((0, 1, 2), 1),))
    cost = random_hamiltonian(rng, 4)
    ansatz = subspace_qaoa(cost, subspace, 1)
    assert isinstance(energy_of(ansatz, cost), SubspaceEnergy)
    with pytest.raises(ValueError, match="the observable has 8 states"):
        SubspaceEnergy(ansatz, np.zeros(8))


def test_a_tail_is_that_of_the_circuit() -> None:
    rng = np.random.default_rng(5)
    subspace = Subspace(5, (FixedWeightBlock((0, 3, 2), 1), FixedWeightBlock((1, 4), 1)))
    cost = random_hamiltonian(rng, 5)
    ansatz = subspace_qaoa(cost, subspace, 2, "xy")
    plain, _ = ansatz.freed(np.zeros(4))
    assert not isinstance(plain, type(ansatz))
    theta = rng.uniform(-1, 1, 4)
    _, angles = ansatz.freed(theta)
    ours, gates = (
        TailEnergy(a, cost.diagonal, 0.2).value(x) for a, x in ((ansatz, theta), (plain, angles))
    )
    assert ours == pytest.approx(gates, abs=1e-10)
    slope = TailEnergy(ansatz, cost.diagonal, 0.2).value_and_gradient(theta)[1]
    step = 1e-6 * np.eye(4)
    tail = TailEnergy(ansatz, cost.diagonal, 0.2)
    by_steps = [(tail.value(theta + s) - tail.value(theta - s)) / 2e-6 for s in step]
    assert slope == pytest.approx(by_steps, abs=1e-5)


def test_large_blocks_take_the_space_of_their_patterns() -> None:
    """20 qubits, 4 ones: 4,845 amplitudes of a million."""
    subspace = Subspace(20, (FixedWeightBlock(tuple(range(20)), 4),))
    rng = np.random.default_rng(2)
    cost = random_hamiltonian(rng, 20)
    energy = SubspaceEnergy(subspace_qaoa(cost, subspace, 1, "xy"), cost.diagonal)
    theta = np.array([0.1, -0.3])
    slope = energy.value_and_gradient(theta)[1]
    steps = 1e-5 * np.eye(2)
    by_steps = [(energy.value(theta + s) - energy.value(theta - s)) / 2e-5 for s in steps]
    assert slope == pytest.approx(by_steps, rel=1e-6)
    state = energy.state(theta)
    assert np.abs(state[subspace.states()] ** 2).sum() == pytest.approx(1.0)
