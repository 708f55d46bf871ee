"""Ground states: what the designer reaches, and the price of a gradient against qulacs' own.

    python benchmarks/ground_states.py            # time, error and gates of each problem
    python benchmarks/ground_states.py gradient   # Heisenberg-16, 100 angles
    python benchmarks/ground_states.py pennylane  # the same VQE of H2, LiH and H4 by PennyLane

Everything on one core, in one process; times are the best of some repetitions.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import quasar
from quasar.circuits.excitations import uccsd
from quasar.circuits.hamiltonian_variational import hardware_efficient
from quasar.optimize.minimize import lbfgs
from quasar.problems.quantum.observable import EncodedObservable
from quasar.simulate.energy import energy_of

PROBLEMS: dict[str, tuple[str, dict[str, Any]]] = {
    "H2 (0.74)": ("molecule", {"molecule": "h2", "bond": 0.74}),
    "LiH": ("molecule", {"molecule": "lih"}),
    "BeH2": ("molecule", {"molecule": "beh2"}),
    "H4 chain": ("molecule", {"molecule": "h4_chain"}),
    "H4 square": ("molecule", {"molecule": "h4_square"}),
    "N2": ("molecule", {"molecule": "n2"}),
    "TFIM-10": ("tfim", {"n": 10}),
    "Heisenberg-10": ("heisenberg", {"n": 10}),
}


def load(problem_type: str, attributes: dict[str, Any]) -> EncodedObservable:
    """One of the problems."""
    found = quasar.load_problem(
        {"problem_type": problem_type, "problem_specific_attributes": attributes}
    )
    if not isinstance(found, EncodedObservable):
        raise TypeError(problem_type)
    return found


def best_of(run: Callable[[], object], times: int) -> float:
    """Seconds of the fastest of some runs."""
    seconds = []
    for _ in range(times):
        begun = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - begun)
    return min(seconds)


def designs() -> Iterator[str]:
    """The best circuit of each problem."""
    for name, (problem_type, attributes) in PROBLEMS.items():
        problem = load(problem_type, attributes)
        _ = problem.ground
        begun = time.perf_counter()
        found = quasar.generate(problem, "designer").best
        seconds = time.perf_counter() - begun
        ground, quality = found.report.stages.ground, found.report.quality
        if ground is None or quality is None or quality.statistics is None:
            raise RuntimeError(name)
        size = quality.statistics
        yield (
            f"{name:14} {found.name:22} error {ground.energy_error:.2e} of {ground.accuracy:.2e} "
            f"{'accurate' if ground.accurate else 'NOT accurate'}, fidelity {ground.fidelity:.5f}, "
            f"{size.two_qubit_gates} two-qubit gates, depth {size.depth}, {seconds:.2f} s, "
            f"of that its own search {found.elapsed_s:.2f} s"
        )


def gradient(repetitions: int = 5) -> Iterator[str]:
    """Energy and gradient of Heisenberg-16 with 100 angles, and qulacs' adjoint of the same."""
    import qulacs

    problem = load("heisenberg", {"n": 16})
    ansatz = hardware_efficient(16, 6, real=True)
    theta = np.random.default_rng(0).normal(size=ansatz.n_parameters)
    energy = energy_of(ansatz, problem.hamiltonian)
    own = energy.value_and_gradient(theta)
    circuit = qulacs.ParametricQuantumCircuit(16)
    slots = {slot.gate: slot.parameter for slot in ansatz.slots}
    for place, gate in enumerate(ansatz.gates):
        if place in slots:
            circuit.add_parametric_RY_gate(gate.qubits[0], -theta[slots[place]])
        else:
            circuit.add_CZ_gate(*gate.qubits)
    observable = qulacs.Observable(16)
    for pauli, c in problem.hamiltonian.pauli_terms().items():
        observable.add_operator(c, " ".join(f"{axis} {qubit}" for qubit, axis in pauli))
    state = qulacs.QuantumState(16)

    def theirs() -> tuple[float, Any]:
        state.set_zero_state()
        circuit.update_quantum_state(state)
        return observable.get_expectation_value(state), -np.array(circuit.backprop(observable))

    value, slopes = theirs()
    if not (np.isclose(value, own[0]) and np.allclose(slopes, own[1])):
        raise RuntimeError("the two gradients differ")
    ours_s = best_of(lambda: energy.value_and_gradient(theta), repetitions)
    theirs_s = best_of(theirs, repetitions)
    angles = ansatz.n_parameters
    yield f"{angles} angles: quasar {ours_s * 1e3:.1f} ms, qulacs {theirs_s * 1e3:.1f} ms"


def pennylane() -> Iterator[str]:
    """UCCSD from Hartree-Fock: PennyLane's gradient descent with its adjoint, as its tutorials do,
    until chemical accuracy, and quasar's to convergence; ADAPT beside them.
    """
    import pennylane as qml

    for name in ("H2 (0.74)", "LiH", "H4 chain"):
        problem = load(*PROBLEMS[name])
        n, electrons = problem.n_qubits, len(problem.problem.occupied() or ())
        target = problem.ground.energy + problem.accuracy
        paulis = problem.hamiltonian.pauli_terms()
        operator = qml.sum(
            *(
                qml.s_prod(c, qml.prod(*(getattr(qml, axis)(q) for q, axis in pauli)))
                for pauli, c in paulis.items()
            )
        )
        singles, doubles = qml.qchem.excitations(electrons, n)
        device = qml.device("lightning.qubit", wires=n)

        @qml.qnode(device, diff_method="adjoint")  # type: ignore[untyped-decorator]
        def cost(theta: Any, of: Any = (n, electrons, singles, doubles, operator)) -> Any:
            n, electrons, singles, doubles, operator = of
            qml.BasisState(np.array([1] * electrons + [0] * (n - electrons)), wires=range(n))
            for k, wires in enumerate(doubles):
                qml.DoubleExcitation(theta[k], wires=wires)
            for k, wires in enumerate(singles):
                qml.SingleExcitation(theta[len(doubles) + k], wires=wires)
            return qml.expval(operator)

        optimizer = qml.GradientDescentOptimizer(stepsize=0.4)
        theta = qml.numpy.zeros(len(singles) + len(doubles), requires_grad=True)
        begun, steps = time.perf_counter(), 0
        while float(cost(theta)) > target and steps < 300:
            theta = optimizer.step(cost, theta)
            steps += 1
        seconds = time.perf_counter() - begun
        error = float(cost(theta)) - problem.ground.energy
        begun = time.perf_counter()
        energy = energy_of(uccsd(n, range(electrons)), problem.hamiltonian)
        found = lbfgs(energy, np.zeros(energy.n_parameters))
        own = time.perf_counter() - begun
        best = quasar.generate(problem, "designer", request="adaptive_vqe").best
        yield (
            f"{name:10} PennyLane {steps} steps, {seconds:.2f} s, error {error:.1e}; quasar UCCSD "
            f"{found.evaluations} evaluations, {own:.3f} s ({seconds / own:.0f}x), error "
            f"{found.energy - problem.ground.energy:.1e}; {best.name} {best.elapsed_s:.2f} s, "
            f"error {best.report.energy_error:.1e}"
        )


if __name__ == "__main__":
    chosen = {"gradient": gradient, "pennylane": pennylane}.get("".join(sys.argv[1:]), designs)
    for line in chosen():
        print(line, flush=True)
