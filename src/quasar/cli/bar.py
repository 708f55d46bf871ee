"""A bar for long work, on standard error."""

from __future__ import annotations

import time

from quasar.core.progress import Progress


class Bar(Progress):
    """Progress on standard error: a line a task, with steps, rate and time left.

    Args:
        patience_s: seconds before it is shown at all, and then on a terminal only; 0: at once.
    """

    def __init__(self, patience_s: float = 0.0) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )
        from rich.progress import Progress as Bars

        self.done = 0
        self._new = 0
        self._begun = time.monotonic()
        self._patience_s = patience_s
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task = self._bars.add_task("", total=None, rate="", visible=False)

    def __enter__(self) -> Bar:
        if not self._patience_s:
            self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Take the bars off the terminal."""
        if self._bars.live.is_started:
            self._bars.stop()

    def start(self, what: str, total: int | None, done: int = 0) -> None:
        """See `Progress`; an empty task gets no line."""
        self._bars.stop_task(self._task)
        self.done, self._new = done, 0
        self._task = self._bars.add_task(
            what, total=total, completed=done, rate="", visible=total != 0
        )

    def advance(self, count: int = 1) -> None:
        """See `Progress`."""
        self.done += count
        self._new += count
        if self._patience_s and time.monotonic() - self._begun > self._patience_s:
            self._patience_s = 0.0
            if self._bars.console.is_terminal:
                self._bars.start()
        elapsed = self._bars.tasks[-1].elapsed or 0.0
        rate = self._new / elapsed if elapsed > 1 else 0.0
        said = f"{rate:.3g}/s" if rate >= 1 else f"{60 * rate:.2g}/min" if rate else ""
        self._bars.update(self._task, completed=self.done, rate=said)

    def say(self, what: str) -> None:
        """See `Progress`."""
        self._bars.update(self._task, description=what, visible=True)
