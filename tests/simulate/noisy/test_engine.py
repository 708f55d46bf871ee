"""The engine `noisy` against Qiskit Aer, closed forms and itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.qasm import Program, parse
from quasar.core.errors import CircuitError, InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.devices.load import device
from quasar.simulate.engine import Readout, get_engine
from quasar.simulate.noisy import pauli_state, trajectories
from quasar.simulate.noisy.confusion import confused, corrected, pulled_back
from quasar.simulate.noisy.engine import NoisyEngine, of_groups
from quasar.simulate.noisy.model import noise_model
from quasar.simulate.noisy.steps import noisy_program

HEAD = 'OPENQASM 3.0; include "stdgates.inc"; '


def native_circuit(backend: Any, coupling: Any, seed: int, gates: int = 40) -> Any:
    """A random circuit in the backend's own gates, with waits."""
    from qiskit import QuantumCircuit

    random = np.random.default_rng(seed)
    n = backend.num_qubits
    circuit = QuantumCircuit(n, n)
    for _ in range(gates):
        kind, qubit = random.random(), int(random.integers(n))
        if kind < 0.35:
            circuit.cx(*coupling[random.integers(len(coupling))])
        elif kind < 0.6:
            circuit.sx(qubit)
        elif kind < 0.8:
            circuit.rz(float(random.normal()), qubit)
        elif kind < 0.9:
            circuit.x(qubit)
        else:
            circuit.delay(500, qubit, unit="ns")
    return circuit


def compare_with_aer(count: int, sent: int) -> float:
    """Largest deviation of a probability from Aer's; asserts that trajectories agree too."""
    aer = pytest.importorskip("qiskit_aer", reason="the second opinion on noise")
    fakes = pytest.importorskip("qiskit_ibm_runtime.fake_provider", reason="has the snapshots")
    backend = fakes.FakeLimaV2()
    found = device(backend)
    model = aer.noise.NoiseModel.from_backend(backend)
    simulator = aer.AerSimulator(method="density_matrix", noise_model=model)
    hamiltonian = IsingHamiltonian.from_text("Z(0) @ Z(1) + 0.5 * Z(2) @ Z(4) + -1 * Z(3)")
    # Aer's model has the mean of both readout errors; the snapshot knows each.
    flips = [f for f in found.readout if f is not None]
    readout = [np.array([[1 - up, down], [up, 1 - down]]) for up, down in flips]
    worst = 0.0
    for seed in range(count):
        circuit = native_circuit(backend, found.coupling, seed)
        saved = circuit.copy()
        saved.save_probabilities()
        circuit.measure(range(5), range(5))
        expected = np.array(simulator.run(saved, shots=1).result().data()["probabilities"])
        expected = np.einsum(
            "ai,bj,ck,dl,em,ijklm->abcde", *readout[::-1], expected.reshape((2,) * 5)
        )
        exact = NoisyEngine(found, method="density").distribution(circuit)
        assert np.allclose(exact.mean, expected.reshape(-1), atol=1e-9)
        energy = float(expected.reshape(-1) @ hamiltonian.diagonal)
        worst = max(worst, abs(float(exact.mean @ hamiltonian.diagonal) - energy))
        drawn = NoisyEngine(found, method="trajectories", trajectories=sent)
        estimate = of_groups(drawn.distribution(circuit, seed=seed).groups @ hamiltonian.diagonal)
        assert abs(estimate.value - energy) < 4 * estimate.error
    return worst


def test_agrees_with_aer() -> None:
    assert compare_with_aer(3, 64) < 1e-9


@pytest.mark.slow
def test_agrees_with_aer_on_many_circuits() -> None:
    assert compare_with_aer(50, 512) < 1e-9


def bell(noise: str, **how: Any) -> Any:
    text = HEAD + "qubit[2] q; h q[0]; cx q[0], q[1];"
    return NoisyEngine(noise, **how).run(parse(text))


def test_depolarizing_shrinks_a_correlation() -> None:
    """<ZZ> of a Bell pair is (1 - p2): the first gate's noise commutes to where ZZ sees it not."""
    hamiltonian = IsingHamiltonian.from_text("Z(0) @ Z(1)")
    assert bell("depolarizing:0,0.1").expectation(hamiltonian).value == pytest.approx(0.9)
    assert bell("readout:0.1").expectation(hamiltonian).value == pytest.approx(0.64)


def test_trajectories_have_an_error_and_a_seed() -> None:
    hamiltonian = IsingHamiltonian.from_text("Z(0) @ Z(1)")
    drawn = bell("depolarizing:0,0.1", method="trajectories", trajectories=400)
    estimate = drawn.expectation(hamiltonian)
    assert estimate.kind == "statistical"
    assert 0 < estimate.error < 0.05
    assert abs(estimate.value - 0.9) < 4 * estimate.error
    again = bell("depolarizing:0,0.1", method="trajectories", trajectories=400)
    assert np.array_equal(again.probabilities, drawn.probabilities)
    assert drawn.probability(0).error > 0


