"""Workers that end as a candidate asks: for what becomes of those that wait behind it.

A comment `// dies: HOW` at the end of a program is carried out when the program is judged, so that
the program itself is as short and as plain as those around it.
"""

from __future__ import annotations

import os
import pickle
import signal
import socket
import sys
from functools import partial
from typing import Any

from quasar.service.operations import OPERATIONS, WorkerContext
from quasar.verifier.pipeline import Verifier
from quasar.verifier.sandbox import serving
from quasar.verifier.sandbox.payload import Payload
from quasar.verifier.sandbox.progress import ProgressPage
from quasar.verifier.sandbox.warm_up import warm_up
from quasar.verifier.sandbox.worker import Worker

MARK = "// dies: "


def program(payload: Payload) -> bytes:
    """As `sandbox.worker.program`; answers are held until a worker has nothing left to do."""
    return pickle.dumps((partial(warm_up, False), partial(_work, payload)))


def _work(payload: Payload, connection: socket.socket, page: ProgressPage, line: int) -> None:
    serving._HELD_S = 1e9
    _prepare()
    Worker(payload, connection, page, line).serve()


def stillborn(_payload: Payload) -> bytes:
    """The same of workers that end before they read anything."""
    return pickle.dumps((partial(warm_up, False), _refused))


def _refused(connection: socket.socket, page: ProgressPage, line: int) -> None:
    raise OSError("no space left on device")


def verify(context: WorkerContext, body: dict[str, Any]) -> str:
    """The service's operation of this name."""
    _prepare()
    return OPERATIONS["verify"](context, body)


_verify = Verifier.verify


def _prepare() -> None:
    Verifier.verify = _dying  # type: ignore[method-assign]


def _dying(self: Verifier, text: Any, *more: Any, **named: Any) -> Any:
    if isinstance(text, str) and MARK in text:
        _HOW[text.rpartition(MARK)[2].strip()]()
    return _verify(self, text, *more, **named)


def _forever() -> None:
    while True:
        pass


def _allocate() -> None:
    bytearray(1 << 40)


def _abort() -> None:
    """As libraries in Rust and C++ do."""
    sys.stderr.write("memory allocation of 1099511627776 bytes failed\n")
    sys.stderr.flush()
    os.abort()


def _crash() -> None:
    signal.raise_signal(signal.SIGSEGV)


_HOW = {
    "time": _forever,
    "memory": _allocate,
    "abort": _abort,
    "crash": _crash,
    "exit": partial(os._exit, 0),
    "raise": partial(exec, "raise SystemExit"),
}
