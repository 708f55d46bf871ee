"""Programs around given gates: how they are written, and the answer that they leave."""

from __future__ import annotations

from collections.abc import Sequence

from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.emit import statement
from quasar.circuits.qasm import Program
from quasar.core.errors import CircuitError
from quasar.simulate.engine import FloatVector, Readout
from quasar.simulate.state_engine import state_engine
from quasar.tasks.running import within


def program_text(
    definitions: Sequence[str], gates: Sequence[Gate], qubits: int, answer: int
) -> str:
    """A program that holds gate definitions and measures its first qubits.

    Args:
        gates: those of `stdgates.inc` and of the definitions.
        answer: how many qubits are measured.
    """
    return "\n".join(
        [
            "OPENQASM 3.0;",
            'include "stdgates.inc";',
            *definitions,
            f"bit[{answer}] c;",
            f"qubit[{qubits}] q;",
            *map(statement, gates),
            *(f"c[{i}] = measure q[{i}];" for i in range(answer)),
            "",
        ]
    )


def static(program: Program) -> Circuit:
    """The gates of a program whose calls can be counted.

    Raises:
        CircuitError: kind `measurement` for one that measures or resets midway, or branches.
    """
    if program.circuit is None:
        raise CircuitError(
            "calls cannot be counted in a program that measures or resets midway, or branches.",
            kind="measurement",
            hint="Measure at the end only.",
        )
    return program.circuit


def answer_of(program: Program, n: int) -> FloatVector:
    """Distribution of the n bits of the answer, shape [2**n].

    Raises:
        CircuitError: kind `qubits` or `measurement` for an answer of fewer bits.
    """
    within(len(static(program).gates), min(program.n_qubits, 24))
    outcome = state_engine().run(program, Readout(n))
    if outcome.answer.width < n:
        measured = outcome.answer.bits is not None
        raise CircuitError(
            f"the answer has {outcome.answer.width} bits, the task {n}.",
            kind="measurement" if measured else "qubits",
            hint=f"Measure {n} qubits into 'bit[{n}] c;'.",
        )
    p: FloatVector = outcome.distribution().reshape(-1, 1 << n).sum(axis=0)
    return p