@pytest.mark.parametrize("method", ["density", "trajectories"])
def test_shots_have_seeds_and_add_up(method: Any) -> None:
    engine = NoisyEngine("depolarizing:0.01,0.02+readout:0.02", method=method, trajectories=50)
    program = parse(HEAD + "qubit[2] q; bit[2] c; h q[0]; cx q[0], q[1]; c = measure q;")
    first, second = (engine.run(program, shots=1001, seed=5) for _ in range(2))
    assert sum((first.counts or {}).values()) == 1001
    assert first.counts == second.counts
    assert engine.run(program, shots=1001, seed=6).counts != first.counts
    estimate = first.expectation(IsingHamiltonian.from_text("Z(0) @ Z(1)"))
    assert 0.005 < estimate.error < 0.1


@pytest.mark.parametrize("noise", ["depolarizing:0,0", "readout:0"])
def test_without_noise_it_is_the_state_vector(noise: str) -> None:
    random = np.random.default_rng(3)
    gates = []
    for _ in range(30):
        a, b, c = (int(q) for q in random.permutation(5)[:3])
        angle = float(random.normal())
        gates += [Gate("ry", (a,), (angle,)), Gate("cp", (a, b), (angle,)), Gate("ccx", (c, a, b))]
    program = Program(5, Circuit(5, tuple(gates)), None, "fast")
    exact = get_engine().run(program).distribution()
    for method in ("density", "trajectories"):
        found = NoisyEngine(noise, method=method, trajectories=2).run(program)  # type: ignore[arg-type]
        assert np.allclose(found.distribution(), exact, atol=1e-10)


def test_bits_that_share_a_qubit_or_hold_none_acted_on() -> None:
    text = HEAD + "qubit[3] q; bit[3] c; x q[2]; c[0] = measure q[2]; c[1] = measure q[2]; "
    program = parse(text + "c[2] = measure q[0];")
    for method in ("density", "trajectories"):
        found = NoisyEngine("readout:0,0.1", method=method).run(program)  # type: ignore[arg-type]
        assert np.allclose(found.distribution()[:4], [0.01, 0.09, 0.09, 0.81])


def test_waiting_relaxes_only_where_it_is_asked_for() -> None:
    """Qubit 0 waits for three gates of 1 s on the others, with T1 = 10 s."""
    text = HEAD + "qubit[3] q; x q[0]; cx q[0], q[1]; cx q[1], q[2]; cx q[1], q[2]; cx q[1], q[2];"
    noise = noise_model("thermal:10,20,1e-9,1")
    found = (
        NoisyEngine(noise)
        .run(parse(text))
        .expectation(IsingHamiltonian.from_text("Z(0) + 0 * Z(2)"))
    )
    assert found.value == pytest.approx(1 - 2 * np.exp(-0.4), abs=1e-6)


def test_a_device_compiles_first_and_keeps_the_bits() -> None:
    text = HEAD + "qubit[3] q; bit[3] c; x q[0]; cx q[0], q[2]; c = measure q;"
    engine = get_engine("noisy:generic:5:line")
    outcome = engine.run(parse(text), Readout(3))
    assert int(outcome.distribution().argmax()) == 0b101
    assert outcome.distribution()[0b101] < 1.0


def test_more_qubits_than_the_device() -> None:
    with pytest.raises(CircuitError, match=r"has 6 qubits, generic.* has 5"):
        get_engine("noisy:generic:5:line").run(parse(HEAD + "qubit[6] q; h q;"))


def test_a_dynamic_program_is_refused() -> None:
    text = HEAD + "qubit[2] q; bit[1] c; h q[0]; c[0] = measure q[0]; if (c[0]) { x q[1]; }"
    with pytest.raises(CircuitError, match="mid-circuit"):
        get_engine("noisy").run(parse(text))


def test_only_noisy_takes_an_argument() -> None:
    with pytest.raises(InputError, match="unknown engine 'qulacs:3'"):
        get_engine("qulacs:3")
    with pytest.raises(InputError, match="There is no device 'fake_torno'"):
        get_engine("noisy:fake_torno")


def test_blocks_come_in_an_order_that_keeps_the_state_small() -> None:
    """Of a chain of gates on 30 qubits only a few have an axis at a time."""
    from qiskit import QuantumCircuit

    circuit = QuantumCircuit(30, 8)
    for _ in range(2):
        for qubit in range(29):
            circuit.cx(qubit, qubit + 1)
    circuit.measure(range(8), range(8))
    made = pauli_state.plan(noisy_program(circuit, noise_model("depolarizing:0.01,0.01")))
    assert made.peak <= 4**4 * 2**8


def test_too_large_for_either() -> None:
    gates = tuple(Gate("cx", (a, b)) for a in range(21) for b in range(21) if a != b)
    program = Program(21, Circuit(21, gates), None, "fast")
    with pytest.raises(CircuitError, match="trajectories stop at 20"):
        get_engine("noisy").run(program)
    with pytest.raises(CircuitError, match="Take trajectories"):
        NoisyEngine(method="density").run(program)
    assert trajectories.MAX_QUBITS == 20


def test_readout_is_undone_exactly() -> None:
    random = np.random.default_rng(0)
    true = random.dirichlet(np.ones(8))
    flips = [(0.02, 0.1), (0.0, 0.0), (0.3, 0.05)]
    read = confused(true, flips)
    assert np.allclose(corrected(read, flips), true, atol=1e-14)
    values = random.normal(size=8)
    assert pulled_back(values, flips) @ read == pytest.approx(values @ true, abs=1e-14)
    with pytest.raises(InputError, match="inverted"):
        corrected(read, [(0.5, 0.5)] * 3)
