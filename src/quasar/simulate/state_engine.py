"""Engines that give amplitudes: programs, static and dynamic, to distributions of their answers."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import numpy as np

from quasar.circuits.ansatz import Ansatz
from quasar.circuits.circuit import Circuit
from quasar.circuits.measurement import Answer
from quasar.circuits.precheck import too_many_qubits
from quasar.circuits.qasm import Program
from quasar.core.errors import CircuitError, InputError
from quasar.core.observable import Observable
from quasar.simulate.engine import (
    ALL_WRITTEN,
    ComplexVector,
    Energy,
    Feature,
    FloatVector,
    Outcome,
    Readout,
    get_engine,
    probabilities,
)
from quasar.simulate.marginal import Marginal
from quasar.simulate.shift_energy import ShiftEnergy


class StateEngine(ABC):
    """An engine that gives amplitudes: programs by static circuits, dynamic ones by branches."""

    name: str
    supports: frozenset[Feature] = frozenset({"state", "dynamic"})

    @abstractmethod
    def state(self, circuit: Circuit) -> ComplexVector:
        """Amplitudes, shape [D], D = 2**n, qubit 0 least significant; global phase is free."""

    def run(
        self,
        program: Program,
        readout: Readout = ALL_WRITTEN,
        *,
        shots: int | None = None,
        seed: int = 0,
    ) -> Outcome:
        """Simulate a program exactly; with `shots`, draw them from the exact distribution.

        Raises:
            CircuitError: kind `limit` for more than `readout.max_qubits` qubits, kind `measurement`
                for an answer of more bits, kind `numeric` if an angle makes the result not finite,
                and those of `dynamic_distribution`.
        """
        exact = self._exact(program, readout)
        if shots is None:
            return exact
        counts = exact.sample(shots, seed)
        return Outcome(None, exact.answer, exact.circuit, counts=counts, shots=shots)

    def energy(self, ansatz: Ansatz, observable: Observable) -> Energy:
        """E(θ) by runs of this engine, gradients by the parameter-shift rule."""
        return ShiftEnergy(self, ansatz, observable)

    def _simulated(
        self, circuit: Circuit, amplitudes: bool
    ) -> tuple[ComplexVector | None, FloatVector, float]:
        """Amplitudes, distribution, both of shape [D], and the sum of the latter.

        Args:
            amplitudes: where not, they may be left out.
        """
        state = self.state(circuit)
        distribution = probabilities(state)
        return state, distribution, float(distribution.sum())

    def _exact(self, program: Program, readout: Readout) -> Outcome:
        if program.n_qubits > readout.max_qubits:
            raise too_many_qubits(program.n_qubits, readout.max_qubits)
        if program.n_qubits == 0:
            hint = "Declare them: 'qubit[n] q;'."
            raise CircuitError("the circuit has no qubits.", kind="unsimulable", hint=hint)
        n_variables = readout.n_variables
        if readout.all_qubits:
            answer = Answer(None, program.n_qubits)
        else:
            answer = program.answer(n_variables)
        if answer.width > readout.max_qubits and answer.width != n_variables:
            raise CircuitError(
                f"the program measures {answer.width} bits; exact simulation stops at "
                f"{readout.max_qubits}.",
                kind="measurement",
                hint="Measure one bit for each variable of the problem.",
            )
        if program.circuit is None:
            return Outcome(_mixture(program, answer), answer)
        fits = readout.misfits or answer.width == n_variables
        if not fits and _is_finite(program.circuit):
            return Outcome(np.zeros(0), answer)
        circuit, marginal = arranged(program.circuit, answer)
        state, distribution, total = self._simulated(circuit, readout.amplitudes)
        if not abs(total - 1.0) < 1e-6:  # also catches nan
            finite = _is_finite(program.circuit)
            why = "too large to be exact" if finite else "not a finite number"
            words = f"the state's norm is {total}, not 1: an angle is {why}."
            raise CircuitError(words, kind="numeric")
        if marginal is None:
            return Outcome(distribution, answer, circuit, state)
        answers = np.zeros(1 << answer.width)
        answers[marginal.places] = marginal.of(distribution)
        index = np.tile(marginal.places, 1 << (circuit.n_qubits - len(marginal.qubits)))
        return Outcome(answers, answer, circuit, state, index)


def state_engine(name: str = "qulacs") -> StateEngine:
    """The engine of that name, where it gives amplitudes.

    Raises:
        InputError: unknown name, its library is not installed, or it gives no amplitudes.
    """
    engine = get_engine(name)
    if not isinstance(engine, StateEngine):
        raise InputError(f"engine {name!r} gives no amplitudes: take qulacs, qiskit or aer.")
    return engine


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
    circuit, marginal = arranged(program.circuit, answer)
    fits = circuit.n_qubits == answer.width == n_variables and marginal is None
    return circuit if fits else None


def arranged(circuit: Circuit, answer: Answer) -> tuple[Circuit, Marginal | None]:
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
