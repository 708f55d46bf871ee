import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit.library import PauliEvolutionGate
from qiskit.quantum_info import SparsePauliOp, Statevector
from scipy.linalg import expm

from quasar.circuits.circuit import Circuit
from quasar.circuits.qaoa import qaoa
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from support.random_circuits import same_up_to_phase, state
from support.recorded_circuits import records, statements


def random_hamiltonian(rng, n):
    terms = {}
    for _ in range(int(rng.integers(1, 7))):
        k = int(rng.integers(1, min(n, 4) + 1))
        qubits = tuple(sorted(int(q) for q in rng.choice(n, k, replace=False)))
        terms[qubits] = float(rng.normal())
    return IsingHamiltonian(n, terms)


def mixer_matrix(n):
    labels = ["".join("X" if i == j else "I" for i in range(n)) for j in range(n)]
    return SparsePauliOp(labels).to_matrix()


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 4),
    st.integers(1, 3),
    st.sampled_from(["h-rz-h", "rx"]),
)
def test_is_the_alternating_exponential(seed, n, layers, mixer):
    rng = np.random.default_rng(seed)
    hamiltonian = random_hamiltonian(rng, n)
    theta = rng.uniform(-3, 3, 2 * layers)
    ansatz = qaoa(hamiltonian, layers, mixer=mixer)
    assert ansatz.n_parameters == 2 * layers
    expected = np.full(1 << n, 2 ** (-n / 2), dtype=complex)
    for gamma, beta in zip(theta[:layers], theta[layers:], strict=True):
        expected = np.exp(-1j * gamma * hamiltonian.diagonal) * expected
        expected = expm(-1j * beta * mixer_matrix(n)) @ expected
    assert same_up_to_phase(state(ansatz.bind(theta)), expected)


def test_agrees_with_qiskits_evolution():
    rng = np.random.default_rng(3)
    hamiltonian = random_hamiltonian(rng, 4)
    labels = ["".join("Z" if i in t else "I" for i in reversed(range(4))) for t in
              hamiltonian.terms]  # fmt: skip
    cost = SparsePauliOp(labels, list(hamiltonian.terms.values()))
    circuit = QuantumCircuit(4)
    circuit.h(range(4))
    circuit.append(PauliEvolutionGate(cost, 0.7), range(4))
    circuit.rx(2 * -0.4, range(4))
    bound = qaoa(hamiltonian, 1).bind([0.7, -0.4])
    assert same_up_to_phase(state(bound), Statevector(circuit).data)


def test_shape_of_the_circuit():
    hamiltonian = IsingHamiltonian.from_text("0.5 * (Z(0) @ Z(1) @ Z(2)) + 0.0 * Z(1) + -2 * Z(2)")
    ansatz = qaoa(hamiltonian, 1)
    written = [(g.name, g.qubits) for g in ansatz.gates]
    assert written[3:9] == [
        ("cx", (2, 1)),
        ("cx", (1, 0)),
        ("rz", (0,)),
        ("cx", (1, 0)),
        ("cx", (2, 1)),
        ("rz", (2,)),
    ]
    assert written[9:12] == [("h", (0,)), ("rz", (0,)), ("h", (0,))]
    assert [(s.parameter, s.scale) for s in ansatz.slots] == [
        (0, 1.0),
        (0, -4.0),
        (1, 2.0),
        (1, 2.0),
        (1, 2.0),
    ]
    assert qaoa(hamiltonian, 1).gates == ansatz.gates


def test_bad_options():
    hamiltonian = IsingHamiltonian(1, {(0,): 1.0})
    with pytest.raises(InputError):
        qaoa(hamiltonian, 0)
    with pytest.raises(InputError):
        qaoa(hamiltonian, 1, mixer="xy")


def test_reproduces_the_records():
    tried = 0
    for record in records("qaoa"):
        n, layers = record["number_of_qubits"], record["number_of_layers"]
        if n > 8:
            continue
        tried += 1
        params = json.loads(record["solution"])["params"]
        hamiltonian = IsingHamiltonian.from_text(record["cost_hamiltonian"], n)
        ansatz = qaoa(hamiltonian, layers)
        gates = statements(record["circuit_with_params"])
        # A zero coefficient leaves an rz(0) in the records and nothing in the ansatz; the ladder of
        # a term ends on the qubit written first in the records, on the lowest in the ansatz.
        recorded = [g for g in gates if not (g.name == "rz" and g.params == (0.0,))]
        assert [g.name for g in recorded] == [g.name for g in ansatz.gates]
        assert [set(g.qubits) for g in recorded if g.name != "rz"] == [
            set(g.qubits) for g in ansatz.gates if g.name != "rz"
        ]
        theta = np.concatenate(params)
        ours, theirs = (state(c) for c in (ansatz.bind(theta), Circuit(n, tuple(gates))))
        assert np.allclose(np.abs(ours) ** 2, np.abs(theirs) ** 2, atol=1e-3)
    assert tried > 5
