"""What the serving process hands to a worker: JSON, nothing that is ever run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from quasar.verifier.sandbox.refusal import Refusal

JUDGED = frozenset({"verify", "verify_task", "observe"})
"""Operations whose result is a verdict on a circuit, however the judging ends."""

LONG = frozenset({"generate", "optimise"})
"""Operations that optimise. They leave one worker to the others, where there are two."""


@dataclass(frozen=True)
class WorkerRequest:
    """One thing to do.

    Attributes:
        operation: a name in `operations.OPERATIONS`.
        body: JSON of the request; already validated.
        refusal: a verdict already reached, to be made into a report.
        shared: JSON of further fields, which a worker that knows them reads no more; one line.
    """

    operation: str
    body: bytes
    refusal: Refusal | None = None
    shared: bytes = b""

    def encode(self) -> bytes:
        """The request as it goes to the worker: operation, refusal, shared, body, a line each."""
        refusal = b"" if self.refusal is None else self.refusal.to_json()
        return b"\n".join((self.operation.encode("ascii"), refusal, self.shared, self.body))

    @classmethod
    def decode(cls, raw: bytes) -> Self:
        """The request that was encoded."""
        operation, refusal, shared, body = raw.split(b"\n", 3)
        known = Refusal.from_json(refusal) if refusal else None
        return cls(operation.decode(), body, known, shared)
