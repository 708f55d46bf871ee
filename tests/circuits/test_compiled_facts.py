"""Compiled answers about circuits are Python's, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.circuits import compiled_facts
from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.circuit_facts import circuit_facts
from quasar.circuits.effective import BUDGET, effective, effective_in_python
from quasar.circuits.flat_compiled import CODES, FlatCircuit, code_of
from quasar.circuits.freedom import free_angles, qaoa_layers
from quasar.circuits.qaoa import qaoa
from quasar.circuits.statistics import statistics
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.verifier.remarks import _in_degrees
from support.cases import cases
from support.dead_gates import WAYS, with_dead_gates
from support.random_circuits import eventful
from support.strategies import small_hamiltonians

pytestmark = pytest.mark.skipif(compiled_facts.library() is None, reason="no compiled library")

ANGLES = st.sampled_from([0.0, 0.31, -0.74, 3.0])


def coded(circuit: Circuit) -> FlatCircuit:
    """The same circuit as C has it."""
    gates = [(CODES[gate.name], gate.qubits, gate.params) for gate in circuit.gates]
    return FlatCircuit.of_code(
        circuit.n_qubits, code_of(gates), circuit.n_measured, circuit.measurements
    )


def need_same(circuit: Circuit, hamiltonian: IsingHamiltonian | None = None) -> None:
    """Both ways say the same of a circuit and of what of it has an effect."""
    fast = compiled_facts.effective_circuit(coded(circuit), BUDGET)
    slow = effective_in_python(circuit)
    assert fast is not None
    assert fast.gates == slow.gates
    assert effective(coded(circuit)).gates == slow.gates
    for way, other in ((coded(circuit), circuit), (fast, slow)):
        assert repr(statistics(way)) == repr(statistics(other))
        assert free_angles(way) == free_angles(other)
        if hamiltonian is not None:
            assert qaoa_layers(way, hamiltonian) == qaoa_layers(other, hamiltonian)
    if hamiltonian is not None:
        assert repr(circuit_facts(coded(circuit), hamiltonian)) == repr(
            circuit_facts(circuit, hamiltonian)
        )
    assert _in_degrees(coded(circuit)) is _in_degrees(circuit)


@settings(max_examples=cases(300), deadline=None)
@given(eventful())
def test_circuits_of_every_gate(circuit: Circuit) -> None:
    named = tuple(gate for gate in circuit.gates if gate.matrix is None)
    circuit = Circuit(circuit.n_qubits, named, circuit.n_qubits)
    terms = {(q,): 1.0 for q in range(circuit.n_qubits)}
    need_same(circuit, IsingHamiltonian(circuit.n_qubits, terms))


@settings(max_examples=cases(60), deadline=None)
@given(
    small_hamiltonians(), st.lists(ANGLES, min_size=6, max_size=6), st.integers(1, 3),
    st.sampled_from(["rx", "h-rz-h"]), st.sampled_from(WAYS), st.integers(0, 99),
)  # fmt: skip
def test_qaoa_however_it_is_written(hamiltonian, theta, layers, mixer, way, seed) -> None:
    circuit = qaoa(hamiltonian, layers, mixer=mixer).bind(theta[: 2 * layers])
    need_same(circuit, hamiltonian)
    if hamiltonian.n_qubits > 2:  # some ways take three qubits
        need_same(with_dead_gates(np.random.default_rng(seed), circuit, way), hamiltonian)


def test_long_wires_and_many_layers() -> None:
    turns = [Gate("rx", (0,), (0.1,)), Gate("rz", (0,), (0.2,))] * 400
    need_same(Circuit(1, (Gate("h", (0,)), *turns)), IsingHamiltonian(1, {(0,): 1.0}))
    ladder = [Gate("cx", (q % 60, q % 60 + 1)) for q in range(600)]
    need_same(Circuit(64, (Gate("h", (0,)), *ladder)))
    need_same(Circuit(3, ()), IsingHamiltonian(3, {(0, 1): 1.0}))


def test_what_c_cannot_read_is_left_to_python() -> None:
    matrix = Circuit(1, (Gate("unitary", (0,), (), np.eye(2, dtype=complex)),))
    assert compiled_facts.effective_circuit(matrix, BUDGET) is None
    assert compiled_facts.sizes(matrix) is None
    unknown = FlatCircuit.of_code(1, code_of([(99, (0,), ())]), 0, matrix.measurements)
    assert compiled_facts.effective_circuit(unknown, BUDGET) is None
    outside = FlatCircuit.of_code(1, code_of([(CODES["h"], (3,), ())]), 0, matrix.measurements)
    assert compiled_facts.sizes(outside) is None
    ising = IsingHamiltonian(1, {(0,): 1.0})
    assert compiled_facts.qaoa_layers(outside, ising, 1e-4) is None
    for circuit in (matrix, unknown, outside):
        limits = {"budget": BUDGET, "tolerance": 1e-4, "free_from": 1e-4}
        assert compiled_facts.gate_facts(circuit, ising, **limits) is None
        assert compiled_facts.in_degrees(circuit) is None


@settings(max_examples=cases(100), deadline=None)
@given(st.lists(st.integers(0, 3_141_592).flatmap(
    lambda k: st.sampled_from([k / 1e6, (k + 0.5) / 1e6, (2 * k + 1) / 2**21, k / 1e6 + 1e-12])
), max_size=6))  # fmt: skip
def test_angles_are_rounded_as_python_rounds_them(angles: list[float]) -> None:
    circuit = Circuit(1, tuple(Gate("rx", (0,), (angle,)) for angle in angles))
    assert free_angles(coded(circuit)) == free_angles(circuit)


@pytest.mark.parametrize(
    ("angles", "degrees"),
    [((90.0, 0.0), True), ((-180.0,), True), ((90.0, 0.5), False), ((0.0,), False), ((6.0,), False),
     ((7.0,), True), ((90.5,), False)],
)  # fmt: skip
def test_angles_in_degrees(angles: tuple[float, ...], degrees: bool) -> None:
    circuit = Circuit(1, tuple(Gate("rx", (0,), (angle,)) for angle in angles))
    assert _in_degrees(coded(circuit)) is _in_degrees(circuit) is degrees
