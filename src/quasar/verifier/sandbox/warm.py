"""The fork server of the last sandbox, kept for the next one: starting one costs half a second.

One for the whole process, while no sandbox uses it; it ends with the process. Kept only where it
would be started the same way again, and where all that it has loaded beyond the libraries is this
project's own: a user's modules may change.
"""

from __future__ import annotations

import atexit
import os
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, TYPE_CHECKING

from quasar.core.errors import InfrastructureError
from quasar.verifier.sandbox.handle import ForkServer, ForkServerGone

if TYPE_CHECKING:
    from quasar.problems.base import EncodedProblem

_Surroundings = tuple[str, tuple[str, ...], frozenset[tuple[str, str]]]


def is_our_own(problems: Sequence[EncodedProblem]) -> bool:
    """Whether workers for these problems load no module but those of this project."""
    return all(type(p.problem).__module__.split(".")[0] == "quasar" for p in problems)


class Warm:
    """At most one fork server that nobody uses; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: ForkServer | None = None
        self._started_in: _Surroundings | None = None
        self._owner = 0
        self._starting: threading.Thread | None = None

    def start(self) -> None:
        """Have a fork server ready soon, while the caller does something else."""
        with self._lock:
            if (self._kept is not None and self._owner == os.getpid()) or self._starting:
                return
            self._starting = threading.Thread(target=self._start, daemon=True)
            self._starting.start()

    def _start(self) -> None:
        # What is wrong is said by whoever needs it.
        with suppress(InfrastructureError), tempfile.TemporaryFile() as page:
            page.truncate(1)
            self.keep(ForkServer(None, page))

    def take(self, program: bytes, page: IO[bytes]) -> ForkServer | None:
        """The fork server, now with this program; None: there is none that would do.

        Args:
            program: pickled `forkserver.Program`, of a sandbox.
            page: file of the progress page.
        """
        starting, self._starting = self._starting, None
        if starting is not None:
            starting.join()
        with self._lock:
            kept, self._kept = self._kept, None
            fits = self._owner == os.getpid() and self._started_in == _surroundings()
        if kept is None or self._owner != os.getpid():
            return None
        if fits:
            try:
                kept.renew(program, page)
                return kept
            except ForkServerGone:
                pass
        kept.close()
        return None

    def keep(self, server: ForkServer) -> None:
        """Take a fork server without workers that nobody needs any more."""
        with self._lock:
            full = self._kept is not None and self._owner == os.getpid()
            if server.alive and not full:
                self._kept, self._owner = server, os.getpid()
                self._started_in = _surroundings()
                return
        server.close()

    def close(self) -> None:
        """End it, if there is one and it is this process's own."""
        # One that is still starting ends by itself as soon as this process has.
        with self._lock:
            kept, self._kept = self._kept, None
        if kept is not None and self._owner == os.getpid():
            kept.close()

    def after_fork(self) -> None:
        """In a child: the lock may be held by a thread that it does not have."""
        self._lock = threading.Lock()
        if self._kept is not None:
            self._kept.forget()
        self._kept = self._starting = None


def _surroundings() -> _Surroundings:
    # pytest names the test it runs there: another one each time, and of no meaning to workers.
    known = frozenset(item for item in os.environ.items() if item[0] != "PYTEST_CURRENT_TEST")
    return os.getcwd(), tuple(sys.path), known


def start_early() -> None:
    """Have the next sandbox ready sooner: its libraries load while the caller does other work,
    such as loading its own.
    """
    if hasattr(os, "fork"):
        warm.start()


warm = Warm()
atexit.register(warm.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=warm.after_fork)
