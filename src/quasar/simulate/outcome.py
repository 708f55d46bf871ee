"""What running a program gives, static or dynamic."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from quasar.circuits.circuit import Circuit
from quasar.circuits.measurement import Answer
from quasar.circuits.precheck import too_many_qubits
from quasar.circuits.qasm import Program
from quasar.core.errors import CircuitError
from quasar.simulate.engine import (
    MAX_QUBITS,
    ComplexVector,
    Engine,
    FloatVector,
    probabilities,
)
from quasar.simulate.marginal import IndexVector, Marginal


@dataclass(frozen=True, eq=False, slots=True)
class Outcome:
    """Exact result of a program.

    Attributes:
        probabilities: distribution of the answer's w bits, shape [2**w].
        answer: which bits of the program they are.
        circuit: the static circuit that was simulated: qubit i is bit i of the answer where the
            bits hold different qubits, further qubits come after them, and those that are neither
            answer nor acted on are left out. None for a dynamic program.
        state: its amplitudes, shape [2**m]; None for a dynamic program, which leaves a mixture.
        index: the answer that each of its basis states gives, shape [2**m]; None where m = w and
            each gives its own index.
    """

    probabilities: FloatVector
    answer: Answer
    circuit: Circuit | None = None
    state: ComplexVector | None = None
    index: IndexVector | None = None

    def by_state(self, values: FloatVector) -> FloatVector:
        """Values of the answers (shape [2**w]) as values of the basis states of `circuit`."""
        return values if self.index is None else values[self.index]


def run(
    program: Program,
    engine: Engine,
    *,
    max_qubits: int = MAX_QUBITS,
    n_variables: int | None = None,
    all_qubits: bool = False,
    misfits: bool = True,
) -> Outcome:
    """Simulate a program exactly.

    Args:
        max_qubits: qubits declared at most, and bits of an answer of another size than asked.
        n_variables: bits that the answer should have; None: as many as the program writes.
        all_qubits: every qubit is the answer, whatever the program measures.
        misfits: also simulate a static circuit whose answer has another size than `n_variables`.
            Where not, it has no probabilities (shape [0]) and no state.

    Raises:
        CircuitError: kind `limit` for more than `max_qubits` qubits, kind `measurement` for an
            answer of more bits, kind `numeric` if an angle makes the result not finite, and those
            of `dynamic_distribution`.
    """
    if program.n_qubits > max_qubits:
        raise too_many_qubits(program.n_qubits, max_qubits)
    if program.n_qubits == 0:
        raise CircuitError(
            "the circuit has no qubits.", kind="unsimulable", hint="Declare them: 'qubit[n] q;'."
        )
    answer = Answer(None, program.n_qubits) if all_qubits else program.answer(n_variables)
    if answer.width > max_qubits and answer.width != n_variables:
        raise CircuitError(
            f"the program measures {answer.width} bits; exact simulation stops at {max_qubits}.",
            kind="measurement",
            hint="Measure one bit for each variable of the problem.",
        )
    if program.circuit is None:
        return Outcome(_mixture(program, answer), answer)
    if not misfits and answer.width != n_variables and _is_finite(program.circuit):
        return Outcome(np.zeros(0), answer)
    circuit, marginal = _arranged(program.circuit, answer)
    state = engine.state(circuit)
    distribution = probabilities(state)
    total = float(distribution.sum())
    if not abs(total - 1.0) < 1e-6:  # also catches nan
        raise CircuitError(
            f"the state's norm is {total}, not 1: an angle is not a finite number.", kind="numeric"
        )
    if marginal is None:
        return Outcome(distribution, answer, circuit, state)
    answers = np.zeros(1 << answer.width)
    answers[marginal.places] = marginal.of(distribution)
    index = np.tile(marginal.places, 1 << (circuit.n_qubits - len(marginal.qubits)))
    return Outcome(answers, answer, circuit, state, index)


def _is_finite(circuit: Circuit) -> bool:
    """Whether no angle or matrix can make the state anything but normalised."""
    return all(
        gate.matrix is None and all(map(math.isfinite, gate.params)) for gate in circuit.gates
    )


def answer_circuit(program: Program, n_variables: int) -> Circuit | None:
    """The static circuit with variable i on qubit i; None where the program has no such form."""
    if program.circuit is None:
        return None
    answer = program.answer(n_variables)
    circuit, marginal = _arranged(program.circuit, answer)
    fits = circuit.n_qubits == answer.width == n_variables and marginal is None
    return circuit if fits else None


def _arranged(circuit: Circuit, answer: Answer) -> tuple[Circuit, Marginal | None]:
    """The circuit with its qubits in the order of the answer, and what is still to be mapped."""
    if answer.bits is None:
        if answer.width == circuit.n_qubits:
            return circuit, None
        held = tuple(range(answer.width))
    else:
        held = tuple(circuit.measurements.final[bit] for bit in answer.bits)
    if held == tuple(range(circuit.n_qubits)):
        return circuit, None
    used = {qubit for gate in circuit.gates for qubit in gate.qubits}
    place = {qubit: i for i, qubit in enumerate(dict.fromkeys(held))}
    for qubit in sorted(used.difference(place)):
        place[qubit] = len(place)
    gates = circuit.gates
    if any(qubit != i for qubit, i in place.items()):
        gates = tuple(
            gate._replace(qubits=tuple([place[q] for q in gate.qubits])) for gate in gates
        )
    arranged = Circuit(len(place), gates)
    bits = {bit: place[qubit] for bit, qubit in enumerate(held)}
    if list(bits.values()) == list(range(len(place))):
        return arranged, None
    return arranged, Marginal(len(place), bits)


def _mixture(program: Program, answer: Answer) -> FloatVector:
    from quasar.simulate.dynamic import dynamic_distribution

    found = dynamic_distribution(program.dynamic, answer.bits, bindings=program.bindings)
    return found[: 1 << answer.width]  # qubits beyond the answer are those that nothing acts on
