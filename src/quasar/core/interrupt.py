"""Ctrl-C and SIGTERM as a request to finish with the results so far; a second one ends at once.

Work that can end early polls `Interrupt.requested`. What cannot be polled, such as a language
model's answer, runs in `at_once`, where the first signal raises KeyboardInterrupt already.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupt:
    """Whether the user asked to stop.

    Attributes:
        requested: a signal has come.
    """

    def __init__(self) -> None:
        self.requested = False
        self._at_once = 0

    def signalled(self) -> None:
        """Note a signal.

        Raises:
            KeyboardInterrupt: it is the second, or the work going on cannot be polled.
        """
        again, self.requested = self.requested, True
        if again or self._at_once:
            raise KeyboardInterrupt

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Work that the first signal breaks off.

        Raises:
            KeyboardInterrupt: a signal came, also before this work began.
        """
        if self.requested:
            raise KeyboardInterrupt
        self._at_once += 1
        try:
            yield
        finally:
            self._at_once -= 1


@contextmanager
def heeding(first: Callable[[], None] | None = None) -> Iterator[Interrupt]:
    """Turn signals into an `Interrupt` while this lasts.

    A signal that was ignored before, as SIGINT is in a shell's background jobs, stays ignored, and
    outside the main thread, where Python takes none, nothing changes.

    Args:
        first: called at the first signal, from its handler.
    """
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return

    def handle(_number: int, _frame: FrameType | None) -> None:
        if not interrupt.requested and first is not None:
            first()
        interrupt.signalled()

    before = {s: signal.getsignal(s) for s in SIGNALS}
    heeded = [s for s, handler in before.items() if handler is not signal.SIG_IGN]
    for number in heeded:
        signal.signal(number, handle)
    try:
        yield interrupt
    finally:
        for number in heeded:
            signal.signal(number, before[number] or signal.SIG_DFL)
