"""Family `state`: a named or given state from |0...0>, graded by its fidelity.

Global phase does not count. Ancillas have to return to |0>: what is left on them is lost fidelity.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from pydantic import Field

from quasar.circuits.circuit import Circuit, Gate
from quasar.simulate.engine import ComplexVector
from quasar.tasks.running import final_state
from quasar.tasks.task import (
    MAX_QUBITS,
    TOLERANCE,
    Construction,
    Submission,
    TargetTask,
    TaskScore,
    written,
)

_MOST_AMPLITUDES = 10
_MOST_STRINGS = 64
_NORM = 1e-6


class StateTask(TargetTask):
    """Prepare a state."""

    family: ClassVar[str] = "state"
    qubits: int = Field(ge=1, le=MAX_QUBITS)
    """Qubits of the state."""

    @property
    def n_qubits(self) -> int:
        """Qubits of the state."""
        return self.qubits

    @abstractmethod
    def described(self) -> str:
        """The state in words, to follow `Prepare`."""

    @abstractmethod
    def amplitude_map(self) -> dict[int, complex] | ComplexVector:
        """The state: a vector of shape [2**n], or the amplitudes that are not 0."""

    @abstractmethod
    def known(self) -> Iterator[tuple[str, list[Gate]]]:
        """Known circuits by name, the reference first."""

    def target(self) -> ComplexVector:
        """The state, shape [2**n]."""
        given = self.amplitude_map()
        if isinstance(given, np.ndarray):
            return given
        vector = np.zeros(1 << self.qubits, dtype=complex)
        for index, amplitude in given.items():
            vector[index] = amplitude
        return vector

    def text(self) -> str:
        """See `TargetTask.text`."""
        return (
            f"Prepare {self.described()} from |0...0>, up to global phase. Qubit 0 is the last "
            "letter of a ket. Further qubits may be used and must return to |0>."
        )

    def constructions(self) -> Iterator[Construction]:
        """See `TargetTask.constructions`."""
        for name, gates in self.known():
            yield written(name, Circuit(self.qubits, tuple(gates)))

    def grade(self, submission: Submission) -> TaskScore:
        """Fidelity |<target|state>|² with the ancillas in |0>."""
        state, ancillas = final_state(submission.program, self.qubits)
        fidelity = min(float(abs(np.vdot(self.target(), state)) ** 2), 1.0)
        kept = float(np.vdot(state, state).real)
        return TaskScore(
            score=fidelity,
            solved=fidelity >= 1.0 - TOLERANCE,
            measure="fidelity",
            value=fidelity,
            tolerance=TOLERANCE,
            ancillas=ancillas,
            details={"ancillas_in_zero": min(kept, 1.0)} if ancillas else {},
        )


def drawn_size(rng: np.random.Generator, qubits: int | None, least: int = 2, most: int = 8) -> int:
    """The size of a sampled task: as asked for, or drawn."""
    return int(rng.integers(least, most + 1)) if qubits is None else max(least, qubits)


def on(qubits: int) -> str:
    """`1 qubit`, `3 qubits`."""
    return "1 qubit" if qubits == 1 else f"{qubits} qubits"
