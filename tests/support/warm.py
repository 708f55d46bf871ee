"""A process that has loaded quasar, and forks for each command: hundreds of commands in seconds.

Reads one task a line: `{"argv": [...], "cwd": ..., "output": FILE, "limit_s": ...}`; answers
with the exit code on a line. Standard output and error of a command go to one file, as on a
terminal. The fork server of a command's sandbox is forked from here too, where a command of a
shell would start one that loads everything again. With `--quick` processor time is saved where
what a command prints does not depend on it.
"""

from __future__ import annotations

import gc
import importlib
import io
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any, NoReturn

_ROOMS = ("problems", "prompts", "agent", "report", "evaluation", "data", "cli")


def preload() -> None:
    """Import and warm up what most commands need."""
    from quasar.cli import main  # noqa: F401, I001 - first: it sets the number of threads
    import matplotlib.backends.backend_agg
    import matplotlib.pyplot  # noqa: F401
    import PIL.Image
    import qiskit.circuit.library  # noqa: F401
    import qiskit_qasm3_import  # noqa: F401
    import qulacs  # noqa: F401
    import rich.live
    import rich.table  # noqa: F401
    import scipy.optimize  # noqa: F401

    import quasar
    from quasar.models.registry import load_model
    from quasar.verifier.sandbox.warm_up import warm_up

    for name in quasar.__all__:
        getattr(quasar, name)
    for room in _ROOMS:
        for module in pkgutil.walk_packages([f"{quasar.__path__[0]}/{room}"], f"quasar.{room}."):
            with suppress(ImportError):
                importlib.import_module(module.name)
    PIL.Image.init()
    load_model("nano")
    warm_up()
    gc.collect()
    gc.freeze()  # so that the processes forked from here go on sharing its memory


def save_blank(figure: Any, fname: Any, **_: Any) -> None:
    """What stands for `Figure.savefig` where nobody looks at the picture."""
    if isinstance(fname, str | os.PathLike):
        Path(fname).write_bytes(b"a picture")
    elif isinstance(fname, io.TextIOBase):
        fname.write("<svg></svg>")
    else:
        fname.write(b"a picture")


def _save_processor_time() -> None:
    """Pictures without content, and one process where a command would start one for each core."""
    from matplotlib.figure import Figure

    Figure.savefig = save_blank  # type: ignore[assignment, method-assign]
    os.sched_getaffinity = lambda _: {0}  # type: ignore[assignment]


class ForkServerInWaiting:
    """A process forked while there is one thread, which becomes the command's first fork server.

    `start` stands for `subprocess.Popen` where `ForkServer` starts its process.
    """

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        self._pid = os.fork()
        if self._pid == 0:
            for number in (signal.SIGINT, signal.SIGTERM):  # they are the command's affair
                signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        if self._pid == 0:
            self._ours.close()
            _wait_and_serve(theirs)
        theirs.close()
        self._taken = False

    def start(
        self,
        arguments: list[str],
        *,
        env: dict[str, str],
        pass_fds: Any,
        stdout: IO[bytes],
        **more: Any,
    ) -> Any:
        """This process, given what a new one would be given; a new one if it is taken."""
        if self._taken:
            return subprocess.Popen(arguments, env=env, pass_fds=pass_fds, stdout=stdout, **more)
        self._taken = True
        socket.send_fds(self._ours, [json.dumps(env).encode()], [*pass_fds, stdout.fileno()])
        self._ours.close()
        return self

    def wait(self, timeout: float) -> int:
        """As of `Popen`."""
        code = _wait(self._pid, timeout)
        if code is None:
            raise subprocess.TimeoutExpired("fork server", timeout)
        return code

    def kill(self) -> None:
        """As of `Popen`."""
        os.kill(self._pid, signal.SIGKILL)


def _wait_and_serve(connection: socket.socket) -> NoReturn:
    from quasar.verifier.sandbox.forkserver import main

    code = 1
    try:
        environment, descriptors, _, _ = socket.recv_fds(connection, 1 << 20, 3)
        if environment:
            os.setsid()
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.environ.clear()
            os.environ.update(json.loads(environment))
            control, page, log = descriptors
            os.dup2(log, 1)
            os.dup2(log, 2)
            main(control, page)
        code = 0
    finally:
        os._exit(code)


def _command(task: dict[str, Any]) -> NoReturn:
    os.setsid()
    os.chdir(task["cwd"])
    output = os.open(task["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    os._exit(run(task["argv"]))


def run(argv: list[str], begin: Callable[[], object] = lambda: None) -> int:
    """Run `quasar argv` in this process, forked a moment ago; its exit code.

    Args:
        begin: called where the command itself begins.
    """
    sys.argv = ["quasar", *argv]
    from quasar.cli.main import main
    from quasar.verifier.sandbox import handle

    handle.subprocess = SimpleNamespace(  # type: ignore[assignment]
        Popen=ForkServerInWaiting().start,
        DEVNULL=subprocess.DEVNULL,
        TimeoutExpired=subprocess.TimeoutExpired,
    )
    code = 0
    begin()
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _wait(pid: int, limit_s: float) -> int | None:
    """The exit code; None if the process runs on."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    return None


if __name__ == "__main__":
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    preload()
    if "--quick" in sys.argv:
        _save_processor_time()
    for line in sys.stdin:
        task = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _command(task)
        code = _wait(pid, task["limit_s"])
        if code is None:
            os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            code = 124
        answers.write(f"{code}\n")
