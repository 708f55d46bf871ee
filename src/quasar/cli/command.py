"""What every command does with its help and its words, beside what typer does."""

from __future__ import annotations

from itertools import takewhile
from typing import Any

from typer.core import TyperCommand

from quasar.core.errors import InputError


class Command(TyperCommand):
    """A command whose help flows to any width, and that refuses one option under two names."""

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        paragraphs = (self.help or "").split("\n\n")
        self.help = "\n\n".join(paragraph.replace("\n", " ") for paragraph in paragraphs)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words.

        Raises:
            InputError: an option is given under two of its names.
        """
        words = {word.partition("=")[0] for word in takewhile(lambda word: word != "--", args)}
        for parameter in self.params:
            names = [name for name in parameter.opts if name in words]
            if len(names) > 1:
                raise InputError(f"{' and '.join(names)} are one option: give it once.")
        return super().parse_args(ctx, args)
