"""What the set asks beyond this project's own tasks: measured answers, and states of given gates.

Like in the families `oracle` and `estimate` other gates of the same kind are put in place of the
given ones, and the worst result counts.
"""

from __future__ import annotations

import itertools
import math
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Self

import numpy as np
from pydantic import Field, PrivateAttr

from quasar.circuits.circuit import Gate
from quasar.circuits.controlled import gate
from quasar.core.errors import InputError
from quasar.core.seeds import generator
from quasar.simulate.engine import ComplexVector, FloatVector
from quasar.tasks.asking import answer_of
from quasar.tasks.oracle_task import OracleTask
from quasar.tasks.oracle_text import definition, read, replaced
from quasar.tasks.running import final_state
from quasar.tasks.state_task import StateTask
from quasar.tasks.task import (
    TOLERANCE,
    Construction,
    Submission,
    TargetTask,
    TaskScore,
    broken_rule,
)

_Period = Annotated[str, Field(pattern="^[01]+$", min_length=2, max_length=10)]
_OTHERS = 2  # inputs of the same kind, beside the task's own


class _OfSet(TargetTask):
    """A task that only the set's reader makes: words and reference come from its files."""

    title: ClassVar[str] = "A task of QCircuitBench"

    def text(self) -> str:
        """See `TargetTask.text`; the set's description takes its place."""
        return self.title

    def constructions(self) -> Iterator[Construction]:
        """None beyond the set's reference."""
        return iter(())

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """None is drawn.

        Raises:
            InputError: always.
        """
        raise InputError("tasks of QCircuitBench are read from a copy of the set, not drawn.")


class UniformBits(_OfSet):
    """Measure n bits of which every string is as likely as any other."""

    name: ClassVar[str] = "uniform_bits"
    family: ClassVar[str] = "state"
    qubits: int = Field(ge=1, le=20)
    """Bits."""

    @property
    def n_qubits(self) -> int:
        """Bits of the answer."""
        return self.qubits

    def grade(self, submission: Submission) -> TaskScore:
        """One minus the total variation distance from the uniform distribution."""
        p = answer_of(submission.program, self.qubits)
        return _scored(1.0 - 0.5 * float(np.abs(p - 1.0 / p.size).sum()), "likeness")


class StateOfCircuit(_OfSet, StateTask):
    """Prepare the state of a given circuit, with certain gates only."""

    name: ClassVar[str] = "circuit_state"
    gates: tuple[str, ...]
    """Gates that are allowed."""
    _state: ComplexVector = PrivateAttr()

    def take(self, state: ComplexVector) -> None:
        """Set the state, shape [2**n]."""
        self._state = state

    def described(self) -> str:
        """See `StateTask.described`."""
        return "the state of a circuit"

    def amplitude_map(self) -> ComplexVector:
        """See `StateTask.amplitude_map`."""
        return self._state

    def known(self) -> Iterator[tuple[str, list[Gate]]]:
        """None."""
        return iter(())

    def grade(self, submission: Submission) -> TaskScore:
        """Fidelity; other gates and ancillas break a rule."""
        circuit = submission.program.circuit
        used = {made.name for made in circuit.gates} if circuit is not None else set()
        if used - set(self.gates):
            raise broken_rule(
                f"the circuit uses {', '.join(sorted(used - set(self.gates)))}; the task allows "
                f"{', '.join(self.gates)}."
            )
        score = super().grade(submission)
        if score.ancillas:
            raise broken_rule("the circuit uses ancillas; the task allows none.")
        return score


class TwoPeriods(OracleTask, _OfSet):
    """Simon's problem with one of two periods, which a qubit of the oracle chooses."""

    name: ClassVar[str] = "generalized_simon_multi"
    periods: tuple[_Period, _Period]
    """Those for the measured last bit 0 and 1, qubit 0 last."""

    @property
    def n_qubits(self) -> int:
        """Bits of the answer: an input, and the choice."""
        return len(self.periods[0]) + 1

    @property
    def oracle_qubits(self) -> int:
        """Input, output and choice."""
        return 2 * self.n_qubits - 1

    def oracle_gates(self) -> list[Gate]:
        """A copy; where the choice is 1 the first period is folded, else the second; it flips."""
        n = self.n_qubits - 1
        out = [gate("cx", i, n + i) for i in range(n)]
        for period in self.periods:
            value = int(period, 2)
            lowest = (value & -value).bit_length() - 1
            out += [gate("ccx", 2 * n, lowest, n + i) for i in range(n) if value >> i & 1]
            out += [gate("x", 2 * n)] if period is self.periods[0] else []
        return out

    def question(self) -> str:
        """See `OracleTask.question`."""
        return self.title

    def success(self, p: FloatVector) -> float:
        """One minus the total variation distance from the ideal distribution."""
        half = p.size // 2
        index = np.arange(half)
        wanted = np.concatenate(
            [(np.bitwise_count(index & int(s, 2)) & 1 == 0) * (1.0 / half) for s in self.periods]
        )
        return float(1.0 - 0.5 * np.abs(p - wanted).sum())

    def known_calls(self) -> int:
        """One for each sample."""
        return 1

    def known(self) -> Iterator[tuple[str, int, list[Gate]]]:
        """See `OracleTask.known`."""
        n = self.n_qubits - 1
        around = [gate("h", i) for i in range(n)]
        # The answer's bits are the first qubits, so the choice goes where the first output is.
        places = [*range(n), *range(n + 1, 2 * n + 1), n]
        asked = Gate("oracle", tuple(places))
        yield "one call", 2 * n + 1, [*around, gate("h", n), asked, *around]

    def others(self, rng: np.random.Generator) -> Iterator[Self]:
        """Other periods."""
        n = self.n_qubits - 1
        while True:
            drawn = rng.integers(1, 1 << n, size=2)
            yield self.model_copy(
                update={"periods": tuple(format(int(value), f"0{n}b") for value in drawn)}
            )


