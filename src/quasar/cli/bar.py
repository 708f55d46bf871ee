"""A bar for long work on records, on standard error."""

from __future__ import annotations


class Bar:
    """Progress on standard error: records, rate, time left."""

    def __init__(self, what: str) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self.done = 0
        self._new = 0
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task = self._progress.add_task(what, total=None, rate="")

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def stop(self) -> None:
        """Take the bar off the terminal."""
        self._progress.stop()

    def start(self, total: int | None, done: int) -> None:
        """Records in all (if known), and those that were there already."""
        self.done = done
        self._progress.reset(self._task, total=total, completed=done)

    def advance(self) -> None:
        """One more record."""
        self.done += 1
        self._new += 1
        elapsed = self._progress.tasks[0].elapsed or 0.0
        rate = f"{self._new / elapsed:.1f}/s" if elapsed > 1 else ""
        self._progress.update(self._task, completed=self.done, rate=rate)

    def say(self, what: str) -> None:
        """What is being done now."""
        self._progress.update(self._task, description=what)
