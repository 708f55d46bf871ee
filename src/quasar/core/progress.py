"""How long work tells how far it is; the command line shows it as a bar."""

from __future__ import annotations


class Progress:
    """Told how far long work is. This one shows nothing; subclasses show it to somebody."""

    def start(self, what: str, total: int | None, done: int = 0) -> None:
        """A task begins.

        Args:
            what: its name, such as "judging the candidates".
            total: steps in all; None where nobody knows.
            done: steps that were done before.
        """

    def advance(self, count: int = 1) -> None:
        """More steps of the task are done."""

    def say(self, what: str) -> None:
        """What is being done now."""
