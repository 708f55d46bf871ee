"""Ground states: what the designer reaches beside VQE by Qiskit and PennyLane, and what a gradient
costs beside qulacs' own adjoint and PennyLane's.

    python -m benchmarks.ground_states             # time, error and gates of each problem
    python -m benchmarks.ground_states compare     # five of them, and the same VQE by the others
    python -m benchmarks.ground_states gradient    # Heisenberg-16, 112 angles

One process and one thread. Each round runs everything once, in turn; medians of the rounds are
given, in seconds of the clock (`wall_s`) and of the processor (`cpu_s`): the latter say more where
others use the machine. `compare` needs PennyLane with lightning, and qiskit-algorithms 0.4.

What the others run, as their users write it: UCCSD from Hartree-Fock for molecules; for spin models
the Hamiltonian-variational ansatz (10 layers for TFIM-10, 6 for Heisenberg-10), from small random
angles. PennyLane: lightning.qubit and adjoint gradients, with gradient descent of step 0.4 (Adam of
step 0.05 for spin models). Qiskit: `VQE` of qiskit-algorithms with StatevectorEstimator and SLSQP,
whose gradients are finite differences. Both end as soon as the energy is accurate, or at a limit.
The designer's time is its whole search, all depths and generators tried included, pools of
generators once they are known; `quasar_same` is L-BFGS on what the others vary.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
from benchmarks._common import print_table, write_result

import quasar
from quasar.circuits.ansatz import Ansatz
from quasar.circuits.circuit import Circuit
from quasar.circuits.excitations import uccsd
from quasar.circuits.hamiltonian_variational import (
    hamiltonian_variational,
    hardware_efficient,
    product_start,
    singlets,
)
from quasar.circuits.qasm import parse
from quasar.circuits.statistics import statistics as circuit_statistics
from quasar.core.seeds import generator
from quasar.models.ground_designer import design_ground
from quasar.optimize.minimize import lbfgs
from quasar.optimize.trace import Budget, Trace
from quasar.problems.quantum.observable import EncodedObservable
from quasar.simulate.energy import energy_of

ROUNDS = 3
LIMIT_S = 15.0
"""Seconds of the processor that the others may take."""

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


COMPARED = ("H2 (0.74)", "LiH", "H4 chain", "TFIM-10", "Heisenberg-10")
LAYERS = {"TFIM-10": 10, "Heisenberg-10": 6}


class Run(NamedTuple):
    """One search: energy above the ground energy, and what it took."""

    error: float
    wall_s: float
    cpu_s: float
    evaluations: int


def timed(search: Callable[[], tuple[float, int]], ground: float) -> Run:
    """A search that returns its energy and evaluations."""
    wall, cpu = time.perf_counter(), time.process_time()
    energy, evaluations = search()
    took = time.perf_counter() - wall, time.process_time() - cpu
    return Run(energy - ground, *took, evaluations)


def medians(runs: list[Run]) -> dict[str, Any]:
    """Of the times; the error of the last run."""
    return {
        "error": float(f"{runs[-1].error:.2e}"),
        "evaluations": runs[-1].evaluations,
        "wall_s": round(statistics.median(run.wall_s for run in runs), 4),
        "cpu_s": round(statistics.median(run.cpu_s for run in runs), 4),
    }


def ansatz_of(name: str, problem: EncodedObservable) -> tuple[Ansatz, np.ndarray[Any, Any]]:
    """What the others vary, and the angles that they start from."""
    occupied = problem.problem.occupied()
    if occupied is not None:
        ansatz: Ansatz = uccsd(problem.n_qubits, occupied)
        return ansatz, np.zeros(ansatz.n_parameters)
    n = problem.n_qubits
    if name.startswith("Heisenberg"):
        before = singlets(n, [(site, site + 1) for site in range(0, n, 2)])
    else:
        before = product_start([(np.pi / 2, 0.0)] * n)
    ansatz = hamiltonian_variational(problem.hamiltonian, LAYERS[name], before)
    return ansatz, generator(0, "benchmark", name).normal(0.0, 0.1, ansatz.n_parameters)


def _read(qasm: str) -> Circuit:
    circuit = parse(qasm).circuit
    if circuit is None:
        raise RuntimeError("a dynamic program")
    return circuit


class Reached(Exception):
    """The energy is accurate, or time is up."""


def by_pennylane(problem: EncodedObservable, ansatz: Ansatz, first: Any, step: Any) -> Any:
    """A search with PennyLane, from its own circuit; compiled and bound before it is timed."""
    import pennylane as qml

    n = problem.n_qubits
    named = {"h": qml.Hadamard, "x": qml.PauliX, "z": qml.PauliZ, "cx": qml.CNOT, "cz": qml.CZ}
    turning = {"rx": qml.RX, "ry": qml.RY, "rz": qml.RZ, "X": qml.RX, "Z": qml.RZ}
    turning |= {"XX": qml.IsingXX, "YY": qml.IsingYY, "ZZ": qml.IsingZZ}
    occupied = problem.problem.occupied()
    singles, doubles = qml.qchem.excitations(len(occupied), n) if occupied else ([], [])
    operator = qml.sum(
        *(
            qml.s_prod(c, qml.prod(*(getattr(qml, axis)(q) for q, axis in pauli)))
            for pauli, c in problem.hamiltonian.pauli_terms().items()
        )
    )

    @qml.qnode(qml.device("lightning.qubit", wires=n), diff_method="adjoint")  # type: ignore[untyped-decorator]
    def cost(theta: Any) -> Any:
        for gate in ansatz.start:  # type: ignore[attr-defined]
            if gate.params:
                turning[gate.name](*gate.params, wires=gate.qubits)
            else:
                named[gate.name](wires=gate.qubits)
        if occupied is not None:  # its own gates, as in its tutorials
            for k, wires in enumerate(doubles):
                qml.DoubleExcitation(theta[k], wires=wires)
            for k, wires in enumerate(singles):
                qml.SingleExcitation(theta[len(doubles) + k], wires=wires)
            return qml.expval(operator)
        for pauli, parameter, scale in ansatz.rotations:  # type: ignore[attr-defined]
            word = "".join(axis for _, axis in pauli)
            turning[word](scale * theta[parameter], wires=[q for q, _ in pauli])
        return qml.expval(operator)

    target = problem.ground.energy + problem.accuracy

    def search() -> tuple[float, int]:
        theta, steps, begun = qml.numpy.array(first, requires_grad=True), 0, time.process_time()
        while time.process_time() - begun < LIMIT_S:
            theta, energy = step.step_and_cost(cost, theta)  # the energy before the step
            steps += 1
            if energy <= target:
                break
        return float(energy), steps

    return search


def by_lbfgs(problem: EncodedObservable, ansatz: Ansatz, first: Any) -> Any:
    """A search of quasar's with what the others vary, from where they start."""
    target = problem.ground.energy + problem.accuracy

    def search() -> tuple[float, int]:
        trace = Trace()
        budget = Budget(4000, stop=lambda: trace.best_energy <= target)
        found = lbfgs(energy_of(ansatz, problem.hamiltonian), first, budget=budget, trace=trace)
        return found.energy, found.evaluations

    return search


