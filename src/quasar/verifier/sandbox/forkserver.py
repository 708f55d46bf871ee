"""The process that forks workers: single-threaded, everything imported, nothing else to do.

It knows nothing of what they do: the caller sends a function that imports and warms up what workers
need, and one that is a worker's work. Where it is started before there is anything to do, it loads
the sandbox's libraries until they come. It outlives no caller: when the caller's end of the control
socket closes, it kills its workers and ends.
"""

from __future__ import annotations

import gc
import os
import pickle
import resource
import shutil
import signal
import socket
import struct
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from quasar.core.processes import die_with_parent
from quasar.verifier.sandbox.compiled import save_nothing
from quasar.verifier.sandbox.confinement import confine
from quasar.verifier.sandbox.progress import ProgressPage

FORK, REAP, RENEW = b"f", b"r", b"n"
REQUEST = struct.Struct("<cq")
"""Fork with the worker's line on the progress page (socket and log follow as descriptors), reap a
process id, or serve another pool (its page follows as a descriptor, then a program of as many
bytes)."""
Work = Callable[[socket.socket, ProgressPage, int], None]
"""What a worker does with its end of a socket, the progress page and its line there."""
Program = tuple[Callable[[], None], Work]
"""What to do first in the fork server, and the work; it travels as a pickle."""
REPLY = struct.Struct("<qq")
"""Process id and 0, or wait status and peak resident memory in KiB."""
LENGTH = struct.Struct("<Q")


def main(control_fd: int, page_fd: int) -> None:
    """Serve the caller until it closes the control socket."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    control = socket.socket(fileno=control_fd)
    (length,) = LENGTH.unpack(receive(control, LENGTH.size))
    work = _load(receive(control, length)) if length else _load_sandbox()
    gc.collect()
    gc.freeze()
    control.sendall(REPLY.pack(os.getpid(), 0))
    workers: set[int] = set()
    folders = Path(tempfile.mkdtemp(prefix="quasar-workers-"))
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
                    _become_worker(work, number, folders, page_fd, *descriptors)
                workers.add(pid)
                for descriptor in descriptors:
                    os.close(descriptor)
                control.sendall(REPLY.pack(pid, 0))
            elif operation == RENEW:
                os.close(page_fd)
                (page_fd,) = descriptors
                work = _load(receive(control, number))
                control.sendall(REPLY.pack(os.getpid(), 0))
            else:
                _, status, usage = os.wait4(number, 0)
                workers.discard(number)
                shutil.rmtree(folders / str(number), ignore_errors=True)
                control.sendall(REPLY.pack(status, usage.ru_maxrss))
    except (EOFError, ConnectionError):
        return
    finally:
        for pid in workers:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(folders, ignore_errors=True)


def _load(program: bytes) -> Work:
    """Prepare what a program asks for; what it has workers do."""
    found: Program = pickle.loads(program)
    prepare, work = found
    prepare()
    return work


def _load_sandbox() -> Work:
    """Load what the programs of all sandboxes ask for; there is no work yet."""
    from quasar.verifier.sandbox import worker  # noqa: F401 - programs are made of it
    from quasar.verifier.sandbox.warm_up import warm_up

    warm_up()
    return _no_work


def _no_work(connection: socket.socket, page: ProgressPage, line: int) -> NoReturn:
    raise RuntimeError("there is no program yet")


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


def _become_worker(
    work: Work, line: int, folders: Path, page_fd: int, connection_fd: int, log_fd: int
) -> NoReturn:
    code = 1
    try:
        die_with_parent()
        os.dup2(log_fd, 1)
        os.dup2(log_fd, 2)
        os.close(log_fd)
        own = folders / str(os.getpid())
        own.mkdir()
        tempfile.tempdir = str(own)
        os.environ |= dict.fromkeys(("TMPDIR", "NUMBA_CACHE_DIR", "MPLCONFIGDIR"), str(own))
        save_nothing()
        confine(own)
        work(socket.socket(fileno=connection_fd), ProgressPage(page_fd), line)
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(code)
