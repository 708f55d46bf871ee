"""The service's worker: carries out one request after another, each under its own limits."""

from __future__ import annotations

import json
import pickle
import socket
import time
import traceback
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from quasar.core.errors import CircuitError, InfrastructureError, InputError
from quasar.core.hamiltonian import MAX_EXACT_QUBITS
from quasar.service.allowance import Allowance
from quasar.service.errors import LimitError
from quasar.service.operations import OPERATIONS, Operation, WorkerContext
from quasar.service.protocol import JUDGED, WorkerRequest
from quasar.verifier.api import verify
from quasar.verifier.sandbox import SandboxLimits
from quasar.verifier.sandbox.limits import out_of_memory
from quasar.verifier.sandbox.progress import Phase, ProgressPage
from quasar.verifier.sandbox.refusal import Refusal
from quasar.verifier.sandbox.rlimits import lift_limits, set_limits
from quasar.verifier.sandbox.serving import WorkerLoop
from quasar.verifier.sandbox.warm_up import PROGRAM, warm_up_large
from quasar.verifier.sandbox.wire import Frame, Kind
from quasar.verifier.sandbox.worker import LIMITED_S, QUICK_QUBITS, QUICK_SIZE, is_quick


def program(
    allowed: Allowance, watch_s: float, operations: Mapping[str, Operation] = MappingProxyType({})
) -> bytes:
    """Pickled `forkserver.Program` of the service.

    Args:
        operations: beside the service's own; functions of modules.
        watch_s: processor seconds of a request after which the kernel ends the worker if the
            scheduler does not.
    """
    large = allowed.max_qubits > MAX_EXACT_QUBITS
    work = partial(_work, allowed, watch_s, dict(operations))
    return pickle.dumps((partial(warm_up, large), work))


def _work(
    allowed: Allowance,
    watch_s: float,
    operations: dict[str, Operation],
    connection: socket.socket,
    page: ProgressPage,
    line: int,
) -> None:
    worker = ServiceWorker(allowed, watch_s, connection, page, line)
    worker.operations = {**OPERATIONS, **operations}
    worker.serve()


def warm_up(large: bool) -> None:
    """Import what requests need, and verify a program.

    Args:
        large: problems beyond 24 qubits may come.
    """
    import nlopt  # noqa: F401
    import scipy.optimize  # noqa: F401

    import quasar.agent.generate
    import quasar.prompts.extract
    import quasar.prompts.observation  # noqa: F401
    from quasar.problems.registry import PROBLEMS  # noqa: F401

    verify(PROGRAM, {"hamiltonian": "1.0 * (Z(0) @ Z(1))"}, PROGRAM, limits=None)
    if large:
        warm_up_large()


class _Opened(NamedTuple):
    """A request as far as it has been read.

    Attributes:
        request: None: not read yet.
        body: what its JSON says; None: not read yet.
        quick: see `ServiceWorker.is_quick`.
    """

    serial: int
    request: WorkerRequest | None = None
    body: dict[str, Any] | None = None
    quick: bool = False


