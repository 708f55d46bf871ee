"""The worker process: carries out one order after another, each under its own limits.

Started by `crew.py` through a fork server that has imported this module, so that a worker, and each
replacement of one, takes milliseconds.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.reduction import DupFd
from typing import Any

from quasar.core.errors import CircuitError, InfrastructureError, InputError
from quasar.core.processes import die_with_parent
from quasar.service.operations import OPERATIONS, Desk
from quasar.service.progress import Progress, processor_s
from quasar.service.protocol import ENDS, JUDGED, Kind, Order, encode
from quasar.verifier.api import verify
from quasar.verifier.sandbox import SandboxLimits
from quasar.verifier.sandbox.limits import out_of_memory
from quasar.verifier.sandbox.rlimits import lift_limits, set_limits

_FRAMES_ABOVE = 9
"""Calls between `Worker.serve` and the importer."""

_WARM_UP = """OPENQASM 3.0;
include "stdgates.inc";
gate g(a) x, y { rz(a/2 + 1.0) x; cx x, y; U(0, -pi, 2*a) y; }
bit[2] c; qubit[2] q; let r = q[0:1];
g(pi) q[0], q[1]; ctrl @ h q[0], q[1]; barrier q;
for int i in [0:2] { x q[0]; }
c[0] = measure q[0];
if (c[0] == true) { x q[1]; } else { h q[1]; }
reset q[0]; measure q -> c;
"""


def warm_up() -> None:
    """Import what orders need, and let the importer's parser learn the grammar once for all."""
    import gc

    import nlopt  # noqa: F401
    import scipy.optimize  # noqa: F401

    import quasar.agent.generate
    import quasar.prompts.extract
    import quasar.prompts.observation  # noqa: F401
    from quasar.problems.registry import PROBLEMS  # noqa: F401

    verify(_WARM_UP, {"hamiltonian": "1.0 * (Z(0) @ Z(1))"}, _WARM_UP, limits=None)
    gc.collect()
    gc.freeze()


class Inherited:
    """An open file that a child process inherits."""

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def __reduce__(self) -> tuple[object, ...]:
        return _inherited, (DupFd(self.fd),)


def _inherited(duplicate: Any) -> Inherited:
    return Inherited(duplicate.detach())


def main(
    connection: Connection, log: Inherited, page: Inherited, limits: SandboxLimits, watch_s: float
) -> None:
    """Serve the crew until it closes the pipe.

    Args:
        log: takes the place of standard output and error, for whatever libraries print there.
        page: of a `Progress`.
        watch_s: processor seconds after which the kernel ends the process if the crew does not.
    """
    _end_with_the_crew()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's Ctrl-C is the crew's affair
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.dup2(log.fd, 1)
    os.dup2(log.fd, 2)
    os.close(log.fd)
    progress = Progress(page.fd)
    os.close(page.fd)
    Worker(connection, progress, limits, watch_s).serve()


def _end_with_the_crew() -> None:
    """Have this process killed when the fork server ends, which ends with the crew's process.

    The fork server lives until nobody holds the other end of a certain pipe, and hands that end to
    its children too: a busy worker would keep it alive, and be kept alive by it.
    """
    die_with_parent()
    alive = getattr(forkserver._forkserver, "_forkserver_alive_fd", None)
    if alive is not None:
        with suppress(OSError):
            os.close(alive)


class Worker:
    """Carries out the orders that come through one pipe; see `main`."""

    def __init__(
        self, connection: Connection, progress: Progress, limits: SandboxLimits, watch_s: float
    ) -> None:
        self.connection = connection
        self.progress = progress
        self.limits = limits
        self.watch_s = watch_s
        self.judging = False
        self.desk = Desk(limits.max_nesting, self._on_judging, progress.parsed)

    def serve(self) -> None:
        """Answer every order; ends when the pipe closes or this process is not to be trusted."""
        # The importer gives up at a certain depth of the stack; its verdict on nested text is to be
        # the one it gives when called directly.
        sys.setrecursionlimit(sys.getrecursionlimit() + _depth() + _FRAMES_ABOVE)
        kind = Kind.ANSWER
        while kind not in ENDS:
            try:
                raw = self.connection.recv_bytes()
            except EOFError:
                return
            kind, content = self._carry_out(Order.decode(raw))
            self.connection.send_bytes(encode(kind, content))

    def _carry_out(self, order: Order) -> tuple[Kind, str]:
        self.judging = False
        self.desk.refusal = order.refusal
        operation = OPERATIONS[order.operation]
        try:
            with _limited(self.limits.max_memory_mib, self.watch_s):
                return Kind.ANSWER, operation(self.desk, json.loads(order.body))
        except CircuitError as error:
            return Kind.BAD_CIRCUIT, str(error)
        except InputError as error:
            return Kind.BAD_INPUT, str(error)
        except RecursionError:
            return Kind.BAD_INPUT, "the problem is nested too deeply."
        except MemoryError:
            pass
        except InfrastructureError as error:
            if not isinstance(error.__cause__, MemoryError):
                return Kind.FAILED, traceback.format_exc()
        except Exception:
            return Kind.FAILED, traceback.format_exc()
        if self.judging and order.operation in JUDGED:
            return Kind.VERDICT, out_of_memory(self.limits).model_dump_json()
        return Kind.LIMIT, memory_message(self.limits)

    def _on_judging(self) -> None:
        if not self.judging:
            self.judging = True
            self.progress.judging(processor_s(os.getpid()))


def memory_message(limits: SandboxLimits) -> str:
    """What a request is told that needed too much memory."""
    return (
        f"the request needs more than the {limits.max_memory_mib:,} MiB of memory that one may "
        "use: send a smaller problem or circuit."
    )


def _depth() -> int:
    """Calls between the bottom of the stack and the caller."""
    depth, frame = 0, sys._getframe(1)
    while frame.f_back is not None:
        depth, frame = depth + 1, frame.f_back
    return depth


@contextmanager
def _limited(memory_mib: int, seconds: float) -> Iterator[None]:
    """Limits inside the block."""
    set_limits(memory_mib, seconds)
    try:
        yield
    finally:
        lift_limits()
