"""What running a program gives, static or dynamic."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True, eq=False)
class Outcome:
    """Exact result of a program.

    Attributes:
        probabilities: distribution of measuring every qubit, shape [D].
        state: amplitudes, shape [D]; None for a dynamic program, which leaves a mixture.
    """

    probabilities: FloatVector
    state: ComplexVector | None


def run(program: Program, engine: Engine, *, max_qubits: int = MAX_QUBITS) -> Outcome:
    """Simulate a program exactly.

    Raises:
        CircuitError: kind `limit` for more than `max_qubits` qubits, kind `numeric` if an angle
            makes the result not finite, and those of `dynamic_distribution`.
    """
    if program.n_qubits > max_qubits:
        raise too_many_qubits(program.n_qubits, max_qubits)
    if program.n_qubits == 0:
        raise CircuitError(
            "the circuit has no qubits.", kind="unsimulable", hint="Declare them: 'qubit[n] q;'."
        )
    if program.circuit is None:
        from quasar.simulate.dynamic import dynamic_distribution

        return Outcome(dynamic_distribution(program.dynamic), None)
    state = engine.state(program.circuit)
    distribution = probabilities(state)
    total = float(distribution.sum())
    if not abs(total - 1.0) < 1e-6:  # also catches nan
        raise CircuitError(
            f"the state's norm is {total}, not 1: an angle is not a finite number.", kind="numeric"
        )
    return Outcome(distribution, state)
