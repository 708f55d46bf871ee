"""Outcomes and their estimates; an engine of one's own, used by the verifier from end to end."""

from __future__ import annotations

import numpy as np
import pytest

from core.test_observable import dense, ising_chain
from quasar.circuits.ansatz import Ansatz, Slot
from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.emit import emit
from quasar.circuits.qasm import Program, parse
from quasar.circuits.sim19 import sim
from quasar.circuits.to_qiskit import to_qiskit
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.observable import PauliSum
from quasar.problems.load import load_problem
from quasar.simulate.engine import (
    ALL_WRITTEN,
    ENGINES,
    Energy,
    Engine,
    Estimate,
    Feature,
    Outcome,
    Readout,
    get_engine,
)
from quasar.simulate.shift_energy import ShiftEnergy
from quasar.simulate.state_engine import StateEngine, state_engine
from quasar.verifier.pipeline import Verifier
from quasar.verifier.settings import VerifierSettings

CHAIN = ising_chain(4)
ISING = IsingHamiltonian.from_text("0.5 * (Z(0) @ Z(1)) + -0.25 * Z(2) + Z(3)", 4)


def entangled(n: int = 4) -> Circuit:
    ansatz = sim(14, n, 1)
    return ansatz.bind(np.linspace(0.3, 2.0, ansatz.n_parameters))


def run(circuit: Circuit, name: str = "qulacs", shots: int | None = None) -> Outcome:
    return get_engine(name).run(Program(circuit.n_qubits, circuit, None, "fast"), shots=shots)


@pytest.mark.parametrize("name", ["qulacs", "qiskit"])
def test_expectations_are_those_of_dense_matrices(name: str) -> None:
    outcome = run(entangled(), name)
    state = state_engine("qiskit").state(entangled())
    for observable in (CHAIN, PauliSum.from_text("Y0*Y3 + 0.5*X1*Y2*Z3 - Z0", 4), ISING):
        expected = np.vdot(state, dense(observable) @ state).real
        found = outcome.expectation(observable)
        assert found == Estimate(pytest.approx(expected, abs=1e-12), 0.0, "exact")


def test_answer_bits_in_another_order_and_working_qubits() -> None:
    text = """OPENQASM 3.0; include "stdgates.inc"; bit[2] c; qubit[3] q;
    ry(0.4) q[0]; h q[1]; cx q[1], q[2]; crx(0.7) q[0], q[1]; c[0] = measure q[2];
    c[1] = measure q[0];"""
    outcome = get_engine().run(parse(text), Readout(2))
    whole = state_engine("qiskit").state(parse(text).circuit)
    found = outcome.expectation(PauliSum.from_text("X0 + 0.5*Y1*Z0"))
    asked = PauliSum.from_text("X2 + 0.5*Y0*Z2", 3)
    assert found.value == pytest.approx(asked.expectation(whole))
    z = outcome.expectation(PauliSum.from_text("Z0*Z1")).value
    assert z == pytest.approx(PauliSum.from_text("Z0*Z2", 3).expectation(whole))


def test_shots_estimate_with_their_error() -> None:
    exact, sampled = run(entangled()), run(entangled(), shots=4000)
    assert sampled.probabilities is None
    assert sampled.counts is not None
    assert sum(sampled.counts.values()) == sampled.shots == 4000
    found, truth = sampled.expectation(ISING), exact.expectation(ISING).value
    assert found.kind == "statistical"
    assert 0.0 < found.error < 0.05
    assert abs(found.value - truth) < 5 * found.error
    p = sampled.probability(3)
    assert abs(p.value - exact.probability(3).value) < 5 * p.error
    assert np.abs(sampled.distribution() - exact.distribution()).max() < 0.05
    assert sum(sampled.sample(100, seed=1).values()) == 100
    assert run(entangled(), shots=50).counts == run(entangled(), shots=50).counts
    with pytest.raises(InputError, match="gives a state"):
        sampled.expectation(CHAIN)


def test_shots_of_one_outcome_have_no_error() -> None:
    found = run(Circuit(4), shots=1).expectation(ISING)
    assert found == (1.25, 0.0, "statistical")


def test_an_observable_of_another_size_is_refused() -> None:
    with pytest.raises(InputError, match="3 qubits"):
        run(entangled()).expectation(ising_chain(3))


def test_x_of_a_bit_that_two_qubits_hold_cannot_be_known() -> None:
    text = """OPENQASM 3.0; include "stdgates.inc"; bit[2] c; qubit[1] q; h q[0];
    c[0] = measure q[0]; c[1] = measure q[0];"""
    outcome = get_engine().run(parse(text))
    assert outcome.expectation(PauliSum.from_text("Z0*Z1")).value == pytest.approx(1.0)
    with pytest.raises(InputError, match="once"):
        outcome.expectation(PauliSum.from_text("X0", 2))


