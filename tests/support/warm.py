"""A process that has loaded quasar, and forks for each command: hundreds of commands in seconds.

Reads one task a line: `{"argv": [...], "cwd": ..., "output": FILE, "limit_s": ...}`; answers
with the exit code on a line. Standard output and error of a command go to one file, as on a
terminal.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time


def _preload() -> None:
    from quasar.cli import main  # noqa: F401, I001 - first: it sets the number of threads
    import matplotlib.pyplot  # noqa: F401
    import qiskit.circuit.library  # noqa: F401
    import qiskit_qasm3_import  # noqa: F401
    import qulacs  # noqa: F401
    import scipy.optimize  # noqa: F401

    import quasar

    for name in quasar.__all__:
        getattr(quasar, name)


def _command(task: dict[str, object]) -> None:
    os.setsid()
    os.chdir(str(task["cwd"]))
    output = os.open(str(task["output"]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.argv = ["quasar", *task["argv"]]  # type: ignore[misc]
    from quasar.cli.main import main

    code = 0
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _wait(pid: int, limit_s: float) -> int:
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return 124


if __name__ == "__main__":
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    _preload()
    for line in sys.stdin:
        task = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _command(task)
        answers.write(f"{_wait(pid, task['limit_s'])}\n")
