"""Circuits for target tasks: broken ones, and the same circuit written in another way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

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
    lines = task.reference().splitlines()
    qubit = int(rng.integers(task.n_qubits))
    first = next(i for i, line in enumerate(lines) if line.startswith("qubit["))
    acting = [
        i
        for i, line in enumerate(lines)
        if i > first and f"q[{qubit}]" in line and "measure" not in line
    ]
    place = int(rng.choice(acting or [first])) + 1
    turn = ", ".join(map(repr, GENERIC))
    return "\n".join([*lines[:place], f"U({turn}) q[{qubit}];", *lines[place:]]) + "\n"


def rewritten(text: str, level: int, seed: int = 0) -> str:
    """The program as Qiskit rewrites it, with its qubits and bits in any order.

    A barrier before the measurements keeps the phases, which a measurement would not show.
    """
    from qiskit import QuantumCircuit, transpile
    from qiskit.transpiler import Target

    from quasar.circuits.qasm import import_reference
    from quasar.circuits.source import circuit_text

    given: QuantumCircuit = import_reference(text)
    whole = QuantumCircuit(given.num_qubits, given.num_clbits)
    ends = [
        (given.find_bit(item.qubits[0]).index, given.find_bit(item.clbits[0]).index)
        for item in given.data
        if item.operation.name == "measure"
    ]
    given.remove_final_measurements()
    whole.compose(given, range(given.num_qubits), inplace=True)
    whole.barrier()
    for qubit, bit in ends:
        whole.measure(qubit, bit)
    oracles = [item.operation for item in whole.data if item.operation.name == "oracle"]
    named = {"oracle": oracles[0]} if oracles else None
    target = Target.from_configuration(
        ["rz", "sx", "x", "cx", "measure", *(named or ())],
        num_qubits=whole.num_qubits,
        custom_name_mapping=named,
    )
    done = transpile(whole, target=target, optimization_level=level, seed_transpiler=seed)
    return str(circuit_text(done))
