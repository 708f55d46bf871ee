"""Numbers that a circuit carries: QAOA is recognised however it is written, and nothing else is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.effective import effective
from quasar.circuits.emit import emit
from quasar.circuits.freedom import Freedom, free_angles, freedom, qaoa_layers
from quasar.circuits.qaoa import qaoa
from quasar.circuits.qasm import parse
from quasar.circuits.sim19 import NUMBERS, sim
from quasar.core.hamiltonian import IsingHamiltonian
from support.agentq import load_records
from support.cases import cases
from support.dead_gates import WAYS, with_dead_gates
from support.strategies import small_hamiltonians

RING = IsingHamiltonian(4, {(0, 1): 1.0, (1, 2): 0.5, (2, 3): 2.0, (0, 3): -1.5, (1,): 0.25})
CUBIC = IsingHamiltonian(4, {(0, 1, 2): 1.0, (1, 2, 3): -0.5, (2,): 2.0, (3,): 0.75})
THETA = (0.41, -0.73, 0.29, 0.58)


def found(circuit: Circuit, hamiltonian: IsingHamiltonian) -> Freedom:
    return freedom(circuit, hamiltonian, effective(circuit))


def written(hamiltonian: IsingHamiltonian, theta, *, mixer: str = "rx") -> Circuit:
    return qaoa(hamiltonian, len(theta) // 2, mixer=mixer).bind(theta)


angles = st.floats(0.05, 1.4).flatmap(lambda a: st.sampled_from([a, -a]))


@settings(max_examples=cases(150), deadline=None)
@given(
    small_hamiltonians(), st.integers(1, 3), st.sampled_from(["rx", "h-rz-h"]), st.booleans(),
    st.data(),
)  # fmt: skip
def test_qaoa_is_recognised(hamiltonian, layers, mixer, rounded, data) -> None:
    assume(any(hamiltonian.terms.values()))
    theta = data.draw(st.lists(angles, min_size=2 * layers, max_size=2 * layers))
    circuit = written(hamiltonian, theta, mixer=mixer)
    if rounded:
        circuit = parse(emit(circuit, decimals=4)).circuit
    assert qaoa_layers(circuit, hamiltonian) == layers
    assert found(circuit, hamiltonian) == Freedom(2 * layers, layers)


def dense_theta(rng: np.random.Generator, layers: int) -> np.ndarray:
    return rng.uniform(0.1, 1.2, 2 * layers) * rng.choice([-1, 1], 2 * layers)


def by_phases(hamiltonian: IsingHamiltonian, theta) -> Circuit:
    """Couplings as cp with p on both qubits; cost terms last to first; rx as its parts."""
    p = len(theta) // 2
    gates = [Gate("h", (q,)) for q in range(hamiltonian.n_qubits)]
    for gamma, beta in zip(theta[:p], theta[p:], strict=True):
        for qubits, c in reversed(hamiltonian.terms.items()):
            if len(qubits) == 2:
                gates.append(Gate("cp", qubits, (-4 * gamma * c,)))
            gates += [Gate("p", (q,), (2 * gamma * c,)) for q in qubits]
        for q in range(hamiltonian.n_qubits):
            gates.append(Gate("U", (q,), (2 * beta, -math.pi / 2, math.pi / 2)))
    return Circuit(hamiltonian.n_qubits, tuple(gates))


def by_controlled_rotations(hamiltonian: IsingHamiltonian, theta) -> Circuit:
    """Couplings as crz, or crx between two h, with p on the target."""
    p = len(theta) // 2
    gates = [Gate("h", (q,)) for q in range(hamiltonian.n_qubits)]
    for gamma, beta in zip(theta[:p], theta[p:], strict=True):
        for i, (qubits, c) in enumerate(hamiltonian.terms.items()):
            *_, target = qubits
            if len(qubits) == 2:
                turn = [Gate("h", (target,))] if i % 2 else []
                coupling = Gate("crx" if turn else "crz", qubits, (-4 * gamma * c,))
                gates += [*turn, coupling, *turn]
            gates.append(Gate("p", (target,), (2 * gamma * c,)))
        gates += [Gate("rx", (q,), (2 * beta,)) for q in range(hamiltonian.n_qubits)]
    return Circuit(hamiltonian.n_qubits, tuple(gates))


def by_turned_qubits(hamiltonian: IsingHamiltonian, theta) -> Circuit:
    """Every cx as a cz between two h, mixers as rz-ry-rz, the start as ry."""
    gates = []
    for gate in written(hamiltonian, theta).gates:
        *_, q = gate.qubits
        if gate.name == "h":
            gates.append(Gate("ry", (q,), (math.pi / 2,)))
        elif gate.name == "cx":
            gates += [Gate("h", (q,)), Gate("cz", gate.qubits), Gate("h", (q,))]
        elif gate.name == "rx":
            half = math.pi / 2
            gates += [Gate("rz", (q,), (half,)), Gate("ry", (q,), gate.params)]
            gates.append(Gate("rz", (q,), (-half,)))
        else:
            gates.append(gate)
    return Circuit(hamiltonian.n_qubits, tuple(gates))


def scaled(hamiltonian: IsingHamiltonian, theta) -> Circuit:
    """For the Hamiltonian in other units."""
    units = {qubits: 0.137 * c for qubits, c in hamiltonian.terms.items()}
    return written(IsingHamiltonian(hamiltonian.n_qubits, units), theta)


def wrapped(hamiltonian: IsingHamiltonian, theta) -> Circuit:
    """Large γ, every angle brought back into one turn."""
    large = [3.0 * t for t in theta]
    circuit = written(hamiltonian, large)
    gates = [
        gate._replace(params=tuple(math.remainder(a, 2 * math.pi) for a in gate.params))
        for gate in circuit.gates
    ]
    return Circuit(circuit.n_qubits, tuple(gates))


@pytest.mark.parametrize(
    "form", [by_phases, by_controlled_rotations, by_turned_qubits, scaled, wrapped]
)
@pytest.mark.parametrize("hamiltonian", [RING, CUBIC], ids=["pairs", "triples"])
def test_forms_of_qaoa(form, hamiltonian) -> None:
    if form in {by_phases, by_controlled_rotations} and hamiltonian is CUBIC:
        pytest.skip("controlled gates write no triples")
    rng = np.random.default_rng(1)
    for layers in (1, 2, 3):
        for _ in range(5):
            circuit = form(hamiltonian, dense_theta(rng, layers))
            assert qaoa_layers(circuit, hamiltonian) == layers


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__.strip("_"))
def test_dead_gates_do_not_hide_it(way) -> None:
    rng = np.random.default_rng(WAYS.index(way))
    for _ in range(10):
        circuit = with_dead_gates(rng, written(RING, dense_theta(rng, 2)), way)
        assert found(circuit, RING).from_hamiltonian


def changed(circuit: Circuit, position: int, by: float) -> Circuit:
    gates = list(circuit.gates)
    gates[position] = gates[position]._replace(params=(gates[position].params[0] + by,))
    return Circuit(circuit.n_qubits, tuple(gates))


def test_one_angle_of_its_own_is_enough_to_be_refused() -> None:
    circuit = written(RING, THETA)
    turning = [i for i, gate in enumerate(circuit.gates) if gate.params]
    assert len(turning) == 2 * (len(RING.terms) + 4)
    for position in turning:
        assert not found(changed(circuit, position, 0.02), RING).from_hamiltonian


def test_what_is_not_qaoa_for_this_hamiltonian() -> None:
    circuit = written(RING, THETA)
    assert not found(circuit, CUBIC).from_hamiltonian
    less = IsingHamiltonian(4, dict(list(RING.terms.items())[1:]))
    more = IsingHamiltonian(4, {**RING.terms, (0, 2): 0.3})
    assert not found(circuit, less).from_hamiltonian
    assert not found(circuit, more).from_hamiltonian
    without_start = Circuit(4, circuit.gates[4:])
    extra = Circuit(4, (*circuit.gates, Gate("ry", (0,), (0.3,))))
    early = Circuit(4, (*circuit.gates[:4], Gate("rz", (3,), (0.3,)), *circuit.gates[4:]))
    for other in (without_start, extra, early):
        assert not found(other, RING).from_hamiltonian


@pytest.mark.parametrize("turn", [math.pi, -math.pi, 2 * math.pi, 3 * math.pi])
@pytest.mark.parametrize("linear", [False, True])
def test_cost_layers_that_entangle_nothing_are_none(turn: float, linear: bool) -> None:
    edges = [(0, 1), (1, 2), (0, 2)]
    terms = dict.fromkeys(edges, 1.0) | ({(0,): 0.5} if linear else {})
    gates = [Gate("h", (i,)) for i in range(3)]
    for a, b in edges:
        gates += [Gate("cx", (a, b)), Gate("rz", (b,), (turn,)), Gate("cx", (a, b))]
    gates += [Gate("rz", (0,), (turn / 2,))] if linear else []
    gates += [Gate("rx", (i,), (0.7,)) for i in range(3)]
    assert not found(Circuit(3, tuple(gates)), IsingHamiltonian(3, terms)).from_hamiltonian


def test_single_spins_need_no_entangling_gate() -> None:
    hamiltonian = IsingHamiltonian(3, {(0,): 1.0, (1,): -0.5, (2,): 2.0})
    assert found(written(hamiltonian, THETA), hamiltonian).from_hamiltonian


def test_circuits_with_nothing_of_the_hamiltonian() -> None:
    uniform = Circuit(4, tuple(Gate("h", (q,)) for q in range(4)))
    string = Circuit(4, (Gate("x", (0,)), Gate("rx", (2,), (math.pi,))))
    assert found(uniform, RING) == found(string, RING) == Freedom(0, None)
    assert found(written(RING, (0.0, 0.4)), RING) == Freedom(0, None)
    rotated = Circuit(4, tuple(Gate("ry", (q,), (0.1 + 0.2 * q,)) for q in range(4)))
    assert found(rotated, RING) == Freedom(4, None)


@pytest.mark.parametrize("template", NUMBERS)
def test_templates_carry_numbers_of_their_own(template: int) -> None:
    ansatz = sim(template, 4, 1)
    theta = np.random.default_rng(template).uniform(0.2, 1.4, ansatz.n_parameters)
    found_here = found(ansatz.bind(theta), RING)
    assert not found_here.from_hamiltonian
    assert found_here.degrees <= ansatz.n_parameters


def test_free_angles_are_counted_once() -> None:
    def count(*values: float) -> int:
        return free_angles(Circuit(1, tuple(Gate("rx", (0,), (value,)) for value in values)))

    assert count(0.3, -0.3, 2 * math.pi - 0.3, 0.3 + 2 * math.pi) == 1
    assert count(0.0, math.pi / 2, -math.pi, 3 * math.pi / 2, 1.5708, 3.1416) == 0
    assert count(0.3, 0.3001, 1.2) == 3


def test_references_of_the_benchmark() -> None:
    for record in load_records():
        circuit = parse(record["circuit_with_params"]).circuit
        hamiltonian = IsingHamiltonian.from_text(record["cost_hamiltonian"])
        is_qaoa = record["optimization_type"] == "qaoa"
        layers = record["number_of_layers"] if is_qaoa else None
        assert qaoa_layers(circuit, hamiltonian) == layers
        assert qaoa_layers(effective(circuit), hamiltonian) == layers
