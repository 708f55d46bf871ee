"""Fork servers forked from a process that has loaded everything, where a test would start one.

A fork server that is started by itself loads the same libraries each time, for two seconds of
processor time; a suite starts hundreds. What a command or a service in a process of its own starts
is not touched: there they are started as for users.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NoReturn


class Forked:
    """One fork server; as much of `subprocess.Popen` as `ForkServer` asks for.

    Args:
        pid: of a process that nobody needs to reap.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        with suppress(ProcessLookupError):
            self._file: int | None = os.pidfd_open(pid)
            return
        self._file = None

    def wait(self, timeout: float | None = None) -> int:
        """As of `Popen`, but the code is always 0."""
        if self._file is not None:
            ended = select.poll()
            ended.register(self._file, select.POLLIN)
            if not ended.poll(None if timeout is None else timeout * 1000):
                raise subprocess.TimeoutExpired("fork server", timeout or 0.0)
            os.close(self._file)
            self._file = None
            with suppress(ProcessLookupError):
                while True:  # the system is about to forget it
                    os.kill(self.pid, 0)
                    time.sleep(0.001)
        return 0

    def kill(self) -> None:
        """As of `Popen`."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


class Template:
    """The process that is forked; started when first needed, ended with this one."""

    def __init__(self) -> None:
        self._connection: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(
        self,
        arguments: list[str],
        *,
        env: dict[str, str],
        pass_fds: tuple[int, ...],
        stdout: IO[bytes],
        **_: Any,
    ) -> Forked:
        """Stands for `subprocess.Popen` where `ForkServer` starts its process."""
        if self._connection is None:
            self._begin(env)
        assert self._connection is not None
        ours, theirs = socket.socketpair()
        task = {"env": env, "cwd": os.getcwd(), "path": [p for p in sys.path if p]}
        with ours, theirs:
            descriptors = [theirs.fileno(), *pass_fds, stdout.fileno()]
            socket.send_fds(self._connection, [json.dumps(task).encode()], descriptors)
            return Forked(int(ours.recv(64)))

    def _begin(self, environment: dict[str, str]) -> None:
        self._connection, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(Path(__file__)), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                env=environment,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    def close(self) -> None:
        """End it; the fork servers of others go on."""
        if self._connection is not None and self._process is not None:
            self._connection.close()
            self._process.terminate()
            self._process.wait()


def _serve(connection: socket.socket) -> None:
    import gc

    from quasar.verifier.sandbox.warm_up import warm_up

    warm_up()
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead are forgotten at once
    while True:
        message, descriptors, _, _ = socket.recv_fds(connection, 1 << 20, 4)
        if not message:
            return
        reply, *others = descriptors
        pid = os.fork()
        if pid == 0:
            connection.close()
            _become_fork_server(json.loads(message), *others)
        socket.socket(fileno=reply).sendall(str(pid).encode())
        for descriptor in others:
            os.close(descriptor)


def _become_fork_server(task: dict[str, Any], control: int, page: int, log: int) -> NoReturn:
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        os.chdir(task["cwd"])
        os.environ.clear()
        os.environ.update(task["env"])
        sys.path[:] = [*task["path"], *(p for p in sys.path if p not in task["path"])]
        os.dup2(log, 1)
        os.dup2(log, 2)
        from quasar.verifier.sandbox.forkserver import main

        main(control, page)
        code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
