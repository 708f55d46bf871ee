"""Aer in single precision: state vectors to 28 qubits, in half of the memory of double precision.

Up to 24 qubits it is an engine like the others. Beyond, means and samples are taken inside Aer and
no amplitudes leave it, so that nothing but the state needs memory: 8 bytes times 2**n.

Means of products agree with double precision within `TOLERANCE`; measured, the error was below a
tenth of that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from quasar.circuits.circuit import Circuit
from quasar.circuits.qasm import Program
from quasar.circuits.to_qiskit import to_qiskit
from quasar.core.errors import InputError
from quasar.core.memory import available_bytes
from quasar.core.observable import Observable, PauliSum
from quasar.simulate.cones.engine import answer_qubits, static_circuit
from quasar.simulate.engine import (
    ALL_WRITTEN,
    MAX_QUBITS,
    SINGLE,
    ComplexVector,
    Counts,
    Estimate,
    FloatVector,
    Outcome,
    Readout,
)
from quasar.simulate.qiskit_engine import AerEngine

MAX_SINGLE_QUBITS = 28
"""Largest circuit: its state takes 2 GiB."""
TOLERANCE = 1e-4
"""Error of the mean of one product of Paulis; of a sum, times the sizes of its coefficients."""
_BYTES = 8  # of an amplitude
_SPARE = 1.1  # of the state: what Aer needs beside it
_BASE = 200 << 20


class MeasuredState(NamedTuple):
    """What one simulation has told.

    Attributes:
        mean: of the observable, without its constant; None where none was asked for.
        counts: of the samples.
    """

    mean: float | None
    counts: Counts


@dataclass(eq=False, slots=True)
class SingleOutcome(Outcome):
    """A program of more than 24 qubits; it is simulated when something is asked.

    Attributes:
        qubits: that hold the answer's bits, the least significant first.
        engine: what simulates it.
    """

    qubits: tuple[int, ...] = ()
    engine: Any = None

    def expectation(self, observable: Observable) -> Estimate:
        """Mean of an observable on the answer's w bits, without its constant."""
        mean = self.measure(observable).mean
        sizes = sum(map(abs, observable.pauli_terms().values()))
        return Estimate(float(mean or 0.0), TOLERANCE * sizes, "truncation")

    def sample(self, shots: int, seed: int = 0) -> Counts:
        """Counts of `shots` measurements."""
        return self.measure(None, shots, seed).counts

    def measure(
        self, observable: Observable | None, shots: int = 0, seed: int = 0
    ) -> MeasuredState:
        """Mean and samples from one simulation.

        Raises:
            InputError: an observable of another number of qubits, too little memory, or a
                simulation that Aer gives up.
        """
        if observable is not None and observable.n_qubits != self.answer.width:
            raise InputError(
                f"the observable has {observable.n_qubits} qubits, the program's answer "
                f"{self.answer.width} bits: measure one bit for each qubit."
            )
        circuit = self.circuit
        if circuit is None:
            raise InputError("a program with branches has no single state.")
        require_memory(circuit.n_qubits)
        measured: MeasuredState = self.engine.measured(
            circuit, self.qubits, observable, shots, seed
        )
        return measured

    def distribution(self) -> FloatVector:
        """Refused: 2**n numbers."""
        raise _too_many()

    def probability(self, index: int) -> Estimate:
        """Refused: no amplitudes leave Aer."""
        raise _too_many()


class AerSingleEngine(AerEngine):
    """Aer's state-vector method in single precision, to 28 qubits.

    Beyond 24 qubits programs are static, and their outcomes give means and samples.
    """

    name = SINGLE
    precision = "single"

    def state(self, circuit: Circuit) -> ComplexVector:
        """Amplitudes in double precision, normalised again; see `StateEngine.state`."""
        state = super().state(circuit)
        size = float(np.linalg.norm(state))
        return state / size if abs(size - 1.0) < TOLERANCE else state

    def run(
        self,
        program: Program,
        readout: Readout = ALL_WRITTEN,
        *,
        shots: int | None = None,
        seed: int = 0,
    ) -> Outcome:
        """See `StateEngine.run`; beyond 24 qubits nothing is simulated before something is asked.

        Raises:
            InputError: more than 28 qubits, or too little memory.
            CircuitError: kind `unsimulable` for a dynamic program of more than 24 qubits.
        """
        if program.n_qubits <= MAX_QUBITS:
            return super().run(program, readout, shots=shots, seed=seed)
        if program.n_qubits > MAX_SINGLE_QUBITS:
            raise InputError(
                f"{program.n_qubits} qubits asked for; {self.name} stops at {MAX_SINGLE_QUBITS}: "
                "leave the engine out, and the means are computed by causal cones."
            )
        circuit = static_circuit(program, f"{self.name} beyond {MAX_QUBITS} qubits")
        require_memory(circuit.n_qubits)
        answer, qubits = answer_qubits(program, circuit, readout)
        outcome = SingleOutcome(None, answer, circuit, qubits=qubits, engine=self)
        if shots is None:
            return outcome
        counts = outcome.sample(shots, seed)
        return Outcome(None, answer, circuit, counts=counts, shots=shots)

    def measured(
        self,
        circuit: Circuit,
        qubits: tuple[int, ...],
        observable: Observable | None,
        shots: int,
        seed: int,
    ) -> MeasuredState:
        """Mean and samples of bits held by these qubits."""
        from qiskit.quantum_info import SparsePauliOp

        program = to_qiskit(circuit)
        program.remove_final_measurements()
        if observable is not None:
            n = circuit.n_qubits
            terms = [
                ("".join(axis for _, axis in pauli), [qubits[bit] for bit, _ in pauli], c)
                for pauli, c in PauliSum.of(observable).pauli_terms().items()
            ]
            if len(set(qubits)) < len(qubits):
                raise InputError(f"{self.name} needs each bit of the answer on a qubit of its own.")
            operator = SparsePauliOp.from_sparse_list(terms, num_qubits=n)
            program.save_expectation_value(operator, list(range(n)), label="mean")
        if shots:
            program.measure_all()
        compiled = self._passes.run(program)
        result = self._simulator.run(compiled, shots=max(1, shots), seed_simulator=seed).result()
        if not result.success:
            raise InputError(f"Aer gave up: {result.status}")
        mean = None if observable is None else float(np.real(result.data(0)["mean"]))
        counts: dict[int, int] = {}
        for text, count in (result.data(0).get("counts", {}) if shots else {}).items():
            state = int(text, 16)
            index = sum((state >> qubit & 1) << bit for bit, qubit in enumerate(qubits))
            counts[index] = counts.get(index, 0) + count
        return MeasuredState(mean, counts)


def require_memory(n_qubits: int) -> None:
    """Refuse a state that does not fit.

    Raises:
        InputError: too little memory is available now; the message has both numbers.
    """
    needed = int(_SPARE * _BYTES * 2**n_qubits) + _BASE
    available = available_bytes()
    if available is not None and needed > available:
        raise InputError(
            f"{n_qubits} qubits in single precision need {needed / 2**30:.1f} GiB of memory, but "
            f"{available / 2**30:.1f} GiB are available: free some, or leave the engine out, and "
            "the means are computed by causal cones."
        )


def _too_many() -> InputError:
    return InputError(
        f"beyond {MAX_QUBITS} qubits no distribution is listed: ask for a mean or for samples."
    )
