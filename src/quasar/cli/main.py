"""Entry point of the `quasar` command: assembles the commands, turns errors into exit codes.

Exit codes: 0 done (verify: feasible), 2 bad usage or bad input, 3 infeasible circuit, 4 the
machinery failed, 130 interrupted.
"""

from __future__ import annotations

import json
import os
import sys
from typing import NoReturn

# Before numpy is loaded: quasar runs one process a core, and BLAS threads would fight over them.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import typer

from quasar.cli import (
    bench,
    convert,
    crossover,
    data,
    devices,
    doctor,
    draw,
    encode,
    evaluate,
    generate,
    mcp,
    optimise,
    problems,
    run,
    serve,
    show,
    solve,
    studio,
    tasks,
    train,
    verify,
)
from quasar.cli import compile as compile_
from quasar.cli.command import Command
from quasar.cli.usage import Commands, is_usage_error, no_command, usage_sentence
from quasar.core.errors import EXIT_INFRASTRUCTURE, EXIT_INTERRUPTED, EXIT_USAGE, QuasarError

app = typer.Typer(
    name="quasar",
    help="Verified quantum program synthesis: graph problems in, measured OpenQASM 3 circuits out.",
    no_args_is_help=True,
    cls=Commands,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        from quasar.core.version import __version__

        typer.echo(f"quasar {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    pass


for _command in (
    generate,
    verify,
    optimise,
    solve,
    draw,
    show,
    evaluate,
    encode,
    run,
    crossover,
    problems,
    tasks,
    devices,
    compile_,
    convert,
    serve,
    studio,
    mcp,
    doctor,
):
    app.command(name=_command.__name__.rpartition(".")[2])(_command.command)
app.command(name="optimize", hidden=True)(optimise.command)
app.command(
    name="bench", context_settings={"allow_extra_args": True, "ignore_unknown_options": True}
)(bench.command)
app.add_typer(data.app, name="data")
app.add_typer(train.app, name="train")


for _group in (app, data.app, train.app):
    for _registered in _group.registered_commands:
        _registered.cls = Command


def main() -> None:
    """Run the command line; exits with the codes above."""
    try:
        code = app(standalone_mode=False)
    except QuasarError as error:
        _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        _fail("interrupted.", EXIT_INTERRUPTED)
    except typer.Abort:
        _fail("standard input has ended: there is nothing to read.", EXIT_USAGE)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except MemoryError:
        _fail("out of memory: use a smaller problem or a machine with more.", EXIT_INFRASTRUCTURE)
    except Exception as error:
        if no_command(error):
            error.show()  # type: ignore[attr-defined]
            sys.exit(EXIT_USAGE)
        if is_usage_error(error):
            _fail(usage_sentence(error), EXIT_USAGE)
        if os.environ.get("QUASAR_DEBUG"):
            raise
        _fail(
            f"internal fault ({type(error).__name__}: {error}); set QUASAR_DEBUG=1 to see where.",
            EXIT_INFRASTRUCTURE,
        )
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str, code: int) -> NoReturn:
    if "--json" in sys.argv:
        print(json.dumps({"error": message, "exit_code": code}))
    print(f"error: {message}", file=sys.stderr)
    sys.exit(code)
