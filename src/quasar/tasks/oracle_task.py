"""The base of family `oracle`: find out something about a function that the circuit may only call.

The task's text holds a gate definition `oracle`, which an answer must copy and call. It is judged
with that oracle and with others of the same kind in its place, and the worst counts: a circuit that
writes down the answer without asking does well with one oracle alone, and breaks a rule.
"""

from __future__ import annotations

import itertools
from abc import abstractmethod
from collections.abc import Iterator
from typing import ClassVar, Self

import numpy as np
from pydantic import PrivateAttr

from quasar.circuits.circuit import Gate
from quasar.core.seeds import generator
from quasar.simulate.engine import FloatVector
from quasar.tasks.asking import answer_of, program_text
from quasar.tasks.oracle_text import ORACLE, calls, definition, read, replaced
from quasar.tasks.task import Construction, Submission, TargetTask, TaskScore, broken_rule

_OTHERS = 2  # oracles of the same kind, beside the task's own
TOLERANCE = 1e-6
"""Distance from the known success probability at which a task still counts as solved."""


class OracleTask(TargetTask):
    """Answer a question about a function by calling it."""

    family: ClassVar[str] = "oracle"
    rules: ClassVar[tuple[str, ...]] = (
        "The definition of the gate 'oracle' is copied as given and called without modifiers.",
        "The answer comes from calling it: with another oracle of the same kind in its place the "
        "circuit must answer for that one.",
        "It is called no more often than the task says.",
    )
    _given: str | None = PrivateAttr(None)
    _before: str = PrivateAttr("")

    @property
    @abstractmethod
    def oracle_qubits(self) -> int:
        """Qubits of the oracle."""

    @abstractmethod
    def oracle_gates(self) -> list[Gate]:
        """The oracle on qubits 0 and up."""

    @abstractmethod
    def question(self) -> str:
        """What to find out, and how the answer is read."""

    @abstractmethod
    def success(self, p: FloatVector) -> float:
        """How good an answer's distribution is, 0 to 1; shape [2**n]."""

    @abstractmethod
    def known_calls(self) -> int:
        """Calls of the known construction."""

    @abstractmethod
    def known(self) -> Iterator[tuple[str, int, list[Gate]]]:
        """Known circuits: name, qubits and gates; gate `oracle` is the oracle's."""

    @abstractmethod
    def others(self, rng: np.random.Generator) -> Iterator[Self]:
        """Tasks of the same kind with other oracles."""

    def further(self, p: FloatVector) -> dict[str, float]:
        """What else a distribution says, shape [2**n]."""
        return {}

    def most_calls(self) -> int:
        """Calls that the rules allow."""
        return self.known_calls()

    def ideal(self) -> float:
        """Success of the known construction."""
        return 1.0

    def oracle(self) -> str:
        """The gate definition."""
        return self._given or self.made_oracle()

    def made_oracle(self) -> str:
        """The gate definition, made from the parameters."""
        return definition(ORACLE, self.oracle_qubits, self.oracle_gates())

    def take(self, oracle: str, program: str) -> None:
        """Let a definition of the same unitary be the task's own from now on.

        Args:
            oracle: the definition.
            program: it and the definitions that it needs.
        """
        self._given, self._before = oracle, program

    def text(self) -> str:
        """See `TargetTask.text`."""
        most = self.most_calls()
        return (
            f"{self.question()} Copy this definition and call it at most "
            f"{'once' if most == 1 else f'{most} times'}, without changing it, without modifiers, "
            f"and without using what it says otherwise:\n{self.oracle()}\n"
            f"The answer is read from qubits 0 to {self.n_qubits - 1}, or from "
            f"'bit[{self.n_qubits}] c;' if the circuit measures. Further qubits may be used."
        )

    def constructions(self) -> Iterator[Construction]:
        """See `TargetTask.constructions`."""
        for name, qubits, gates in self.known():
            yield Construction(
                name, program_text([self._before or self.oracle()], gates, qubits, self.n_qubits)
            )

    def grade(self, submission: Submission) -> TaskScore:
        """The least success over the oracle and others of its kind, and the calls."""
        own = {ORACLE: self.oracle()}
        text = replaced(submission.text, own, own)
        used = calls(text, own, self.oracle_qubits)
        if used > self.most_calls():
            raise broken_rule(
                f"the oracle is called {used} times; the task allows {self.most_calls()}."
            )
        first = answer_of(read(text), self.n_qubits)
        rng = generator(0, "oracles", self.name)
        found, moved = [self.success(first)], 0.0
        for other in itertools.islice(self.others(rng), _OTHERS):
            swapped = replaced(text, own, {ORACLE: other.made_oracle()})
            answer = answer_of(read(swapped), self.n_qubits)
            found.append(other.success(answer))
            moved = max(moved, float(np.abs(answer - first).max()))
        value = min(found)
        if found[0] >= self.ideal() - TOLERANCE and value < self.ideal() / 2 and moved < TOLERANCE:
            raise broken_rule(
                "the answer does not come from the oracle: with another one in its place the "
                "circuit still gives this answer.",
                "Derive it from calls of the oracle.",
            )
        return TaskScore(
            score=min(max(value, 0.0), 1.0),
            solved=value >= self.ideal() - TOLERANCE,
            measure="success probability",
            value=value,
            tolerance=TOLERANCE,
            calls=used,
            ancillas=max(0, (submission.program.n_qubits or 0) - self.oracle_qubits),
            details={
                "known_success": self.ideal(),
                "known_calls": float(self.known_calls()),
                **self.further(first),
            },
        )
