"""The worker: judges one candidate after another, each under its own limits."""

from __future__ import annotations

import json
import socket
import sys
import time
from functools import partial

from quasar.circuits.header import Header, read_header
from quasar.core.errors import InfrastructureError, InputError
from quasar.verifier.pipeline import Verifier
from quasar.verifier.report import Report
from quasar.verifier.sandbox.limits import UNLIMITED, out_of_memory, too_nested
from quasar.verifier.sandbox.payload import Payload
from quasar.verifier.sandbox.rlimits import lift_limits, set_limits
from quasar.verifier.sandbox.verifiers import VerifierCache
from quasar.verifier.sandbox.wire import (
    Frame,
    Kind,
    Phase,
    Progress,
    ProgressPage,
    Reader,
    encode,
)
from quasar.verifier.stages.feasibility import Fault

_FRAMES_ABOVE = 12
"""Calls between the bottom of the stack and the importer, which gives up at a certain depth: its
verdict on nested text is to be the one it gives when called directly."""


class Worker:
    """Serves one socket until it closes.

    Args:
        page: where to note progress, on `line`.
    """

    def __init__(
        self, payload: Payload, connection: socket.socket, page: ProgressPage, line: int
    ) -> None:
        self.payload = payload
        self.connection = connection
        self.page = page
        self.line = line
        self.verifiers = VerifierCache()

    def serve(self) -> None:
        """Answer every frame until the caller closes the connection."""
        sys.setrecursionlimit(sys.getrecursionlimit() + _FRAMES_ABOVE)
        reader = Reader()
        while received := self.connection.recv(1 << 20):
            for frame in reader.feed(received):
                kind, body, healthy = self._answer(frame)
                answer = frame._replace(kind=kind, body=body)
                self.connection.sendall(encode(answer))
                if not healthy:
                    return

    def _note(self, serial: int, phase: Phase, n_qubits: int = -1) -> None:
        progress = Progress(serial, phase, n_qubits, time.process_time(), time.monotonic())
        self.page.write(self.line, progress)

    def _answer(self, frame: Frame) -> tuple[Kind, bytes, bool]:
        """Kind and body of the answer, and whether this process is still to be trusted."""
        try:
            self._note(frame.serial, Phase.PREPARING)
            lift_limits()
            verifier = self._verifier(frame.problem, frame.compared)
            report, healthy = self._judge(verifier, frame)
            return Kind.REPORT, report.model_dump_json().encode(), healthy
        except InputError as error:
            return Kind.BAD_INPUT, str(error).encode(), True
        except BaseException as error:
            lift_limits()
            words = str(error) if isinstance(error, InfrastructureError) else repr(error)
            return Kind.FAILED, words.encode("utf-8", "replace"), False
        finally:
            self._note(frame.serial, Phase.IDLE)

    def _verifier(self, problem: int, compared: bool) -> Verifier:
        make = partial(self.payload.verifier, problem, compared)
        return self.verifiers.get((problem, compared), make)

    def _judge(self, verifier: Verifier, frame: Frame) -> tuple[Report, bool]:
        if frame.kind is Kind.REFUSED:
            verdict = json.loads(frame.body)
            header = None if verdict["header"] is None else Header(*verdict["header"])
            return verifier.refuse(Fault(**verdict["fault"]), verdict["n_qubits"], header), True
        limits = self.payload.limits
        n_qubits = None

        def parsed(n: int) -> None:
            nonlocal n_qubits
            n_qubits = n
            self.page.write(self.line, begun._replace(n_qubits=n))

        set_limits(limits.max_memory_mib, 2 * limits.max_seconds)
        self._note(frame.serial, Phase.JUDGING)
        begun = self.page.read(self.line)
        try:
            text = _text(frame)
            fault = None
            if isinstance(text, str) and len(text) <= verifier.settings.limits.max_characters:
                fault = too_nested(text, limits.max_nesting)
            if fault is not None:
                return verifier.refuse(fault), True
            return verifier.verify(text, parsed), True
        except MemoryError:
            if limits.max_memory_mib >= UNLIMITED.max_memory_mib:
                raise
        except InfrastructureError as error:
            unlimited = limits.max_memory_mib >= UNLIMITED.max_memory_mib
            if unlimited or not isinstance(error.__cause__, MemoryError):
                raise
        lift_limits()
        header = read_header(text) if isinstance(text, str) else None
        return verifier.refuse(out_of_memory(limits), n_qubits, header), False


def _text(frame: Frame) -> str | bytes:
    """The candidate; bytes only if they are no UTF-8, for the verifier to say so."""
    if frame.kind is Kind.TEXT:
        return frame.body.decode("utf-8", "surrogatepass")
    try:
        return frame.body.decode("utf-8")
    except UnicodeDecodeError:
        return frame.body
