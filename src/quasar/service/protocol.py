"""What crew and worker say to each other: JSON over a pipe, nothing that is ever run.

To the worker, one `Order` at a time; from it, one result: a byte that says which `Kind` it is, and
its content. How far it is in between stands in `progress.py`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

LONGEST_MESSAGE = 256 << 20
"""Bytes of a worker's message; a worker that sends more is not to be trusted."""


class Kind(IntEnum):
    """What a worker's message is."""

    ANSWER = 1  # JSON
    BAD_INPUT = 2  # problem, reference or request is at fault; a sentence
    BAD_CIRCUIT = 3  # the circuit is of no use here; a sentence
    LIMIT = 4  # the request went over a limit; a sentence. Ends the worker
    VERDICT = 5  # the circuit to judge did; the fault as JSON. Ends the worker
    FAILED = 6  # the machinery is at fault; a traceback for the log only. Ends the worker


ENDS = frozenset({Kind.LIMIT, Kind.VERDICT, Kind.FAILED})
"""After these a worker is not to be trusted with another order."""

JUDGED = frozenset({"verify", "observe"})
"""Operations whose result is a verdict on a circuit, whatever becomes of it."""


@dataclass(frozen=True)
class Order:
    """One thing to do.

    Attributes:
        operation: a name in `operations.OPERATIONS`.
        body: JSON of the request; already validated.
        refusal: a verdict already reached, to be made into a report: `fault` and `n_qubits`.
    """

    operation: str
    body: bytes
    refusal: dict[str, Any] | None = None

    def encode(self) -> bytes:
        """The order as it goes through the pipe: a line of JSON, then the body as it is."""
        head = json.dumps({"operation": self.operation, "refusal": self.refusal})
        return head.encode("ascii") + b"\n" + self.body

    @classmethod
    def decode(cls, raw: bytes) -> Order:
        """The order that was encoded."""
        head, _, body = raw.partition(b"\n")
        return cls(**json.loads(head), body=body)


def encode(kind: Kind, content: str = "") -> bytes:
    """A worker's message."""
    return bytes([kind]) + content.encode("utf-8", "replace")


def decode(raw: bytes) -> tuple[Kind, bytes]:
    """Kind and content of a worker's message.

    Raises:
        ValueError: there is no such kind, or nothing at all.
    """
    return Kind(int.from_bytes(raw[:1], "big")), raw[1:]
