"""All engines against each other, and against the gates' definitions as matrices."""

import importlib
import math

import numpy as np
import pytest
from hypothesis import given, settings

from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.qasm import Program, parse
from quasar.core.errors import CircuitError, InputError
from quasar.simulate.engine import (
    AMPLITUDE_ENGINES,
    Readout,
    get_engine,
    probabilities,
    top_is_optimal,
)
from support.random_circuits import (
    NAMES,
    all_gates_circuit,
    circuits,
    random_circuit,
    random_gate,
    same_up_to_phase,
    state,
)

TOLERANCE = 1e-10
ENGINES = {name: get_engine(name) for name in AMPLITUDE_ENGINES}


def assert_engines_agree(circuit, expected):
    for name, engine in ENGINES.items():
        found = engine.state(circuit)
        assert found.shape == (1 << circuit.n_qubits,), name
        assert found.dtype == np.complex128, name
        assert same_up_to_phase(found, expected, atol=TOLERANCE), name


@pytest.mark.parametrize("name", NAMES)
def test_every_gate(name):
    rng = np.random.default_rng(sum(map(ord, name)))
    for _ in range(3):
        before = random_circuit(rng, 4, 8, ("h", "U", "cx", "cry", "t"))
        circuit = Circuit(4, (*before.gates, random_gate(rng, name, 4)))
        assert_engines_agree(circuit, state(circuit))


@settings(max_examples=40, deadline=None)
@given(circuits(max_qubits=5, max_gates=25))
def test_random_circuits(circuit):
    assert_engines_agree(circuit, state(circuit))


def test_all_gates_in_one_circuit():
    circuit = all_gates_circuit(5)
    assert_engines_agree(circuit, state(circuit))


def test_larger_circuit():
    circuit = random_circuit(np.random.default_rng(5), 11, 150)
    assert_engines_agree(circuit, ENGINES["qulacs"].state(circuit))


def test_qubit_0_is_least_significant():
    for engine in ENGINES.values():
        assert probabilities(engine.state(Circuit(3, (Gate("x", (0,)),))))[1] == pytest.approx(1)
        assert probabilities(engine.state(Circuit(3, (Gate("x", (2,)),))))[4] == pytest.approx(1)


def test_no_gates():
    for engine in ENGINES.values():
        assert np.allclose(engine.state(Circuit(2)), [1, 0, 0, 0])


def test_states_are_independent_arrays():
    for engine in ENGINES.values():
        first = engine.state(Circuit(1))
        engine.state(Circuit(1, (Gate("x", (0,)),)))
        assert np.allclose(first, [1, 0])


def test_unknown_engine():
    with pytest.raises(InputError, match="unknown engine 'cirq'; known: qulacs, qiskit, aer"):
        get_engine("cirq")


def test_missing_library(monkeypatch):
    def refuse(module):
        raise ImportError("no", name="qiskit_aer")

    monkeypatch.setattr(importlib, "import_module", refuse)
    with pytest.raises(InputError, match="needs qiskit_aer: pip install"):
        get_engine("aer")


class TestRun:
    """`outcome.run`: what a program gives, and the verdicts on those that give nothing."""

    def test_static(self):
        program = Program(2, Circuit(2, (Gate("h", (1,)),)), None, "fast")
        outcome = ENGINES["qulacs"].run(program)
        assert outcome.probabilities == pytest.approx([0.5, 0, 0.5, 0])
        assert probabilities(outcome.state) == pytest.approx(outcome.probabilities)

    def test_dynamic_leaves_no_state(self):
        text = 'OPENQASM 3.0; include "stdgates.inc"; qubit[1] q; h q[0]; reset q[0];'
        outcome = ENGINES["qulacs"].run(parse(text))
        assert outcome.state is None
        assert outcome.probabilities == pytest.approx([1, 0])

    @pytest.mark.parametrize("n", [25, 3])
    def test_too_many_qubits(self, n):
        with pytest.raises(CircuitError) as caught:
            ENGINES["qulacs"].run(
                Program(n, Circuit(n), None, "fast"), Readout(max_qubits=min(n - 1, 24))
            )
        assert caught.value.kind == "limit"

    def test_no_qubits(self):
        with pytest.raises(CircuitError, match="no qubits"):
            ENGINES["qulacs"].run(Program(0, Circuit(0), None, "fast"))

    @pytest.mark.parametrize("angle", [math.inf, math.nan])
    def test_angles_that_are_no_numbers(self, angle):
        circuit = Circuit(1, (Gate("rx", (0,), (angle,)),))
        with pytest.raises(CircuitError) as caught:
            ENGINES["qulacs"].run(Program(1, circuit, None, "fast"))
        assert caught.value.kind == "numeric"

    def test_angles_that_are_no_numbers_in_a_dynamic_program(self):
        text = (
            'OPENQASM 3.0; include "stdgates.inc"; qubit[1] q; h q[0]; reset q[0]; rx(1e999) q[0];'
        )
        with pytest.raises(CircuitError):
            ENGINES["qulacs"].run(parse(text))


def test_top_state():
    optimal = np.array([False, True, False, True])
    assert top_is_optimal(np.array([0.2, 0.5, 0.2, 0.1]), optimal)
    assert top_is_optimal(np.array([0.2, 0.1, 0.2, 0.5]), optimal)
    assert not top_is_optimal(np.array([0.4, 0.3, 0.0, 0.3]), optimal)
    assert top_is_optimal(np.array([0.1, 0.4, 0.1, 0.4]), optimal)
    # A tie with another state is no verdict, whichever way rounding falls.
    for rounding in (-1e-15, 0.0, 1e-15):
        assert not top_is_optimal(np.array([0.4, 0.4 + rounding, 0.1, 0.1]), optimal)
