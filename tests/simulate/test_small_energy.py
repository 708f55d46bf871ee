"""Compiled energies are those of gates by qulacs."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from fuzz_compiled import circuits
from quasar.circuits.ansatz import Ansatz, Slot, tie_equal_angles
from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.qaoa import qaoa
from quasar.circuits.qasm import parse
from quasar.core.seeds import generator
from quasar.problems.base import encode
from quasar.problems.maxcut import MaxCut
from quasar.simulate.energy import energy_of
from quasar.simulate.gate_energy import GateEnergy
from quasar.simulate.small_energy import SmallEnergy
from quasar.simulate.small_state import library

pytestmark = pytest.mark.skipif(library() is None, reason="the simulator in C was not built here")


def test_circuits_of_every_gate() -> None:
    random = generator(4, "energies")
    compared = 0
    for text in circuits(200, seed=9):
        circuit = parse(text).circuit if "inf" not in text else None
        if circuit is None or circuit.n_gates == 0:
            continue
        ansatz, theta = tie_equal_angles(circuit)
        h = random.normal(size=1 << circuit.n_qubits)
        compiled, slow = SmallEnergy(ansatz, h), GateEnergy(ansatz, h)
        for angles in (theta, theta + 0.3):
            assert compiled.value(angles) == pytest.approx(slow.value(angles), abs=1e-11)
        compared += 1
    assert compared > 100


def test_ladders_and_gates_behind_the_last_turn() -> None:
    problem = encode(MaxCut(nx.random_regular_graph(3, 8, seed=1)))
    ansatz = qaoa(problem.hamiltonian, 2)
    behind = (Gate("cz", (0, 1)), Gate("rz", (3,), (0.5,)))
    slots = (*ansatz.slots, Slot(len(ansatz.gates) + 1, 0))
    longer = Ansatz("longer", 8, ansatz.gates + behind, slots, ansatz.n_parameters)
    compiled = SmallEnergy(longer, problem.hamiltonian.diagonal)
    theta = np.array([0.4, -0.2, 0.7, 0.1])
    exact = energy_of(ansatz, problem.hamiltonian.diagonal).value(theta)
    assert compiled.value(theta) == pytest.approx(exact, abs=1e-12)
    with pytest.raises(ValueError, match="expected 4 angles"):
        compiled.value(theta[:3])


def test_what_it_does_not_cover() -> None:
    assert not SmallEnergy.covers(tie_equal_angles(Circuit(17))[0])
    odd = Circuit(1, (Gate("unitary", (0,), (), np.eye(2)),))
    assert not SmallEnergy.covers(tie_equal_angles(odd)[0])
    empty = SmallEnergy(tie_equal_angles(Circuit(2))[0], np.arange(4.0))
    assert empty.value([]) == 0.0
