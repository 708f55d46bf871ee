"""`qcircuitbench`: a task of the set as a target task of this project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, NamedTuple, Self

import numpy as np
from pydantic import PrivateAttr, model_validator

from quasar.circuits.qasm import parse
from quasar.core.errors import CircuitError, InputError
from quasar.tasks.qcircuitbench.catalogue import SetTask, read
from quasar.tasks.qcircuitbench.files import place_of, places, text_of
from quasar.tasks.qcircuitbench.programs import filled
from quasar.tasks.task import Construction, Submission, TargetTask, TaskScore

_BEFORE_CODE = ("2. the post-processing code", "2.the post-processing code")
_LANGUAGE = {"qasm": "OpenQASM 3.0"}


class QCircuitBenchTask(TargetTask):
    """A task of QCircuitBench, read from a copy of the set.

    Its programs may include the file of the set that holds the oracle; the set's own Python code
    is neither run nor read, and answers are read from the circuit alone.
    """

    name: ClassVar[str] = "qcircuitbench"
    family: ClassVar[str] = "public"
    title: ClassVar[str] = "A task of QCircuitBench, from a copy of the set"
    reads_files: ClassVar[bool] = True
    file: str
    """A program of the set or the folder of an oracle, such as
    `QCircuitBench/Algorithm_Design/Quantum_Computing/simon/test_oracle/n3/trial1`."""
    _found: SetTask = PrivateAttr()

    @model_validator(mode="after")
    def _read(self) -> Self:
        try:
            self._found = read(place_of(self.file))
        except InputError as error:
            raise ValueError(str(error).rstrip(".")) from error
        return self

    @property
    def n_qubits(self) -> int:
        """Qubits or answer bits of the task."""
        return self._found.task.n_qubits

    def counts_calls(self) -> bool:
        """As the task that judges it."""
        return self._found.task.counts_calls()

    def text(self) -> str:
        """The set's description with its placeholders filled in, and how an answer is read."""
        words = text_of(self._found.description).strip()
        for part in _BEFORE_CODE:
            words = words.partition(part)[0].strip()
        words = filled(words, {**_LANGUAGE, **self._found.values})
        included = self._found.included
        begun = "" if included is None else f" and 'include \"{included.name}\";'"
        return (
            f"{words}\nWrite the circuit only, no other code, as one OpenQASM 3.0 program that "
            f"begins with 'OPENQASM 3.0;', 'include \"stdgates.inc\";'{begun}. "
            f"{self._found.reading}"
        )

    def prepared(self, text: str) -> str:
        """See `TargetTask.prepared`: with the oracle in place of its include."""
        included = self._found.included
        return text if included is None else included.put_into(text)

    def constructions(self) -> Iterator[Construction]:
        """The set's reference, then those of this project.

        Raises:
            InputError: the reference is not a valid program.
        """
        path, included = self._found.reference, self._found.included
        program = text_of(path)
        try:
            loose = None if included is None else included._replace(loose=True)
            program = _with_version(program if loose is None else loose.put_into(program))
            parse(program)
        except CircuitError as error:
            raise InputError(f"the reference {path} of QCircuitBench: {error}") from error
        yield Construction("reference of the set", program)
        yield from self._found.task.constructions()

    def grade(self, submission: Submission) -> TaskScore:
        """As the task that judges it; `submission.text` is as from `prepared`."""
        included = self._found.included
        missing = None if included is None else included.missing(submission.text)
        if missing is not None:
            raise missing
        return self._found.task.grade(submission)

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """None is drawn.

        Raises:
            InputError: always.
        """
        raise InputError("tasks of QCircuitBench are read from a copy of the set, not drawn.")


class Listed(NamedTuple):
    """A place of a copy.

    Attributes:
        path: below the folder of the copy.
        refused: why it has no grader; None: it is a task.
    """

    path: str
    refused: str | None


def tasks_of(folder: str | Path) -> Iterator[Listed]:
    """Every place of a copy that is a task, and those that have no grader, with the reason.

    Raises:
        InputError: the folder is not a copy of the set.
    """
    root = Path(folder).expanduser()
    if not (root / "Algorithm_Design").is_dir():
        raise InputError(f"{folder} is not a copy of QCircuitBench: it has no Algorithm_Design.")
    for place in places(root.resolve()):
        reason: str | None = None
        try:
            read(place)
        except InputError as error:
            reason = str(error)
        if reason is None or "is not a task of" not in reason:
            yield Listed(place.path, reason)


def _with_version(program: str) -> str:
    """The program with the minor version in its header."""
    return program.replace("OPENQASM 3;", "OPENQASM 3.0;", 1)
