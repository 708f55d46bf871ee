"""`quasar` commands in processes of their own that are forked from one that has loaded everything.

For tests that need a process: to be sent signals, to be killed, to listen. What a fresh interpreter
loads, and in which order, needs `subprocess`, and is tested there.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, NoReturn

_SERVICE = ("quasar.service.serve", "quasar.service.mcp_server", "quasar.service.workers")


class Command:
    """One command; as much of `subprocess.Popen` with text and three pipes as tests need.

    Args:
        pid: its process, which leads a session and a process group.
        told: where its exit code is told.
    """

    def __init__(self, pid: int, told: socket.socket, pipes: list[int]) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._told = told
        self.stdin: IO[str] = open(pipes[0], "w", encoding="utf-8")  # noqa: SIM115
        self.stdout: IO[str] = open(pipes[1], encoding="utf-8")  # noqa: SIM115
        self.stderr: IO[str] = open(pipes[2], encoding="utf-8")  # noqa: SIM115

    def poll(self) -> int | None:
        """The exit code; None while it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, as of `Popen`.

        Raises:
            subprocess.TimeoutExpired: it runs on.
        """
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("quasar", timeout or 0.0)
            self.returncode = int(self._told.recv(64))
            self._told.close()
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """What is left of its output and of its errors, once it has ended."""
        self.stdin.close()
        errors: list[str] = []
        reader = threading.Thread(target=lambda: errors.append(self.stderr.read()))
        reader.start()
        output = self.stdout.read()
        reader.join()
        self.wait(timeout)
        return output, errors[0]

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class _Template:
    def __init__(self) -> None:
        self.connection: socket.socket | None = None

    def begin(self) -> socket.socket:
        if self.connection is None:
            self.connection, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            path = os.pathsep.join(p for p in sys.path if p)
            with theirs:
                self.process = subprocess.Popen(
                    [sys.executable, "-P", str(Path(__file__)), str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    env={**os.environ, "PYTHONPATH": path},
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,
                )
        return self.connection


_template = _Template()


def start(*argv: object, env: Mapping[str, str] | None = None) -> Command:
    """`quasar argv` in a process that is past its imports.

    Args:
        env: its environment; default: this process's.
    """
    connection = _template.begin()
    pipes = [os.pipe() for _ in range(3)]
    theirs = [pipes[0][0], pipes[1][1], pipes[2][1]]
    told, telling = socket.socketpair()
    task = {
        "argv": [str(word) for word in argv],
        "env": dict(os.environ if env is None else env),
        "cwd": os.getcwd(),
    }
    with telling:
        socket.send_fds(connection, [json.dumps(task).encode()], [telling.fileno(), *theirs])
    for descriptor in theirs:
        os.close(descriptor)
    return Command(int(told.recv(16)), told, [pipes[0][1], pipes[1][0], pipes[2][0]])


# In the process that is forked.


def _serve(connection: socket.socket) -> None:
    import gc
    import importlib
    from contextlib import suppress

    from support import warm

    warm.preload()
    for name in _SERVICE:
        with suppress(ImportError):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()
    ended, woken = socket.socketpair()
    woken.setblocking(False)
    ended.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(woken.fileno())
    telling: dict[int, socket.socket] = {}
    while True:
        ready = select.select([connection, ended], [], [])[0]
        if ended in ready:
            ended.recv(1 << 10)
        while telling:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                break
            with suppress(OSError), telling.pop(pid) as own:
                own.sendall(str(os.waitstatus_to_exitcode(status)).encode())
        if connection in ready:
            message, descriptors, _, _ = socket.recv_fds(connection, 1 << 20, 4)
            if not message:
                return
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                connection.close()
                _become(json.loads(message), *descriptors)
            telling[pid] = socket.socket(fileno=descriptors[0])
            for descriptor in descriptors[1:]:
                os.close(descriptor)


def _become(task: dict[str, Any], *descriptors: int) -> NoReturn:
    code = 1
    try:
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.setsid()
        os.chdir(task["cwd"])
        os.environ.clear()
        os.environ.update(task["env"])
        for target, descriptor in enumerate(descriptors[1:]):
            os.dup2(descriptor, target)
            os.close(descriptor)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115
        from support import warm

        code = warm.run(task["argv"], lambda: _tell(descriptors[0]))
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(code)


def _tell(descriptor: int) -> None:
    with socket.socket(fileno=descriptor) as telling:
        telling.sendall(f"{os.getpid():16}".encode())


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