def by_qiskit(problem: EncodedObservable, ansatz: Ansatz, first: Any) -> Any:
    """A search with Qiskit's VQE."""
    from qiskit.circuit import ParameterVector, QuantumCircuit
    from qiskit.primitives import StatevectorEstimator
    from qiskit.quantum_info import SparsePauliOp
    from qiskit_algorithms import VQE  # type: ignore[import-not-found]
    from qiskit_algorithms.optimizers import SLSQP  # type: ignore[import-not-found]

    n = problem.n_qubits
    theta = ParameterVector("t", ansatz.n_parameters)
    slots = {slot.gate: slot.scale * theta[slot.parameter] for slot in ansatz.slots}
    circuit = QuantumCircuit(n)
    for place, gate in enumerate(ansatz.gates):
        angles = [slots[place]] if place in slots else list(gate.params)
        getattr(circuit, gate.name)(*angles, *gate.qubits)
    operator = SparsePauliOp.from_sparse_list(
        [
            ("".join(axis for _, axis in pauli), [q for q, _ in pauli], c)
            for pauli, c in problem.hamiltonian.pauli_terms().items()
        ],
        n,
    )
    target = problem.ground.energy + problem.accuracy

    def search() -> tuple[float, int]:
        seen, begun = [np.inf, 0], time.process_time()

        def told(count: int, _theta: Any, energy: float, _data: Any) -> None:
            seen[:] = min(seen[0], energy), count
            if energy <= target or time.process_time() - begun > LIMIT_S:
                raise Reached

        with suppress(Reached):
            vqe = VQE(
                StatevectorEstimator(),
                circuit,
                SLSQP(maxiter=1000),
                initial_point=np.asarray(first),
                callback=told,
            )
            vqe.compute_minimum_eigenvalue(operator)
        return float(seen[0]), int(seen[1])

    return search