class ServiceWorker(WorkerLoop):
    """Carries out the requests that come through one socket."""

    frames_above = 10
    operations: Mapping[str, Operation] = OPERATIONS

    def __init__(
        self,
        allowed: Allowance,
        watch_s: float,
        connection: socket.socket,
        page: ProgressPage,
        line: int,
    ) -> None:
        super().__init__(connection, page, line)
        self.limits = allowed.limits
        self.watch_s = watch_s
        self.serial = 0  # of the task at hand
        self.limited_until_s = 0.0  # monotonic clock until which quick items share their limits
        self._opened = _Opened(0)
        self.context = WorkerContext(allowed, self._on_judging, self.note_qubits)

    def is_quick(self, frame: Frame) -> bool:
        """Whether it is a short text of a batch, without blocks, for a small problem that is ready,
        to be judged on stages that are quick.
        """
        return self._opened_of(frame).quick

    def begin(self, frame: Frame) -> None:
        """Note that a task begins; of a quick one only that its judging does."""
        self.serial = frame.serial
        if not self._opened_of(frame).quick:
            super().begin(frame)

    def rest(self, serial: int) -> None:
        """Lift the limits that quick items shared."""
        if self.limited_until_s:
            self.lift_limits()
        super().rest(serial)

    def answer(self, frame: Frame) -> tuple[Kind, bytes]:
        """The answer; a request over its memory ends the worker."""
        try:
            opened = self._opened_of(frame)
            request = opened.request or WorkerRequest.decode(frame.body)
            self.context.refusal = request.refusal
            now_s = time.monotonic()
            if not opened.quick or now_s >= self.limited_until_s:
                set_limits(self.limits.max_memory_mib, self.watch_s)
                self.limited_until_s = now_s + LIMITED_S
            failed = True
            try:
                answer = self._carry_out(request, opened.body)
                failed = False
                return Kind.ANSWER, answer
            except MemoryError:
                pass
            except InfrastructureError as error:
                if not isinstance(error.__cause__, MemoryError):
                    raise
            finally:
                if failed or not opened.quick:
                    self.lift_limits()
            if self.noted.phase == Phase.JUDGING and request.operation in JUDGED:
                n_qubits = None if self.n_qubits < 0 else self.n_qubits
                self.context.refusal = Refusal(out_of_memory(self.limits), n_qubits)
                return Kind.LAST_ANSWER, self._carry_out(request, None)
            return Kind.LIMIT, memory_message(self.limits).encode()
        except CircuitError as error:
            return Kind.BAD_CIRCUIT, _sentence(error)
        except LimitError as error:
            return Kind.OVER, _sentence(error)
        except InputError as error:
            return Kind.BAD_INPUT, _sentence(error)
        except RecursionError:
            return Kind.BAD_INPUT, b"the problem is nested too deeply."
        except Exception:
            return Kind.FAILED, traceback.format_exc().encode("utf-8", "replace")

    def _carry_out(self, request: WorkerRequest, body: dict[str, Any] | None) -> bytes:
        """Do it.

        Args:
            body: what the request's JSON says, where that has been read.
        """
        operation = self.operations[request.operation]
        body = json.loads(request.body) if body is None else body
        if request.shared:
            body["shared"] = request.shared
        return operation(self.context, body).encode("utf-8", "replace")

    def lift_limits(self) -> None:
        """For what is trusted."""
        lift_limits()
        self.limited_until_s = 0.0

    def _opened_of(self, frame: Frame) -> _Opened:
        """What can be said of a request before it is carried out; read once."""
        if self._opened.serial != frame.serial:
            self._opened = self._open(frame)
        return self._opened

    def _open(self, frame: Frame) -> _Opened:
        unread = _Opened(frame.serial)
        if not frame.body.startswith(b"verify\n\n{"):  # no refusal, and something shared
            return unread
        request = WorkerRequest.decode(frame.body)
        raw = request.body
        if len(raw) > QUICK_SIZE or raw.count(b"{") != 1 or not raw.startswith(b'{"prepared":'):
            return unread
        body = json.loads(raw)
        verifier = self.context.prepared(body)
        quick = (
            verifier is not None
            and body.get("qasm") is not None
            and verifier.problem.n_qubits <= QUICK_QUBITS
            and is_quick(verifier.settings)
        )
        return _Opened(frame.serial, request, body, quick)

    def _on_judging(self, seconds: float) -> None:
        if self.noted.phase != Phase.JUDGING or self.noted.serial != self.serial:
            self.note(self.serial, Phase.JUDGING, seconds)


def memory_message(limits: SandboxLimits) -> str:
    """What a request is told that needed too much memory."""
    return (
        f"the request needs more than the {limits.max_memory_mib:,} MiB of memory that one may "
        "use: send a smaller problem or circuit."
    )


def _sentence(error: Exception) -> bytes:
    return str(error).encode("utf-8", "replace")
