"""Circuits for target tasks: broken ones, and the same circuit written in another way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.emit import emit
from quasar.circuits.qasm import parse
from quasar.tasks.task import Submission, TargetTask, TaskScore

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

GENERIC = (0.9, 0.4, 1.3)  # radians: no state of a reference is an eigenstate of this U


def graded(task: TargetTask, text: str) -> TaskScore:
    """What a task's own grader says of a program."""
    return task.grade(Submission(text, parse(text)))


def broken(task: TargetTask, rng: np.random.Generator) -> str:
    """The reference with one gate replaced by the same gate and a generic rotation after it."""
    circuit = parse(task.reference()).circuit
    assert circuit is not None
    qubit = int(rng.integers(task.n_qubits))
    at = [k + 1 for k, gate in enumerate(circuit.gates) if qubit in gate.qubits]
    place = int(rng.choice(at)) if at else 0
    gates = (*circuit.gates[:place], Gate("U", (qubit,), GENERIC), *circuit.gates[place:])
    return emit(Circuit(circuit.n_qubits, gates))


def rewritten(text: str, level: int, seed: int = 0) -> str:
    """The program as Qiskit rewrites it, with its qubits and bits in any order.

    A barrier before the measurements keeps the phases, which a measurement would not show.
    """
    from qiskit import QuantumCircuit, transpile

    from quasar.circuits.qasm import import_reference
    from quasar.circuits.source import circuit_text

    given: QuantumCircuit = import_reference(text)
    plain = given.remove_final_measurements(inplace=False)
    whole = QuantumCircuit(plain.num_qubits, plain.num_qubits)
    whole.compose(plain, range(plain.num_qubits), inplace=True)
    whole.barrier()
    whole.measure(range(plain.num_qubits), range(plain.num_qubits))
    done = transpile(
        whole,
        basis_gates=["rz", "sx", "x", "cx"],
        optimization_level=level,
        seed_transpiler=seed,
    )
    return str(circuit_text(done))
