"""The process that forks workers: single-threaded, everything imported, nothing else to do.

It outlives no caller: when the caller's end of the control socket closes, for whatever reason, it
kills its workers and ends.
"""

from __future__ import annotations

import gc
import os
import pickle
import resource
import signal
import socket
import struct
import sys
from contextlib import suppress
from typing import NoReturn

from quasar.core.processes import die_with_parent
from quasar.verifier.sandbox.payload import Payload

FORK, REAP, RENEW = b"f", b"r", b"n"
REQUEST = struct.Struct("<cq")
"""Fork with the worker's line on the progress page (socket and log follow as descriptors), reap a
process id, or serve another sandbox (its page follows as a descriptor, then a payload of so many
bytes)."""
REPLY = struct.Struct("<qq")
"""Process id and 0, or wait status and peak resident memory in KiB."""
LENGTH = struct.Struct("<Q")

_WARM_UP = """OPENQASM 3.0;
include "stdgates.inc";
gate g(a) x, y { rz(a/2 + 1.0) x; cx x, y; U(0, -pi, 2*a) y; }
bit[2] c; qubit[2] q; let r = q[0:1];
g(pi) q[0], q[1]; ctrl @ h q[0], q[1]; barrier q;
for int i in [0:2] { x q[0]; }
c[0] = measure q[0];
if (c[0] == true) { x q[1]; } else { h q[1]; }
while (c == 1) { c = measure q; }
reset q[0]; measure q -> c;
"""


def main(control_fd: int, page_fd: int) -> None:
    """Serve the caller until it closes the control socket."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    control = socket.socket(fileno=control_fd)
    payload = pickle.loads(receive(control, LENGTH.unpack(receive(control, LENGTH.size))[0]))
    _preload()
    control.sendall(REPLY.pack(os.getpid(), 0))
    workers: set[int] = set()
    try:
        while True:
            request, descriptors, _, _ = socket.recv_fds(control, REQUEST.size, 2)
            if not request:
                return
            request += receive(control, REQUEST.size - len(request))
            operation, number = REQUEST.unpack(request)
            if operation == FORK:
                pid = os.fork()
                if pid == 0:
                    control.close()
                    _become_worker(payload, number, page_fd, *descriptors)
                workers.add(pid)
                for descriptor in descriptors:
                    os.close(descriptor)
                control.sendall(REPLY.pack(pid, 0))
            elif operation == RENEW:
                os.close(page_fd)
                (page_fd,) = descriptors
                payload = pickle.loads(receive(control, number))
                control.sendall(REPLY.pack(os.getpid(), 0))
            else:
                _, status, usage = os.wait4(number, 0)
                workers.discard(number)
                control.sendall(REPLY.pack(status, usage.ru_maxrss))
    except (EOFError, ConnectionError):
        return
    finally:
        for pid in workers:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def receive(connection: socket.socket, count: int) -> bytes:
    """Exactly `count` bytes.

    Raises:
        EOFError: the other side closed.
    """
    parts = []
    while count:
        part = connection.recv(min(count, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _preload() -> None:
    """Import what workers need, and let the importer's parser learn the grammar once for all."""
    import nlopt  # noqa: F401

    from quasar.circuits.qasm import parse
    from quasar.simulate.engine import get_engine
    from quasar.verifier.sandbox import worker  # noqa: F401

    get_engine().run(parse(_WARM_UP))
    gc.collect()
    gc.freeze()


def _become_worker(
    payload: Payload, line: int, page_fd: int, connection_fd: int, log_fd: int
) -> NoReturn:
    code = 1
    try:
        from quasar.verifier.sandbox.wire import ProgressPage
        from quasar.verifier.sandbox.worker import Worker

        die_with_parent()
        os.dup2(log_fd, 1)
        os.dup2(log_fd, 2)
        os.close(log_fd)
        page = ProgressPage(page_fd, payload.lines)
        Worker(payload, socket.socket(fileno=connection_fd), page, line).serve()
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(code)
