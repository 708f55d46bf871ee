"""Energies by layers against those gate by gate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.circuits.ansatz import Ansatz, Slot, tie_equal_angles
from quasar.circuits.circuit import Gate
from quasar.circuits.qaoa import qaoa
from quasar.circuits.qasm import parse
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.simulate.energy import LAYERED_FROM, energy_of
from quasar.simulate.engine import probabilities
from quasar.simulate.gate_energy import GateEnergy
from quasar.simulate.layered_energy import LayeredEnergy, NotLayered, _block
from quasar.simulate.small_energy import SmallEnergy
from support.agentq import load_generations, load_records
from support.cases import cases
from support.random_circuits import NAMES, random_circuit

COVERED = tuple(n for n in NAMES if n not in {"crx", "cry", "ch", "cu", "unitary"})
FREE = {"rx", "ry", "rz", "p", "u1", "phase", "crz", "cp", "cphase"}


def plain(ansatz: Ansatz, diagonal: np.ndarray, theta: np.ndarray) -> float:
    return float(probabilities(GateEnergy(ansatz, diagonal).state(theta)) @ diagonal)


def random_ansatz(rng: np.random.Generator, n_qubits: int, n_gates: int) -> Ansatz:
    gates = random_circuit(rng, n_qubits, n_gates, COVERED).gates
    slots = tuple(
        Slot(i, int(rng.integers(3)), float(rng.choice([1.0, -2.0, 0.3])))
        for i, gate in enumerate(gates)
        if gate.name in FREE and rng.random() < 0.7
    )
    return Ansatz("random", n_qubits, gates, slots, 3)


@settings(max_examples=cases(150), deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(0, 40))
def test_any_covered_circuit(seed: int, n_qubits: int, n_gates: int) -> None:
    rng = np.random.default_rng(seed)
    ansatz = random_ansatz(rng, n_qubits, n_gates)
    diagonal = rng.normal(size=1 << n_qubits)
    energy = LayeredEnergy(ansatz, diagonal)
    for _ in range(2):
        theta = rng.normal(size=3)
        assert energy.value(theta) == pytest.approx(plain(ansatz, diagonal, theta), abs=1e-12)


@pytest.mark.parametrize("name", ["crx", "cry", "ch", "cu", "unitary"])
def test_other_gates_are_refused(name: str) -> None:
    gate = random_circuit(np.random.default_rng(0), 3, 1, (name,)).gates[0]
    if name == "unitary":
        gate = Gate("unitary", (0, 1), (), np.eye(4, dtype=complex))
    with pytest.raises(NotLayered, match=name):
        LayeredEnergy(Ansatz("", 3, (gate,), (), 0), np.zeros(8))


def test_a_cost_layer_is_one_table_and_no_permutation() -> None:
    rng = np.random.default_rng(1)
    terms = {(i, j): 1.0 for i in range(10) for j in range(i) if rng.random() < 0.4}
    hamiltonian = IsingHamiltonian(10, terms)
    ansatz = qaoa(hamiltonian, 2)
    energy = LayeredEnergy(ansatz, hamiltonian.diagonal)
    cost, mixer, cost_2, mixer_2 = energy._layers
    for layer in (cost, cost_2):
        assert len(layer.tables) == 1
        assert layer.source is None
        assert len(layer.tables[0].levels) < 64
    for layer in (mixer, mixer_2):
        assert len(layer.kinds) == 1
    theta = rng.normal(size=4)
    expected = plain(ansatz, hamiltonian.diagonal, theta)
    assert energy.value(theta) == pytest.approx(expected, abs=1e-10)


def test_wide_blocks_equal_a_dense_product() -> None:
    rng = np.random.default_rng(2)
    state = rng.normal(size=1 << 13) + 1j * rng.normal(size=1 << 13)
    u = np.linalg.qr(rng.normal(size=(16, 16)) + 1j * rng.normal(size=(16, 16)))[0]
    for first in (0, 4, 9):
        expected = np.einsum("ab,hbl->hal", u, state.reshape(-1, 16, 1 << first)).reshape(-1)
        assert np.allclose(_block(u, state, first), expected, atol=1e-12)


def test_recorded_answers_by_the_way_that_the_verifier_takes() -> None:
    records = {r["sample_index"]: r for r in load_records()}
    seen = 0
    for (_, index, candidate), qasm in sorted(load_generations().items()):
        n = records[index]["number_of_qubits"]
        if candidate != 1 or not LAYERED_FROM <= n <= 12 or "OPENQASM 3.0" not in qasm:
            continue
        try:
            circuit = parse(qasm).circuit
        except Exception:
            continue
        if circuit is None or circuit.n_qubits != n:
            continue
        ansatz, theta = tie_equal_angles(circuit)
        text = records[index]["cost_hamiltonian"]
        diagonal = IsingHamiltonian.from_text(text, n).diagonal
        energy = energy_of(ansatz, diagonal, gradient=False)
        theta = theta + 0.1
        assert energy.value(theta) == pytest.approx(plain(ansatz, diagonal, theta), abs=1e-10)
        seen += isinstance(energy, LayeredEnergy | SmallEnergy)
    assert seen > 20
