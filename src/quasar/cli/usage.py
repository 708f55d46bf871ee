"""What is wrong with a command line, in one sentence that says what to change."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from typer.core import TyperGroup

from quasar.core.errors import Interrupted

_MEANT = {
    "generate": "design synthesise synthesize create write run",
    "verify": "check judge test score validate grade",
    "optimise": "optimize tune polish refine improve minimise minimize",
    "draw": "plot picture render image diagram",
    "show": "print open view info inspect report cat",
    "problems": "types list problem-types describe",
    "encode": "hamiltonian ising qubo formulate",
    "convert": "export transform translate",
    "evaluate": "eval compare metrics",
    "solve": "optimum optima bound",
    "serve": "server api http",
    "bench": "benchmark benchmarks",
}
"""Other words for commands."""
_PLAINER = {
    "greater than or equal to": "at least",
    "less than or equal to": "at most",
    "greater than": "above",
    "less than": "below",
    "a valid integer": "an integer",
    "a valid number": "a number",
}
_WORDS = {word: name for name, words in _MEANT.items() for word in words.split()}


class Commands(TyperGroup):
    """The commands, which know other words for themselves; Ctrl-C ends them with a sentence."""

    def make_context(self, *args: Any, **how: Any) -> Any:
        """Read the command line; interrupted as `invoke`."""
        with _saying_so():
            return super().make_context(*args, **how)

    def invoke(self, ctx: Any) -> Any:
        """Run a command.

        Raises:
            Interrupted: by Ctrl-C, where the command does not heed it itself.
        """
        with _saying_so():
            return super().invoke(ctx)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is named; see the base class."""
        given = args[0] if args else ""
        if given not in self.commands and given.lower() in self.commands:
            args = [given.lower(), *args[1:]]
        elif given not in self.commands and _WORDS.get(given.lower()) in self.commands:
            ctx.fail(f"No such command {given!r}. Did you mean {_WORDS[given.lower()]!r}?")
        return super().resolve_command(ctx, args)


@contextmanager
def _saying_so() -> Iterator[None]:
    """Ctrl-C with a sentence, which Typer would turn into an exit without a word."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted("interrupted.") from None


def is_usage_error(error: Exception) -> bool:
    """Whether the command line is at fault; decided by form, as Typer has changed the class."""
    return hasattr(error, "format_message") and hasattr(error, "exit_code")


def usage_sentence(error: Any) -> str:
    """What is wrong and what to change."""
    path = "quasar"
    if error.ctx is not None:
        words = error.ctx.command_path.split()
        path = " ".join(["quasar", *words[error.ctx.find_root().command_path.count(" ") + 1 :]])
    objection = _objection(error).rstrip(".")
    end = "" if objection.endswith("?") else "."
    return f"{objection}{end} `{path} --help` shows what it takes."


def _objection(error: Any) -> str:
    name = getattr(error, "option_name", None)
    if name is not None and hasattr(error, "possibilities"):
        near = " or ".join(sorted(error.possibilities or ()))
        return f"there is no option {name}{f': did you mean {near}?' if near else ''}"
    parameter = getattr(error, "param", None)
    if parameter is None:
        return str(error.format_message()).rstrip(".") + _problem_option(error)
    shown = parameter.name.upper()
    if parameter.param_type_name == "option":
        shown = max(parameter.opts, key=len)
    if type(error).__name__ == "MissingParameter":
        return f"{shown} is missing"
    message = str(error.message).removeprefix("Value error, ")
    if message.startswith("Input should be "):
        message = f"must be {message.removeprefix('Input should be ').partition(', unable')[0]}"
    for long, short in _PLAINER.items():
        message = message.replace(long, short)
    message = message.rstrip(".")
    if message.startswith("must "):
        return f"{shown} {message}"
    return f"{shown}: {message}{_nearest(message)}"


def _problem_option(error: Any) -> str:
    """What a file that stands alone on the command line may be."""
    taken = [o for p in error.ctx.command.params for o in p.opts] if error.ctx else []
    alone = "unexpected extra argument" in error.format_message() and "--problem" in taken
    return ". A problem's file is named by --problem FILE" if alone else ""


def _nearest(message: str) -> str:
    """Which of the choices was meant, where a message lists them after what was written."""
    found = re.match(r"'([^']*)' is not one of (.*)", message)
    if found is None:
        return ""
    choices = re.findall(r"'([^']*)'", found[2])
    near = difflib.get_close_matches(found[1].lower(), choices, 1, 0.5)
    return f"; did you mean {near[0]!r}?" if near else ""


def no_command(error: Exception) -> bool:
    """Whether only help is missing: no command was named."""
    return type(error).__name__ == "NoArgsIsHelpError"
