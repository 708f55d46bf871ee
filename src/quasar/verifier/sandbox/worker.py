"""The sandbox's worker: judges one candidate after another, each under its own limits."""

from __future__ import annotations

import pickle
import socket
import time
from functools import partial
from typing import TYPE_CHECKING

from quasar.circuits.header import read_header
from quasar.core.errors import InfrastructureError, InputError
from quasar.verifier.sandbox.limits import UNLIMITED, out_of_memory, too_nested
from quasar.verifier.sandbox.payload import Payload
from quasar.verifier.sandbox.progress import Phase, ProgressPage
from quasar.verifier.sandbox.refusal import Refusal
from quasar.verifier.sandbox.rlimits import lift_limits, set_limits
from quasar.verifier.sandbox.serving import Body, WorkerLoop
from quasar.verifier.sandbox.verifiers import VerifierCache
from quasar.verifier.sandbox.warm_up import warm_up
from quasar.verifier.sandbox.wire import Frame, Kind
from quasar.verifier.settings import VerifierSettings

if TYPE_CHECKING:
    from quasar.verifier.factory import AnyVerifier

LIMITED_S = 0.01
"""Candidates that take less share the limits of the first: they add next to nothing."""

QUICK_SIZE, QUICK_QUBITS = 1 << 14, 16  # bytes of a text, qubits of its problem


def program(payload: Payload) -> bytes:
    """Pickled `forkserver.Program` of a sandbox; raises what pickling raises."""
    large = not all(problem.is_exact for problem in payload.problems)
    return pickle.dumps((partial(warm_up, large), partial(_work, payload)))


def _work(payload: Payload, connection: socket.socket, page: ProgressPage, line: int) -> None:
    Worker(payload, connection, page, line).serve()


class Worker(WorkerLoop):
    """Judges candidates for the problems of a payload."""

    frames_above = 8

    def __init__(
        self, payload: Payload, connection: socket.socket, page: ProgressPage, line: int
    ) -> None:
        super().__init__(connection, page, line)
        self.payload = payload
        self.verifiers = VerifierCache()
        self.limited_until_s = 0.0  # monotonic clock until which the limits need not be set again
        self._quick_size = QUICK_SIZE if is_quick(payload.settings) else 0

    def is_quick(self, frame: Frame) -> bool:
        """Whether it is a short text without blocks for a small problem that is ready."""
        if frame.kind is not Kind.TEXT or len(frame.body) > self._quick_size or b"{" in frame.body:
            return False
        verifier = self.verifiers.find((frame.problem, frame.compared))
        return verifier is not None and verifier.problem.n_qubits <= QUICK_QUBITS

    def begin(self, frame: Frame) -> None:
        """Nothing: most tasks are judged at once, and that is noted there."""

    def answer(self, frame: Frame) -> tuple[Kind, Body]:
        """A report; a candidate over its memory ends the worker."""
        try:
            key = frame.problem, frame.compared
            verifier = self.verifiers.find(key)
            if verifier is None or frame.kind is Kind.REFUSED:
                self.note(frame.serial, Phase.PREPARING)
            if verifier is None:
                self.lift_limits()  # problems are trusted
                verifier = self.verifiers.get(key, partial(self.payload.verifier, *key))
            if frame.kind is Kind.REFUSED:
                report = Refusal.from_json(frame.body).report(verifier)
                return Kind.ANSWER, report.to_message()
            return self._judge(verifier, frame)
        except InputError as error:
            return Kind.BAD_INPUT, str(error).encode()
        except BaseException as error:
            self.lift_limits()
            words = str(error) if isinstance(error, InfrastructureError) else repr(error)
            return Kind.FAILED, words.encode("utf-8", "replace")

    def _judge(self, verifier: AnyVerifier, frame: Frame) -> tuple[Kind, Body]:
        limits, text = self.payload.limits, _text(frame)
        seconds = limits.seconds_for(verifier.problem.n_qubits)
        now_s = time.monotonic()
        if now_s >= self.limited_until_s:
            set_limits(limits.max_memory_mib, 2 * seconds)
            self.limited_until_s = now_s + LIMITED_S
        self.note(frame.serial, Phase.JUDGING, seconds)
        try:
            fault = None
            if isinstance(text, str) and len(text) <= verifier.settings.limits.max_characters:
                fault = too_nested(text, limits.max_nesting)
            if fault is not None:
                report = verifier.refuse(fault)
            else:
                report = verifier.verify(text, self.note_qubits)
            small = len(frame.body) <= self._quick_size
            small = small and verifier.problem.n_qubits <= QUICK_QUBITS
            return Kind.ANSWER, report.to_message if small else report.to_message()
        except MemoryError:
            if limits == UNLIMITED:
                raise
        except InfrastructureError as error:
            if limits == UNLIMITED or not isinstance(error.__cause__, MemoryError):
                raise
        self.lift_limits()
        header = read_header(text) if isinstance(text, str) else None
        n_qubits = None if self.n_qubits < 0 else self.n_qubits
        report = verifier.refuse(out_of_memory(limits), n_qubits, header)
        return Kind.LAST_ANSWER, report.to_message()

    def lift_limits(self) -> None:
        """For what is trusted."""
        lift_limits()
        self.limited_until_s = 0.0


def is_quick(settings: VerifierSettings) -> bool:
    """Whether short circuits are judged quickly on the stages asked for."""
    return settings.device is None and {*settings.stage_names} <= {"behaviour", "objective"}


def _text(frame: Frame) -> str | bytes:
    """The candidate; bytes only if they are not UTF-8, for the verifier to say so."""
    if frame.kind is Kind.TEXT:
        return frame.body.decode("utf-8", "surrogatepass")
    try:
        return frame.body.decode("utf-8")
    except UnicodeDecodeError:
        return frame.body
