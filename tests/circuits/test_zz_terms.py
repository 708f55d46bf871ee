"""Ladders of `cx` around `rz` as one item."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.qaoa import qaoa
from quasar.circuits.zz_terms import PRODUCT, joined
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.problems.base import encode
from quasar.problems.maxcut import MaxCut
from quasar.simulate.engine import ComplexVector
from quasar.simulate.state_engine import state_engine
from support.random_circuits import random_circuit


def written_out(items: list[tuple[Gate, int]]) -> list[Gate]:
    """Every item as gates again."""
    gates = []
    for gate, _ in items:
        if gate.name != PRODUCT:
            gates.append(gate)
            continue
        *others, target = gate.qubits
        ladder = [Gate("cx", (other, target)) for other in others]
        gates += [*ladder, Gate("rz", (target,), gate.params), *ladder[::-1]]
    return gates


def state(n_qubits: int, gates: list[Gate]) -> ComplexVector:
    return state_engine().state(Circuit(n_qubits, tuple(gates)))


def same(circuit: Circuit) -> bool:
    again = state(circuit.n_qubits, written_out(joined(circuit)))
    overlap = abs(np.vdot(again, state(circuit.n_qubits, list(circuit.gates))))
    return bool(np.isclose(overlap, 1.0))


def test_the_cost_layers_of_qaoa_are_products() -> None:
    hamiltonian = encode(MaxCut(nx.petersen_graph())).hamiltonian
    circuit = qaoa(hamiltonian, 2).bind(np.array([0.3, 0.4, 0.5, 0.6]))
    items = joined(circuit)
    products = [gate for gate, _ in items if gate.name == PRODUCT]
    assert len(products) == 2 * 15
    assert not any(gate.name == "cx" for gate, _ in items)
    assert sum(size for _, size in items) == len(circuit.gates)
    assert same(circuit)


def test_products_of_more_qubits() -> None:
    hamiltonian = IsingHamiltonian(4, {(0, 1, 2, 3): 1.0, (0, 2): 0.5, (1,): 0.25})
    circuit = qaoa(hamiltonian, 1).bind(np.array([0.3, 0.4]))
    widths = sorted(len(gate.qubits) for gate, _ in joined(circuit) if gate.name == PRODUCT)
    assert widths == [2, 4]
    assert same(circuit)


CX, RZ = Gate("cx", (0, 1)), Gate("rz", (1,), (0.3,))


@pytest.mark.parametrize(
    "gates",
    [
        [CX, RZ, Gate("cx", (2, 1))],
        [CX, RZ, Gate("x", (0,)), CX],
        [CX, RZ, Gate("x", (1,)), CX],
        [CX, Gate("rz", (0,), (0.3,)), CX],
        [CX, Gate("rx", (1,), (0.3,)), CX],
        [CX, RZ],
        [Gate("cz", (0, 1)), RZ, Gate("cz", (0, 1))],
    ],
)
def test_what_is_no_product_stays(gates: list[Gate]) -> None:
    circuit = Circuit(3, tuple(gates))
    assert [gate for gate, _ in joined(circuit)] == gates


@pytest.mark.parametrize("seed", range(8))
def test_any_circuit_stays_the_same(seed: int) -> None:
    rng = np.random.default_rng(seed)
    gates = list(random_circuit(rng, 4, 20).gates)
    for _ in range(30):
        a, b = rng.permutation(4)[:2].tolist()
        choices = [Gate("cx", (a, b)), Gate("rz", (b,), (0.7,)), Gate("p", (b,), (0.2,))]
        gates.append(choices[int(rng.integers(3))])
    assert same(Circuit(4, tuple(gates)))
