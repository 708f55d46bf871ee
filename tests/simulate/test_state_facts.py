"""What a state is: as Qiskit's reduced density matrices have it, whatever dead gates are added."""

from __future__ import annotations

import numpy as np
import pytest

from quasar.circuits.circuit import GATES, Circuit, Gate
from quasar.circuits.to_qiskit import to_qiskit
from quasar.simulate.engine import get_engine, probabilities
from quasar.simulate.state_facts import (
    BASIS_STATE_PROBABILITY,
    impurities,
    meyer_wallach,
    state_facts,
)
from support.dead_gates import WAYS, with_dead_gates
from support.random_circuits import random_circuit

ONE_QUBIT = tuple(name for name, spec in GATES.items() if spec.n_qubits == 1)
ENTANGLING = ("cx", "cz", "crx", "cry", "cp", "swap", "h", "ry", "rx", "rz")
ENGINE = get_engine()


def facts_of(circuit: Circuit):
    state = ENGINE.state(circuit)
    return state_facts(probabilities(state), state)


def by_qiskit(circuit: Circuit) -> tuple[bool, bool, float]:
    """Basis state, product state, Q."""
    from qiskit.quantum_info import Statevector, partial_trace

    state = Statevector(to_qiskit(circuit))
    others = [[k for k in range(circuit.n_qubits) if k != q] for q in range(circuit.n_qubits)]
    purities = [partial_trace(state, rest).purity().real for rest in others]
    q = 2.0 * (1.0 - float(np.mean(purities)))
    return bool(state.probabilities().max() >= 1 - 1e-6), min(purities) >= 1 - 1e-9, q


@pytest.mark.parametrize("product", [True, False], ids=["products", "random"])
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__.strip("_"))
def test_dead_gates_do_not_move_the_verdict(way, product: bool) -> None:
    rng = np.random.default_rng([WAYS.index(way), product])
    seen = set()
    for _ in range(100):
        n = int(rng.integers(2, 5))
        names = ONE_QUBIT if product else ENTANGLING
        bare = random_circuit(rng, n, int(rng.integers(1, 8)), names)
        if rng.random() < 0.3:
            bare = Circuit(n, tuple(Gate("x", (q,)) for q in range(n) if rng.random() < 0.5))
        basis, whole, q = by_qiskit(bare)
        assert not product or whole
        found = facts_of(with_dead_gates(rng, bare, way))
        assert (found.basis_state, found.product_state) == (basis, whole)
        assert found.entanglement == pytest.approx(q, abs=1e-9)
        seen.add((basis, whole))
    assert len(seen) == (2 if product else 3)  # each kind of state was there


@pytest.mark.parametrize("noise", [0.0, 1e-12, 1e-9])
def test_noise_far_below_the_limit_changes_nothing(noise: float) -> None:
    rng = np.random.default_rng(3)
    for n in range(1, 9):
        factors = rng.normal(size=(n, 2)) + 1j * rng.normal(size=(n, 2))
        state = np.ones(1, dtype=complex)
        for factor in factors:
            state = np.kron(state, factor / np.linalg.norm(factor))
        state += noise * (rng.normal(size=state.size) + 1j * rng.normal(size=state.size))
        for scale in (1.0, 1.0 + 1e-7):  # a norm that rounding has moved is no entanglement
            found = state_facts(probabilities(scale * state), scale * state)
            assert found.product_state
            assert found.entanglement == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(("angle", "product"), [(2e-5, True), (1e-4, False)])
def test_the_limit_is_where_it_is_said_to_be(angle: float, product: bool) -> None:
    """cos a |00> + sin a |11> has 1 - Tr ρ² = 2 sin²a cos²a on both qubits."""
    state = np.array([np.cos(angle), 0, 0, np.sin(angle)], dtype=complex)
    assert impurities(state) == pytest.approx([2 * angle**2] * 2, rel=1e-6)
    assert state_facts(probabilities(state), state).product_state is product


def test_one_bit_string_is_decided_by_probability() -> None:
    for missing, basis in ((0.5e-6, True), (2e-6, False)):
        state = np.sqrt(np.array([1 - missing, missing], dtype=complex))
        assert state_facts(probabilities(state), state).basis_state is basis
    assert BASIS_STATE_PROBABILITY == 1 - 1e-6


def test_a_mixture_has_only_its_distribution() -> None:
    found = state_facts(np.array([0.0, 1.0]), None)
    assert (found.basis_state, found.product_state, found.entanglement) == (True, None, None)


def test_known_values() -> None:
    ghz = np.zeros(8, dtype=complex)
    ghz[[0, 7]] = np.sqrt(0.5)
    assert meyer_wallach(ghz) == pytest.approx(1.0)
    w = np.zeros(8, dtype=complex)
    w[[1, 2, 4]] = np.sqrt(1 / 3)
    assert meyer_wallach(w) == pytest.approx(8 / 9)
