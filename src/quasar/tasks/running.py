"""Programs as states: which qubits hold the answer, and what is left on the ancillas.

The answer's qubit i is the one that bit i of the program's answer holds (`circuits.measurement`);
without measurements it is qubit i as declared. Inputs of unitaries are always qubits as declared.
All other qubits that something acts on are ancillas: they start in |0> and have to return to it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import NamedTuple

import numpy as np
import qulacs

from quasar.circuits.circuit import Circuit
from quasar.circuits.precheck import too_many_qubits
from quasar.circuits.qasm import Program, parse
from quasar.circuits.qasm_flat import COMMENT, in_place_of_comment
from quasar.core.errors import CircuitError
from quasar.simulate.engine import MAX_QUBITS, ComplexVector
from quasar.simulate.qulacs_gates import build_gate
from quasar.simulate.state_engine import state_engine

MAX_WORK = 1 << 35
"""Gates times amplitudes of one grading; about a minute."""


class PlacedProgram(NamedTuple):
    """A program with its qubits in the task's order.

    Attributes:
        circuit: qubits 0 to n - 1 hold the answer, the ancillas follow.
        inputs: for each of the n qubits as declared, its place in `circuit`.
        ancillas: their number.
    """

    circuit: Circuit
    inputs: tuple[int, ...]
    ancillas: int


def placed(program: Program, n: int) -> PlacedProgram:
    """The program with the n qubits of its answer first.

    Raises:
        CircuitError: kind `measurement` for a program that measures and goes on, or whose answer
            has other bits; kind `qubits` for fewer than n; kind `limit` for too many.
    """
    circuit = program.circuit
    if circuit is None:
        raise CircuitError(
            "the task asks for a state or a unitary, but the program measures or resets midway.",
            kind="measurement",
            hint="Measure at the end only.",
        )
    if circuit.n_qubits < n:
        had = "1 qubit" if circuit.n_qubits == 1 else f"{circuit.n_qubits} qubits"
        raise CircuitError(
            f"the circuit has {had}, the task {n}.",
            kind="qubits",
            hint=f"Declare them: 'qubit[{n}] q;'.",
        )
    data = _data(program, n)
    used = {qubit for gate in circuit.gates for qubit in gate.qubits} | set(range(n))
    place = {qubit: i for i, qubit in enumerate(data)}
    for qubit in sorted(used - set(data)):
        place[qubit] = len(place)
    if len(place) > MAX_QUBITS:
        raise too_many_qubits(len(place), MAX_QUBITS)
    gates = tuple(g._replace(qubits=tuple(place[q] for q in g.qubits)) for g in circuit.gates)
    inputs = tuple(place[qubit] for qubit in range(n))
    return PlacedProgram(Circuit(len(place), gates), inputs, len(place) - n)


def _data(program: Program, n: int) -> tuple[int, ...]:
    circuit, answer = program.circuit, program.answer(n)
    if circuit is None or answer.bits is None:
        return tuple(range(n))
    held = tuple(circuit.measurements.final[bit] for bit in answer.bits)[:n]
    if len(set(held)) < n:
        raise CircuitError(
            f"the program measures {len(set(held))} of the task's {n} qubits.",
            kind="measurement",
            hint=f"Measure all {n} into 'bit[{n}] c;', or none.",
        )
    return held


def keep_inputs(text: str, program: Program, n: int) -> None:
    """Refuse a program that resets one of its first n qubits, which hold the input.

    A reset before all gates changes nothing on |0>, so the circuit of `program` is without it.

    Raises:
        CircuitError: kind `measurement`.
    """
    plain = COMMENT.sub(in_place_of_comment, text)
    marked = re.sub(r"\breset\b", "U(0, 0, 0) ", plain)
    if program.circuit is None or marked == plain:
        return
    circuit = parse(marked, header="language").circuit
    gates = () if circuit is None else circuit.gates
    touched, before = (
        Counter(qubit for gate in found for qubit in gate.qubits)
        for found in (gates, program.circuit.gates)
    )
    lost = sorted(qubit for qubit in touched - before if qubit < n)
    if lost:
        raise CircuitError(
            f"the program resets qubit {lost[0]}, which holds the input.",
            kind="measurement",
            hint="Reset ancillas only.",
        )


def within(gates: int, qubits: int, runs: int = 1) -> None:
    """Refuse what would take too long.

    Raises:
        CircuitError: kind `limit`.
    """
    if (gates + 1) * runs << qubits > MAX_WORK:
        raise CircuitError.over(
            "time",
            f"{gates:,} gates on {qubits} qubits take too long to grade.",
            "Use fewer gates or ancillas.",
        )


def run(circuit: Circuit) -> ComplexVector:
    """Amplitudes, shape [2**m].

    Raises:
        CircuitError: kind `numeric` for an angle that is not a finite number.
    """
    return _normalised(state_engine().state(circuit))


def run_from(circuit: Circuit, start: ComplexVector) -> ComplexVector:
    """Amplitudes after a circuit on any state, shape [2**m].

    Raises:
        CircuitError: as `run`.
    """
    state = qulacs.QuantumState(circuit.n_qubits)
    state.load(start)  # type: ignore[call-overload] # arrays are taken too
    for made in circuit.gates:
        built = build_gate(made)
        if built is not None:
            built.update_quantum_state(state)
    return _normalised(state.get_vector())


def _normalised(state: ComplexVector) -> ComplexVector:
    norm = float(np.vdot(state, state).real)
    if not abs(norm - 1.0) < 1e-6:  # also catches nan
        why = "too large to be exact" if math.isfinite(norm) else "not a finite number"
        raise CircuitError(f"the state's norm is {norm}, not 1: an angle is {why}.", kind="numeric")
    return state


def final_state(program: Program, n: int) -> tuple[ComplexVector, int]:
    """The state with the ancillas in |0>, shape [2**n], not normalised; and their number.

    Raises:
        CircuitError: see `placed` and `within`.
    """
    made = placed(program, n)
    within(len(made.circuit.gates), made.circuit.n_qubits)
    return run(made.circuit)[: 1 << n], made.ancillas
