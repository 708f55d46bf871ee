"""What a target task is: parameters, words, known constructions, and a grader.

A task is a settings object whose JSON form is `{"task": NAME, ...}`. Its reference is the first of
its known constructions, and passes its own grader. A grader measures and never raises for a poor
answer; a program that it cannot judge, or that breaks one of the task's rules, is at fault
(`CircuitError`). Families and names are in `registry.py`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
from pydantic import Field

from quasar.circuits.circuit import Circuit
from quasar.circuits.emit import emit
from quasar.circuits.qasm import Program
from quasar.core.documented import Documented, descriptions
from quasar.core.errors import CircuitError, InputError
from quasar.core.settings import Settings

MAX_QUBITS = 20
"""Largest task, ancillas not counted."""
TOLERANCE = 1e-6
"""Infidelity at which a task still counts as solved; angles of 4 decimals stay below it."""


class Construction(NamedTuple):
    """A known way to solve a task.

    Attributes:
        name: what tables call it.
        qasm: the program.
    """

    name: str
    qasm: str


@dataclass(frozen=True, eq=False)
class Submission:
    """A program to be graded.

    Attributes:
        text: as written.
        program: as parsed; its qubits start in |0>.
    """

    text: str
    program: Program


class TaskScore(Documented):
    """What a grader measured."""

    score: float = Field(ge=0, le=1)
    """The task's own score; 1 is perfect."""
    solved: bool
    """Whether that is within the task's tolerance."""
    measure: str
    """What `value` is: `fidelity`, `process fidelity`, `success probability` or `error`."""
    value: float
    """The measured number."""
    tolerance: float
    """Distance of `value` from its ideal at which the task counts as solved."""
    known_by: Literal["exact", "probes"] = "exact"
    """How `value` is known: of the whole state or unitary, or from random inputs."""
    failure_probability: float = 0.0
    """Probability at most that a program which is wrong by `probe_error` counts as solved."""
    probe_error: float | None = None
    """For probes: distance in operator norm from which a program is surely wrong."""
    calls: int | None = None
    """Uses of the oracle; None where the task has none."""
    ancillas: int = 0
    """Qubits used beyond the task's."""
    details: dict[str, float | str] = Field(default_factory=dict)
    """Further numbers of this task."""


class TargetTask(Settings):
    """One task of a family.

    Subclasses name themselves, hold their parameters as fields, and are drawn by `sample`.

    Raises:
        InputError: parameters that state no task.
    """

    name: ClassVar[str]
    """Its name in a problem file, under the key `task`."""
    family: ClassVar[str]
    """`state`, `unitary`, `oracle`, `estimate`, `evolution` or `code`."""
    title: ClassVar[str]
    """One line for lists."""
    rules: ClassVar[tuple[str, ...]] = ()
    """What an answer must not do, as sentences."""
    reads_files: ClassVar[bool] = False
    """Whether its parameters name files of this machine."""

    @property
    @abstractmethod
    def n_qubits(self) -> int:
        """Qubits or answer bits of the task, ancillas not counted."""

    @abstractmethod
    def text(self) -> str:
        """The task in words, with everything that an answer needs to know."""

    @abstractmethod
    def constructions(self) -> Iterator[Construction]:
        """Known ways to solve it, the reference first."""

    @abstractmethod
    def grade(self, submission: Submission) -> TaskScore:
        """Measure an answer.

        Raises:
            CircuitError: it cannot be judged, or breaks a rule (kind `rule`).
        """

    def counts_calls(self) -> bool:
        """Whether its score holds the uses of an oracle."""
        return self.family in ("oracle", "estimate")

    def prepared(self, text: str) -> str:
        """A program with what the task provides for it, as it is parsed and graded.

        The result is returned unchanged when it is given again.
        """
        return text

    @classmethod
    @abstractmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """A random task.

        Args:
            qubits: its size, as nearly as the task can have it; None: drawn, a small one.
        """

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Self:
        """See `Settings.parse`; the message names the task.

        Raises:
            InputError: unknown, missing or impossible parameters.
        """
        try:
            return super().parse(data)
        except InputError as error:
            said = str(error).replace(": Field required", " is missing").removeprefix("value: ")
            raise InputError(f"task {cls.name}: {said}") from error

    def reference(self) -> str:
        """The first of the known constructions, as OpenQASM 3."""
        return next(self.constructions()).qasm

    def to_json(self) -> dict[str, Any]:
        """The JSON form; defaults are left out."""
        kept = self.model_dump(mode="json", exclude_defaults=True)
        return {"task": self.name, **kept}

    @classmethod
    def parameters(cls) -> Mapping[str, str]:
        """Name and meaning of each parameter."""
        known = descriptions(cls)
        return {name: " ".join(known.get(name, "").split()) for name in cls.model_fields}


def written(name: str, circuit: Circuit) -> Construction:
    """A construction from its circuit."""
    return Construction(name, emit(circuit))


def broken_rule(message: str, hint: str | None = None) -> CircuitError:
    """The verdict on an answer that does what its task forbids."""
    return CircuitError(message, kind="rule", hint=hint)
