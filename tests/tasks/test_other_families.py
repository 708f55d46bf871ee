"""Estimates, evolution and codes against numbers, matrices and Stim."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.linalg

from quasar.circuits.qasm import parse
from quasar.core.errors import CircuitError, InputError
from quasar.tasks.codes import CODES, Encoder
from quasar.tasks.estimation import HadamardTest
from quasar.tasks.evolution import Evolution
from quasar.tasks.registry import read_task
from support.task_circuits import graded


def test_phases_are_estimated_as_well_as_by_the_textbook() -> None:
    task = read_task("phase_estimation", qubits=3, phase=0.375)
    score = graded(task, task.reference())
    assert (score.calls, score.value) == (7, pytest.approx(1.0))
    assert score.details["error_of_estimate"] == pytest.approx(0.0)
    low = task.reference().replace("c[0] = measure q[0];", "h q[0];\nc[0] = measure q[0];")
    assert graded(task, low).score == pytest.approx(0.5)


def test_the_hadamard_test_measures_the_matrix_element() -> None:
    task = read_task("hadamard_test", theta=1.0, phi=0.5, part="imaginary")
    assert isinstance(task, HadamardTest)
    turn = np.diag([np.exp(-0.25j), np.exp(0.25j)])
    half = [[math.cos(0.5), -math.sin(0.5)], [math.sin(0.5), math.cos(0.5)]]
    assert task.wanted == pytest.approx((turn @ half @ turn)[0, 0].imag)
    assert graded(task, task.reference()).solved


def test_evolution_is_the_exponential_of_the_observable() -> None:
    task = read_task("evolution", observable="X0*X1 + 0.5*Z0 - 0.3*Y1", time=0.7)
    assert isinstance(task, Evolution)
    matrix = task.hamiltonian.to_sparse_pauli_op().to_matrix()
    wanted = scipy.linalg.expm(-0.7j * matrix)
    assert np.allclose(task.apply(np.eye(4, dtype=complex)), wanted)


def test_fewer_steps_are_not_accurate_enough() -> None:
    task = read_task("evolution", observable="X0*X1 + Z0 + Z1", time=1.0, error=0.01)
    names = [made.name for made in task.constructions()]
    assert [name.split(",")[0] for name in names] == ["order 2", "order 1", "order 4"]
    loose = read_task(task, error=0.3)
    score = graded(task, loose.reference())
    assert not score.solved
    assert 0.01 < float(score.details["error"]) < 0.3


def test_models_are_observables_too() -> None:
    model = {"problem_type": "tfim", "n": 3}
    task = read_task("evolution", observable=model, time=0.5)
    assert task.n_qubits == 3
    assert graded(task, task.reference()).solved


@pytest.mark.parametrize("code", CODES)
def test_encoders_agree_with_stim(code: str) -> None:
    stim = pytest.importorskip("stim", reason="the extra 'stabilizer' is not installed")
    task = read_task("encoder", code=code)
    assert isinstance(task, Encoder)
    circuit = parse(task.reference()).circuit
    assert circuit is not None
    simulator = stim.TableauSimulator()
    names = {"h": "H", "s": "S", "sdg": "S_DAG", "x": "X", "z": "Z", "cx": "CX", "swap": "SWAP"}
    for made in circuit.gates:
        simulator.do(stim.CircuitInstruction(names[made.name], made.qubits))
    for letters in (*task.chosen.stabilisers, task.chosen.z):
        assert simulator.peek_observable_expectation(stim.PauliString(letters)) == 1


def test_syndromes_must_be_right_and_gentle() -> None:
    task = read_task("syndrome", code="repetition")
    assert graded(task, task.reference()).solved
    swapped = task.reference().replace("c[0] = measure q[3];\nc[1] = measure q[4];", "")
    swapped += "c[1] = measure q[3];\nc[0] = measure q[4];\n"
    assert graded(task, swapped).score == pytest.approx(0.0)
    rough = task.reference().replace("c[0] = measure", "z q[0];\nc[0] = measure", 1)
    assert not graded(task, rough).solved
    with pytest.raises(CircuitError, match="from 2 ancillas"):
        graded(task, task.reference().replace("measure q[3]", "measure q[0]"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"task": "evolution", "observable": "X0*Q1", "time": 1.0}, "evolution"),
        ({"task": "evolution", "observable": "1.5", "time": 1.0}, "evolution"),
        ({"task": "evolution", "observable": "X0", "time": 0}, "time"),
        ({"task": "evolution", "observable": "X11", "time": 1}, "qubits"),
        ({"task": "evolution", "observable": {"problem_type": "maxcut"}, "time": 1}, "evolution"),
        ({"task": "phase_estimation", "qubits": 3, "phase": 1.0}, "phase"),
        ({"task": "encoder", "code": "surface"}, "code"),
    ],
)
def test_what_states_no_task_is_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_task(given)


def test_an_amplitude_is_estimated_as_often_as_by_the_textbook() -> None:
    task = read_task("amplitude_estimation", qubits=3, probability=0.5)
    score = graded(task, task.reference())
    assert (score.solved, score.calls) == (True, 7)
    assert score.details["error_of_estimate"] == pytest.approx(0.0, abs=1e-9)
    short = task.reference().replace("oracle q[0], q[3];", "", 1)
    assert graded(task, short).score < 0.9
    zero = read_task("amplitude_estimation", qubits=4, probability=0.0)
    assert graded(zero, zero.reference()).solved
    one = read_task("amplitude_estimation", qubits=2, probability=1.0)
    assert graded(one, one.reference()).solved
    with pytest.raises(InputError, match="probability"):
        read_task("amplitude_estimation", qubits=3, probability=1.2)
