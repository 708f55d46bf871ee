"""What crew and worker say to each other: JSON over a pipe, nothing that is ever run.

To the worker, one `Order` at a time. From it, any number of notes and then one result. Each message
from the worker is one byte that says which `Kind` it is, and its content.
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

    JUDGING = 1  # note: the problem is ready, from here on the circuit's time counts
    PARSED = 2  # note: the circuit has parsed; its number of qubits
    ANSWER = 3  # result: JSON
    BAD_INPUT = 4  # result: problem, reference or request is at fault; a sentence
    BAD_CIRCUIT = 5  # result: the circuit is of no use here; a sentence
    LIMIT = 6  # result: the request went over a limit; a sentence. Ends the worker
    VERDICT = 7  # result: the circuit to judge did; the fault as JSON. Ends the worker
    FAILED = 8  # result: the machinery is at fault; a traceback for the log only. Ends the worker


ENDS = frozenset({Kind.LIMIT, Kind.VERDICT, Kind.FAILED})
"""After these a worker is not to be trusted with another order."""

JUDGED = frozenset({"verify", "observe"})
"""Operations whose result is a verdict on a circuit, whatever becomes of it."""


@dataclass(frozen=True)
class Order:
    """One thing to do.

    Attributes:
        operation: a name in `operations.OPERATIONS`.
        body: the request, JSON-able; already validated.
        refusal: a verdict already reached, to be made into a report: `fault` and `n_qubits`.
    """

    operation: str
    body: dict[str, Any]
    refusal: dict[str, Any] | None = None

    def encode(self) -> bytes:
        """The order as it goes through the pipe.

        Raises:
            RecursionError: the body is nested too deeply.
        """
        return json.dumps(
            {"operation": self.operation, "body": self.body, "refusal": self.refusal}
        ).encode("ascii")

    @classmethod
    def decode(cls, raw: bytes) -> Order:
        """The order that was encoded."""
        return cls(**json.loads(raw))


def encode(kind: Kind, content: str = "") -> bytes:
    """A worker's message."""
    return bytes([kind]) + content.encode("utf-8", "replace")


def decode(raw: bytes) -> tuple[Kind, bytes]:
    """Kind and content of a worker's message.

    Raises:
        ValueError: there is no such kind, or nothing at all.
    """
    return Kind(int.from_bytes(raw[:1], "big")), raw[1:]
