"""The client's side of a batch: items to requests, answers to results, and what is left to do.

Sans I/O, so that both clients share it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from quasar.circuits.parameters import Values
from quasar.circuits.source import CircuitSource, circuit_text
from quasar.core.errors import InfrastructureError, InputError, ProblemError
from quasar.core.retries import TransientError
from quasar.problems.load import problem_content
from quasar.problems.source import ProblemSource
from quasar.service import models
from quasar.verifier.report import Report

_MOST_BYTES = 8 << 20  # of one request; the service takes more
_LARGEST_ITEM = 24 << 20


class BatchItem(NamedTuple):
    """One circuit to verify.

    Attributes:
        id: comes back with the result.
        qasm: the program as a string or bytes, the path of its file, or a Qiskit circuit. A
            string is always a program, never a path: it may come from a model.
        problem: a name in the batch's `problems`, or as for `quasar.verify`.
        reference: a reference circuit; default: the problem file's own.
        parameters: values of the circuit's `input` parameters.
    """

    id: str
    qasm: CircuitSource
    problem: ProblemSource
    reference: CircuitSource | None = None
    parameters: Values | None = None


class BatchResult(NamedTuple):
    """The result of an item: a report, or why there is none."""

    id: str
    report: Report | None
    error: models.Failure | None


class PendingBatch:
    """Items of one request, and which of them have no answer yet.

    Attributes:
        waiting: JSON of each item without an answer, by id.
    """

    def __init__(
        self, options: models.VerifyOptions, problems: Mapping[str, dict[str, Any]]
    ) -> None:
        self.batch_id = str(uuid.uuid4())
        self.options = options.model_dump_json()
        self.problems = problems
        self.waiting: dict[str, bytes] = {}
        self.names: dict[str, str] = {}
        self.size = 0
        self._rest = b""

    def add(self, item: BatchItem) -> None:
        """Add an item.

        Raises:
            InputError: its id is empty or too long, or its circuit or problem has a type that is
                not accepted.
        """
        if not isinstance(item.id, str) or not 1 <= len(item.id) <= 200:
            raise InputError("the id of an item must be a string of 1 to 200 characters.")
        problem: str | dict[str, Any]
        if isinstance(item.problem, str) and item.problem in self.problems:
            problem = self.names[item.id] = item.problem
        else:
            problem = _content(item)
        program = circuit_text(item.qasm, names_files=False)
        data = {"id": item.id, "problem": problem, **models.program(program)}
        if item.reference is not None:
            data["reference"] = reference_text(item.reference, names_files=False)
        if item.parameters:
            data["parameters"] = dict(item.parameters)
        raw = json.dumps(data).encode("ascii")
        self.waiting[item.id] = raw
        self.size += len(raw)

    def refused(self) -> Iterator[BatchResult]:
        """The result of an item that is larger than any service accepts; it is not sent."""
        if len(self.waiting) == 1 and self.size > _LARGEST_ITEM:
            key, _ = self.waiting.popitem()
            words = f"the item is larger than {_LARGEST_ITEM >> 20} MiB and was not sent."
            yield BatchResult(key, None, models.Failure(code="too_large", message=words))

    def request(self) -> dict[str, Any]:
        """What to send: only what has no answer yet."""
        self._rest = b""
        used = {self.names[key] for key in self.waiting if key in self.names}
        problems = json.dumps({name: self.problems[name] for name in sorted(used)})
        parts = [
            b'{"batch_id":' + json.dumps(self.batch_id).encode(),
            b'"options":' + self.options.encode(),
            b'"problems":' + problems.encode("ascii"),
            b'"items":[' + b",".join(self.waiting.values()) + b"]}",
        ]
        return {"content": b",".join(parts), "headers": {"content-type": "application/json"}}

    def take(self, data: bytes) -> Iterator[BatchResult]:
        """The results that a part of the answer completes, each once.

        Only a line feed ends a line: labels in a report may hold what `str.splitlines` splits at.

        Raises:
            TransientError: a line is not what the service sends.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in filter(None, lines):
            try:
                found = models.BatchLine.model_validate_json(line)
            except ValueError as error:
                raise TransientError("the service sent a line that cannot be read.") from error
            if self.waiting.pop(found.id, None) is not None:
                yield BatchResult(found.id, found.report, found.error)

    def require_complete(self) -> None:
        """Check, after the answer has ended, that nothing is missing.

        Raises:
            TransientError: it ended within a line.
            InfrastructureError: items have no answer.
        """
        if self._rest:
            raise TransientError("the answer ended within a line.")
        if self.waiting:
            raise InfrastructureError(
                f"the service ended a batch with {len(self.waiting)} items unanswered."
            )


def _content(item: BatchItem) -> dict[str, Any]:
    try:
        return problem_content(item.problem)
    except ProblemError as error:
        named = " 'problems' has no such name." if isinstance(item.problem, str) else ""
        raise InputError(f"item {item.id!r}: {error}{named}") from error


def reference_text(reference: CircuitSource, *, names_files: bool = True) -> str:
    """A reference circuit as a string.

    Raises:
        InputError: its type is not accepted, or it is not UTF-8.
    """
    text = circuit_text(reference, names_files=names_files, what="the reference circuit")
    try:
        return text if isinstance(text, str) else text.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError("the reference circuit is not UTF-8 text.") from None


def split_batch(
    items: Iterable[BatchItem],
    options: models.VerifyOptions | Mapping[str, Any] | None,
    problems: Mapping[str, ProblemSource] | None,
    batch_size: int,
) -> Iterator[PendingBatch]:
    """Split items into requests, limited in number and in bytes.

    Raises:
        InputError: two items have the same id, or one is malformed.
    """
    if batch_size < 1:
        raise InputError(f"batch_size must be at least 1, not {batch_size}.")
    if not isinstance(options, models.VerifyOptions):
        options = models.VerifyOptions(**(options or {}))
    named = {name: problem_content(problem) for name, problem in (problems or {}).items()}
    seen: set[str] = set()
    batch = PendingBatch(options, named)
    for item in items:
        if item.id in seen:
            raise InputError(f"two items have the id {item.id!r}.")
        seen.add(item.id)
        if batch.waiting and (
            len(batch.waiting) >= batch_size or batch.size + _length(item) > _MOST_BYTES
        ):
            yield batch
            batch = PendingBatch(options, named)
        batch.add(item)
    if batch.waiting:
        yield batch


def _length(item: BatchItem) -> int:
    """Characters of an item's program; 0 of a file or a Qiskit circuit."""
    return len(item.qasm) if isinstance(item.qasm, str | bytes) else 0
