import pytest
from hypothesis import given, settings

from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.sim19 import sim
from quasar.circuits.statistics import (
    BASES,
    COUPLINGS,
    Statistics,
    _coupling,
    compile_circuit,
    statistics,
)
from quasar.circuits.to_qiskit import to_qiskit
from quasar.core.errors import InputError
from support.random_circuits import all_gates_circuit, circuits


@settings(max_examples=40, deadline=None)
@given(circuits(max_gates=20))
def test_agrees_with_qiskit(circuit):
    ours, theirs = statistics(circuit), to_qiskit(circuit)
    assert ours.depth == theirs.depth()
    assert ours.gates == theirs.size()
    assert ours.two_qubit_gates == sum(len(item.qubits) > 1 for item in theirs.data)


def test_a_small_circuit():
    gates = (
        Gate("h", (0,)),
        Gate("rx", (1,), (0.5,)),
        Gate("ccx", (0, 1, 2)),
        Gate("cu", (2, 3), (0.5, 1.0, 2.0, 3.0)),
    )
    assert statistics(Circuit(5, gates)) == Statistics(
        n_qubits=5,
        gates=4,
        two_qubit_gates=2,
        multi_qubit_gates=1,
        depth=3,
        parameters=5,
        distinct_parameters=4,
        counts={"h": 1, "rx": 1, "ccx": 1, "cu": 1},
    )


def test_no_gates():
    assert statistics(Circuit(3)).depth == 0


@pytest.mark.parametrize("basis", BASES)
@pytest.mark.parametrize("coupling", COUPLINGS)
def test_compiles_into_every_basis_and_map(basis, coupling):
    ansatz = sim(5, 4, 1)
    circuit = ansatz.bind([0.1 * (i + 1) for i in range(ansatz.n_parameters)])
    compiled = compile_circuit(circuit, basis, coupling).statistics
    assert set(compiled.counts) <= set(BASES[basis])
    assert compiled == compile_circuit(circuit, basis, coupling).statistics
    assert compiled.two_qubit_gates >= statistics(circuit).two_qubit_gates


def test_compiles_every_gate():
    target = ("ibm-heron", [(0, 1), (1, 2), (2, 3)])
    compiled = compile_circuit(all_gates_circuit(), *target).statistics
    assert set(compiled.counts) <= set(BASES["ibm-heron"])


@pytest.mark.parametrize("n", [1, 2, 3, 7])
@pytest.mark.parametrize("coupling", COUPLINGS)
def test_small_maps(n, coupling):
    gates = (Gate("h", (0,)), *(Gate("cx", (0, i)) for i in range(1, n)))
    compiled = compile_circuit(Circuit(n, gates), "generic", coupling).statistics
    assert compiled.n_qubits >= n
    assert compiled.two_qubit_gates >= n - 1


def test_distance_costs_gates():
    circuit = Circuit(5, tuple(Gate("cx", (0, i)) for i in range(1, 5)))
    full = compile_circuit(circuit, "generic", "full").statistics
    line = compile_circuit(circuit, "generic", "line").statistics
    assert full.two_qubit_gates == 4
    assert line.two_qubit_gates > 4


@pytest.mark.parametrize(
    "options",
    [
        {"basis_gates": "abacus"},
        {"basis_gates": ["rx"]},
        {"basis_gates": ["abacus"]},
        {"coupling_map": "star"},
        {"coupling_map": [(0, 1)]},
        {"coupling_map": [(0, 0), (1, 2)]},
        {"coupling_map": [(0, 1), (2, 3)]},
        {"optimization_level": 4},
    ],
)
def test_bad_options(options):
    circuit = Circuit(3, (Gate("h", (0,)), Gate("cx", (0, 1)), Gate("cx", (1, 2))))
    with pytest.raises(InputError):
        compile_circuit(circuit, **options)


@pytest.mark.parametrize("pair", [(-1, 0), (0, -1), (1, 1)])
def test_pairs_of_a_coupling_map_are_different_qubits_from_0(pair):
    circuit = Circuit(2, (Gate("cx", (0, 1)),))
    with pytest.raises(InputError, match="pairs of different qubits, from 0 up"):
        compile_circuit(circuit, "generic", [(0, 1), pair])
    assert compile_circuit(circuit, "generic", [(1, 0)]).statistics.two_qubit_gates == 1


def test_a_coupling_map_says_how_large_it_is():
    circuit = Circuit(4, (Gate("cx", (0, 3)),))
    with pytest.raises(InputError, match="has 3 qubits, but the circuit needs 4"):
        compile_circuit(circuit, "generic", [(0, 1), (1, 2)])
    with pytest.raises(InputError, match="has 0 qubits, but the circuit needs 4"):
        compile_circuit(circuit, "generic", [])
    line = [(0, 1), (1, 2), (2, 3)]
    assert compile_circuit(circuit, "generic", line).statistics.n_qubits == 4


@pytest.mark.parametrize(
    ("name", "n", "size"),
    [("heavy-hex", 18, 19), ("heavy-hex", 19, 19), ("heavy-hex", 20, 57), ("grid", 9, 9),
     ("grid", 10, 12), ("ring", 3, 3), ("ring", 2, 2), ("line", 1, 1)],
)  # fmt: skip
def test_the_smallest_map_that_is_large_enough(name, n, size):
    assert _coupling(name, n).size() == size
