"""The service's worker: carries out one request after another, each under its own limits."""

from __future__ import annotations

import json
import pickle
import socket
import traceback
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

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
        self.context = WorkerContext(allowed, self._on_judging, self.note_qubits)

    def answer(self, frame: Frame) -> tuple[Kind, bytes]:
        """The answer; a request over its memory ends the worker."""
        try:
            request = WorkerRequest.decode(frame.body)
            self.context.refusal = request.refusal
            set_limits(self.limits.max_memory_mib, self.watch_s)
            try:
                return Kind.ANSWER, self._carry_out(request)
            except MemoryError:
                pass
            except InfrastructureError as error:
                if not isinstance(error.__cause__, MemoryError):
                    raise
            finally:
                lift_limits()
            if self.noted.phase == Phase.JUDGING and request.operation in JUDGED:
                n_qubits = None if self.n_qubits < 0 else self.n_qubits
                self.context.refusal = Refusal(out_of_memory(self.limits), n_qubits)
                return Kind.LAST_ANSWER, self._carry_out(request)
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

    def _carry_out(self, request: WorkerRequest) -> bytes:
        operation = self.operations[request.operation]
        body = json.loads(request.body)
        if request.shared:
            body["shared"] = request.shared
        return operation(self.context, body).encode("utf-8", "replace")

    def _on_judging(self, seconds: float) -> None:
        if self.noted.phase != Phase.JUDGING:
            self.note(self.noted.serial, Phase.JUDGING, seconds)


def memory_message(limits: SandboxLimits) -> str:
    """What a request is told that needed too much memory."""
    return (
        f"the request needs more than the {limits.max_memory_mib:,} MiB of memory that one may "
        "use: send a smaller problem or circuit."
    )


def _sentence(error: Exception) -> bytes:
    return str(error).encode("utf-8", "replace")
