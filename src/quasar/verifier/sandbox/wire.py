"""What caller and worker say to each other: frames over a socket.

Results travel as JSON and not as pickles: nothing that a worker sends is ever run.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

_LONGEST = 256 << 20  # bytes of a body; a worker that sends more is not to be trusted


class Kind(IntEnum):
    """What a frame holds."""

    # to the worker
    TEXT = 0  # candidate, UTF-8 with surrogates
    BYTES = 1  # candidate as it came
    REFUSED = 2  # a verdict already reached, to be made into a report
    REQUEST = 3  # of the service
    # to the caller
    ANSWER = 4  # JSON
    LAST_ANSWER = 5  # JSON; the task went over its memory, so the worker ends
    BAD_INPUT = 6  # problem, reference or request is at fault; a sentence
    BAD_CIRCUIT = 7  # the circuit is of no use here; a sentence
    LIMIT = 8  # the request went over a limit; a sentence, and the worker ends
    FAILED = 9  # the machinery is at fault; what is known of it, and the worker ends
    OVER = 10  # the request asks for more than is allowed; a sentence, and the worker goes on


ENDS = frozenset({Kind.LAST_ANSWER, Kind.LIMIT, Kind.FAILED})
"""After these a worker is not to be trusted with another task."""


class Frame(NamedTuple):
    """One message about task number `serial`.

    Attributes:
        problem: which of a sandbox's problems; 0 in the service.
        compared: with the problem's reference circuit.
    """

    serial: int
    kind: Kind
    body: bytes
    problem: int = 0
    compared: bool = True


_HEADER = struct.Struct("<QBI?Q")
_KINDS = {int(kind): kind for kind in Kind}  # looking one up takes a tenth of `Kind(number)`


def encode(frame: Frame) -> bytes:
    """The frame as it goes over the socket."""
    serial, kind, body, problem, compared = frame
    return _HEADER.pack(serial, kind, problem, compared, len(body)) + body


class FrameReader:
    """Cuts received bytes into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, received: bytes) -> Iterator[Frame]:
        """Every frame that `received` completes.

        Raises:
            ValueError: there is no such kind, or the frame is too long.
        """
        self._buffer += received
        while len(self._buffer) >= _HEADER.size:
            serial, kind, problem, compared, length = _HEADER.unpack_from(self._buffer)
            if length > _LONGEST:
                raise ValueError(f"a frame of {length:,} bytes")
            end = _HEADER.size + length
            if len(self._buffer) < end:
                return
            if kind not in _KINDS:
                raise ValueError(f"a frame of kind {kind}")
            body = bytes(self._buffer[_HEADER.size : end])
            del self._buffer[:end]
            yield Frame(serial, _KINDS[kind], body, problem, compared)