def compare() -> Iterator[dict[str, Any]]:
    """The designer beside the others, by problem."""
    import pennylane as qml

    for name in COMPARED:
        problem = load(*PROBLEMS[name])
        ground = problem.ground.energy
        ansatz, first = ansatz_of(name, problem)
        step = qml.AdamOptimizer(0.05) if name in LAYERS else qml.GradientDescentOptimizer(0.4)
        searches: dict[str, Callable[[], tuple[float, int]]] = {
            "quasar": lambda p=problem: _designed(p),  # type: ignore[misc]
            "quasar_same": by_lbfgs(problem, ansatz, first),
            "pennylane": by_pennylane(problem, ansatz, first, step),
            "qiskit": by_qiskit(problem, ansatz, first),
        }
        runs: dict[str, list[Run]] = {who: [] for who in searches}
        for _ in range(ROUNDS):
            for who, search in searches.items():
                if not runs[who] or runs[who][-1].cpu_s < LIMIT_S / 4:
                    runs[who].append(timed(search, ground))
        design = next(design_ground(problem))
        size = circuit_statistics(_read(design.qasm))
        found = {who: medians(of) for who, of in runs.items()}
        own, same = found["quasar"]["cpu_s"], found["quasar_same"]["cpu_s"]
        yield {
            "problem": name,
            "accuracy": round(problem.accuracy, 6),
            "ansatz": design.ansatz,
            "gates": size.gates,
            "two_qubit_gates": size.two_qubit_gates,
            "depth": size.depth,
            **found,
            "times_pennylane": round(found["pennylane"]["cpu_s"] / own, 1),
            "times_qiskit": round(found["qiskit"]["cpu_s"] / own, 1),
            "same_times_pennylane": round(found["pennylane"]["cpu_s"] / same, 1),
            "same_times_qiskit": round(found["qiskit"]["cpu_s"] / same, 1),
        }


def _designed(problem: EncodedObservable) -> tuple[float, int]:
    found = next(design_ground(problem))
    return found.energy, len(found.trace.energies)


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


def gradient() -> dict[str, Any]:
    """Energy and gradient of Heisenberg-16 with 112 angles, by three libraries."""
    import pennylane as qml
    import qulacs

    problem = load("heisenberg", {"n": 16})
    ansatz = hardware_efficient(16, 6, real=True)
    theta = np.random.default_rng(0).normal(size=ansatz.n_parameters)
    energy = energy_of(ansatz, problem.hamiltonian)
    paulis = problem.hamiltonian.pauli_terms()
    circuit = qulacs.ParametricQuantumCircuit(16)
    slots = {slot.gate: slot.parameter for slot in ansatz.slots}
    for place, gate in enumerate(ansatz.gates):
        if place in slots:
            circuit.add_parametric_RY_gate(gate.qubits[0], -theta[slots[place]])
        else:
            circuit.add_CZ_gate(*gate.qubits)
    observable = qulacs.Observable(16)
    for pauli, c in paulis.items():
        observable.add_operator(c, " ".join(f"{axis} {qubit}" for qubit, axis in pauli))
    state = qulacs.QuantumState(16)

    def by_qulacs() -> tuple[float, Any]:
        state.set_zero_state()
        circuit.update_quantum_state(state)
        return observable.get_expectation_value(state), -np.array(circuit.backprop(observable))

    operator = qml.sum(
        *(
            qml.s_prod(c, qml.prod(*(getattr(qml, axis)(q) for q, axis in pauli)))
            for pauli, c in paulis.items()
        )
    )

    @qml.qnode(qml.device("lightning.qubit", wires=16), diff_method="adjoint")  # type: ignore[untyped-decorator]
    def cost(angles: Any) -> Any:
        for place, gate in enumerate(ansatz.gates):
            if place in slots:
                qml.RY(angles[slots[place]], wires=gate.qubits[0])
            else:
                qml.CZ(wires=gate.qubits)
        return qml.expval(operator)

    slopes, angles = qml.grad(cost), qml.numpy.array(theta, requires_grad=True)

    def by_pennylane() -> tuple[float, Any]:
        return float(cost(angles)), np.array(slopes(angles))

    ways = {
        "quasar": lambda: energy.value_and_gradient(theta),
        "qulacs": by_qulacs,
        "lightning": by_pennylane,
    }
    first = {who: way() for who, way in ways.items()}
    for value, slope in first.values():
        if not (np.isclose(value, first["quasar"][0]) and np.allclose(slope, first["quasar"][1])):
            raise RuntimeError("the gradients differ")
    runs: dict[str, list[Run]] = {who: [] for who in ways}
    for _ in range(7):
        for who, way in ways.items():
            runs[who].append(timed(lambda way=way: (way()[0], 1), 0.0))  # type: ignore[misc]
    times = {who: medians(of) for who, of in runs.items()}
    own = times["quasar"]["cpu_s"]
    return {
        "problem": "Heisenberg-16",
        "angles": ansatz.n_parameters,
        **{f"{who}_{key}": row[key] for who, row in times.items() for key in ("wall_s", "cpu_s")},
        "times_qulacs": round(times["qulacs"]["cpu_s"] / own, 2),
        "times_lightning": round(times["lightning"]["cpu_s"] / own, 2),
    }


def main() -> None:
    what = "".join(sys.argv[1:])
    if what == "gradient":
        rows = [gradient()]
        write_result("ground_gradient", rows)
        print(rows[0])
    elif what == "compare":
        rows = []
        for row in compare():
            print(row, flush=True)
            rows.append(row)
            write_result("ground_compare", rows)
        print_table([{k: v for k, v in r.items() if not isinstance(v, dict)} for r in rows])
    else:
        for line in designs():
            print(line, flush=True)


if __name__ == "__main__":
    main()