class _GivenInputs(_OfSet):
    """A task about states that gates of the oracle file prepare."""

    _files: Mapping[str, str] = PrivateAttr(default_factory=dict)

    def take(self, definitions: Mapping[str, str]) -> None:
        """Set the gate definitions of the file's inputs by name."""
        self._files = definitions

    @property
    @abstractmethod
    def measure(self) -> str:
        """What is measured."""

    @abstractmethod
    def result(self, submission: Submission, wanted: float) -> float:
        """How good a program is, 0 to 1, for the inputs that are in it."""

    @abstractmethod
    def own(self) -> float:
        """What the file's own inputs ask for."""

    @abstractmethod
    def other(self, rng: np.random.Generator) -> tuple[dict[str, str], float]:
        """Gate definitions of other inputs, and what they ask for."""

    def grade(self, submission: Submission) -> TaskScore:
        """The least result over the file's inputs and others."""
        text, rng = submission.text, generator(0, "inputs", self.name)
        found = [self.result(submission, self.own())]
        for _ in itertools.repeat(None, _OTHERS):
            definitions, wanted = self.other(rng)
            swapped = replaced(text, self._files, definitions)
            found.append(self.result(Submission(swapped, read(swapped)), wanted))
        if found[0] >= 1.0 - TOLERANCE and max(found[1:]) < 0.5:
            raise broken_rule(
                "the answer does not come from the given gates: with others in their place the "
                "circuit does not answer for those.",
                f"Call {' and '.join(self._files)}.",
            )
        return _scored(min(found), self.measure)


class FourierOfInput(_GivenInputs):
    """The Fourier transform of a basis state that a gate prepares."""

    name: ClassVar[str] = "quantum_fourier_transformation"
    family: ClassVar[str] = "unitary"
    qubits: int = Field(ge=1, le=20)
    """Qubits of the register."""
    value: int = Field(ge=0)
    """The basis state of the file's gate."""

    @property
    def n_qubits(self) -> int:
        """Qubits of the register."""
        return self.qubits

    @property
    def measure(self) -> str:
        """See base."""
        return "fidelity"

    def own(self) -> float:
        """The number whose transform is wanted."""
        return float(self.value)

    def other(self, rng: np.random.Generator) -> tuple[dict[str, str], float]:
        """Another number."""
        drawn = int(rng.integers(1 << self.qubits))
        flips = [gate("x", i) for i in range(self.qubits) if drawn >> i & 1]
        body = flips or [gate("id", 0)]
        return {"Psi": definition("Psi", self.qubits, body)}, float(drawn)

    def result(self, submission: Submission, wanted: float) -> float:
        """Fidelity with the transform."""
        state, _ = final_state(submission.program, self.qubits)
        size = 1 << self.qubits
        turns = np.arange(size) * (wanted / size) % 1.0
        target = np.exp(2j * np.pi * turns) / math.sqrt(size)
        return min(float(abs(np.vdot(target, state)) ** 2), 1.0)


class SwapTest(_GivenInputs):
    """The overlap |<psi|phi>|² of two states that gates prepare."""

    name: ClassVar[str] = "swap_test"
    family: ClassVar[str] = "estimate"
    qubits: int = Field(ge=1, le=11)
    """Qubits of each state."""
    overlap: float = Field(ge=-1e-9, le=1 + 1e-9)
    """That of the file's states."""

    @property
    def n_qubits(self) -> int:
        """One bit."""
        return 1

    @property
    def measure(self) -> str:
        """See base."""
        return "success probability"

    def own(self) -> float:
        """The overlap."""
        return self.overlap

    def other(self, rng: np.random.Generator) -> tuple[dict[str, str], float]:
        """Products of rotations about Y, whose overlaps are known."""
        first, away = rng.uniform(0, math.pi, self.qubits), rng.uniform(-1, 1, self.qubits)
        away *= 2 / math.sqrt(self.qubits)
        turned = {"Psi": first, "Phi": first + away}
        made = {
            name: definition(
                name, self.qubits, [gate("ry", i, angles=(float(a),)) for i, a in enumerate(angles)]
            )
            for name, angles in turned.items()
        }
        return made, float(np.prod(np.cos(away / 2) ** 2))

    def result(self, submission: Submission, wanted: float) -> float:
        """One minus the error of 2 p(0) - 1."""
        p = answer_of(submission.program, 1)
        return max(0.0, 1.0 - abs(2.0 * float(p[0]) - 1.0 - wanted))


def _scored(value: float, measure: str) -> TaskScore:
    value = min(max(value, 0.0), 1.0)
    return TaskScore(
        score=value,
        solved=value >= 1.0 - TOLERANCE,
        measure=measure,
        value=value,
        tolerance=TOLERANCE,
    )