EVERY_ROTATION = Ansatz(
    "every rotation",
    3,
    (
        Gate("h", (0,)),
        Gate("h", (1,)),
        Gate("h", (2,)),
        *(Gate(name, (q,), (0.0,)) for q, name in enumerate(("rx", "ry", "rz"))),
        Gate("p", (1,), (0.0,)),
        *(Gate(name, (q, (q + 1) % 3), (0.0,)) for q, name in enumerate(("crx", "cry", "crz"))),
        Gate("cp", (0, 2), (0.0,)),
        Gate("rx", (2,), (0.0,)),
        Gate("ry", (0,), (0.0,)),
    ),
    tuple(
        Slot(position, (position - 3) % 6, (-1.5, 1.0, 0.5)[position % 3])
        for position in range(3, 13)
    ),
    6,
)


@pytest.mark.parametrize("observable", [ising_chain(3), PauliSum.from_text("Z0 - 0.4*Z1*Z2")])
def test_shifted_runs_give_the_adjoint_gradient_and_finite_differences(observable) -> None:
    theta = np.linspace(-1.0, 2.0, 6)
    fast = get_engine().energy(EVERY_ROTATION, observable)
    slow = get_engine("qiskit").energy(EVERY_ROTATION, observable)
    assert isinstance(slow, ShiftEnergy)
    value, gradient = slow.value_and_gradient(theta)
    expected, slopes = fast.value_and_gradient(theta)
    assert value == pytest.approx(expected, abs=1e-12)
    np.testing.assert_allclose(gradient, slopes, atol=1e-10)
    assert fast.value(theta) == pytest.approx(slow.value(theta))
    step = 1e-5
    for k in range(6):
        up, down = (fast.value(theta + sign * step * np.eye(6)[k]) for sign in (1, -1))
        assert gradient[k] == pytest.approx((up - down) / (2 * step), abs=1e-8)


def test_an_angle_that_is_no_rotation_cannot_be_freed() -> None:
    ansatz = Ansatz("u", 1, (Gate("U", (0,), (0.0, 0.0, 0.0)),), (Slot(0, 0),), 1)
    with pytest.raises(ValueError, match="cannot be freed"):
        ShiftEnergy(get_engine(), ansatz, PauliSum.from_text("X0"))


class ShotsOnly:
    """A toy engine: 2,000 shots of another engine's distribution, and nothing else."""

    name = "toy"
    supports: frozenset[Feature] = frozenset({"shots"})

    def run(
        self,
        program: Program,
        readout: Readout = ALL_WRITTEN,
        *,
        shots: int | None = None,
        seed: int = 0,
    ) -> Outcome:
        return get_engine().run(program, readout, shots=shots or 2000, seed=seed)

    def energy(self, ansatz: Ansatz, observable: PauliSum) -> Energy:
        return ShiftEnergy(self, ansatz, observable)


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setitem(ENGINES, "toy", ShotsOnly)
    return get_engine("toy")


def test_a_verification_runs_on_an_engine_of_ones_own(toy: Engine) -> None:
    problem = load_problem({"hamiltonian": ISING.to_text()})
    text = emit(entangled())
    exact = Verifier(problem).verify(text)
    sampled = Verifier(problem, settings=VerifierSettings(engine="toy")).verify(text)
    assert sampled.feasible
    assert sampled.stages.objective is not None
    assert exact.stages.objective is not None
    difference = sampled.stages.objective.energy - exact.stages.objective.energy
    assert 0.0 < abs(difference) < 0.2
    assert not isinstance(toy, StateEngine)
    with pytest.raises(InputError, match="amplitudes"):
        state_engine("toy")


def test_amplitudes_of_qiskits_engine_are_those_of_its_statevector_to_the_last_bit() -> None:
    from qiskit.converters import circuit_to_dag, dag_to_circuit
    from qiskit.quantum_info import Statevector

    random = np.random.default_rng(4)
    matrix = np.linalg.qr(random.normal(size=(8, 8)) + 1j * random.normal(size=(8, 8)))[0]
    gates = [
        Gate("ry", (4,), (0.3,)),
        Gate("cx", (1, 0)),
        Gate("unitary", (0, 3, 2), (), matrix),
        Gate("crz", (0, 1), (1.1,)),
        Gate("ccx", (4, 2, 0)),
        Gate("u3", (3,), (0.1, 0.2, 0.3)),
        Gate("unitary", (3, 4, 1), (), matrix.T),
        Gate("swap", (3, 4)),
        *entangled(5).gates,
    ]
    circuit = Circuit(5, tuple(gates))
    ordered = dag_to_circuit(circuit_to_dag(to_qiskit(circuit)))
    expected = Statevector(ordered).data
    assert np.array_equal(state_engine("qiskit").state(circuit), expected)
