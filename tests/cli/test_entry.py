"""The command from its first moment, in an interpreter of its own."""

from __future__ import annotations

import subprocess
import sys

INTERRUPTED = """
import builtins
load = builtins.__import__

def interrupted(name, *more):
    if name == "typer":
        raise KeyboardInterrupt
    return load(name, *more)

builtins.__import__ = interrupted
from quasar.cli.entry import main
main()
"""


def test_an_interrupt_while_the_commands_load_is_said_in_a_line() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "error: interrupted.\n")


def test_it_runs_the_command_line() -> None:
    command = [sys.executable, "-m", "quasar", "--version"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stdout.startswith("quasar ")
