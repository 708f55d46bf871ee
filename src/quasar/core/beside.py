"""A piece of work in a forked copy of this process, beside what this process does itself.

For short work on what this process has in memory, which a process of its own would have to load
first. Untrusted text needs limits as well: see `verifier.sandbox`.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from typing import Generic, TypeVar

from quasar.core.processes import cores, die_with_parent

T = TypeVar("T")


class Beside(AbstractContextManager["Beside[T]"], Generic[T]):
    """Starts `work` in a copy of this process, which ends with the `with` statement; `result` waits
    for it.

    Where a copy would be no help or not safe (one core, several threads, another system than
    Linux), and where it fails, the work is done here, when its result is asked for.

    Args:
        work: something that can be done twice; its result can be pickled.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._pid = 0
        if sys.platform == "linux" and cores() > 1 and threading.active_count() == 1:
            with suppress(OSError):
                self._fork()

    def _fork(self) -> None:
        read, write = os.pipe()
        parent = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:
            code = 1
            try:
                # Ctrl-C is the parent's affair, and this ends with it.
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                die_with_parent()
                if os.getppid() == parent:
                    os.close(read)
                    with os.fdopen(write, "wb") as stream:
                        pickle.dump(self._work(), stream)
                    code = 0
            finally:
                os._exit(code)
        os.close(write)
        self._read = read

    def __exit__(self, *_: object) -> None:
        if self._pid:
            os.close(self._read)
            os.kill(self._pid, signal.SIGKILL)
            self._reap()

    def _reap(self) -> int:
        pid, self._pid = self._pid, 0
        return os.waitpid(pid, 0)[1]

    def result(self) -> T:
        """What the work returned; raises what it raises."""
        if self._pid:
            with os.fdopen(os.dup(self._read), "rb") as stream:
                answer = stream.read()
            os.close(self._read)
            if self._reap() == 0:
                found: T = pickle.loads(answer)
                return found
        return self._work()
