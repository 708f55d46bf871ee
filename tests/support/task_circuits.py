"""Circuits for target tasks: broken ones, and the same circuit written in another way."""

from __future__ import annotations

import itertools
import math
import re
from typing import TYPE_CHECKING

import numpy as np

from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.emit import emit, statement
from quasar.circuits.qasm import parse
from quasar.tasks.oracle_task import OracleTask
from quasar.tasks.oracle_text import ORACLE
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


def rewritten_by_pytket(task: TargetTask, seed: int = 0) -> str:
    """The reference as pytket rewrites it; of an oracle's program the parts between the calls."""
    text = task.reference()
    ends = [line for line in text.splitlines() if "measure" in line]
    given = re.findall(r"^gate .*$", text, re.MULTILINE)
    if isinstance(task, OracleTask):
        _, n, gates = next(task.known())
    else:
        circuit = parse(text).circuit
        assert circuit is not None
        n, gates = circuit.n_qubits, list(circuit.gates)
    done: list[Gate] = []
    for asked, group in itertools.groupby(gates, key=lambda made: made.name == ORACLE):
        part = list(group)
        done += part if asked else _by_pytket(n, part, seed)
    bits = re.findall(r"^bit\[.*$", text, re.MULTILINE) if ends else []
    lines = ["OPENQASM 3.0;", 'include "stdgates.inc";', *given, *bits, f"qubit[{n}] q;"]
    return "\n".join([*lines, *map(statement, done), *ends]) + "\n"


def _by_pytket(n: int, gates: list[Gate], seed: int) -> list[Gate]:
    """Other gates of the same unitary."""
    import pytket
    from pytket import OpType, passes

    from quasar.circuits.exports import to_pytket

    circuit = pytket.Circuit(n)  # without measurements, before which pytket drops phases
    for command in to_pytket(emit(Circuit(n, tuple(gates)))).get_commands():
        if command.op.type != OpType.Measure:
            circuit.add_gate(command.op, [qubit.index[0] for qubit in command.qubits])
    ways = (
        lambda: passes.FullPeepholeOptimise(allow_swaps=False),
        lambda: passes.CliffordSimp(allow_swaps=False),
        passes.CommuteThroughMultis,
        passes.SynthesiseTket,
    )
    basis = {OpType.CX: "cx", OpType.Rz: "rz", OpType.Rx: "rx"}
    steps = [
        passes.RemoveBarriers(),
        passes.DecomposeBoxes(),
        passes.AutoRebase({OpType.CX, OpType.Rz, OpType.Rx}, allow_swaps=False),
        ways[seed % len(ways)](),
        passes.AutoRebase({OpType.CX, OpType.Rz, OpType.Rx}, allow_swaps=False),
    ]
    passes.SequencePass(steps).apply(circuit)
    return [
        Gate(
            basis[command.op.type],
            tuple(qubit.index[0] for qubit in command.qubits),
            tuple(float(turn) * math.pi for turn in command.op.params),
        )
        for command in circuit.get_commands()
    ]
