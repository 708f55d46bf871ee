"""The circuit that several commands take: its argument, and reading it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quasar.core.errors import CircuitError, InputError

if TYPE_CHECKING:
    from quasar.circuits.qasm import Program

CircuitFile = Annotated[
    Path, typer.Argument(help="OpenQASM or QPY file; - reads standard input.", show_default=False)
]
Assignments = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Value of an input parameter, such as gamma=0.4 or beta=pi/3; may be repeated.",
        show_default=False,
    ),
]


def read_program(circuit: Path, problem: Path | None = None) -> str | bytes:
    """Content of a circuit's file, or of standard input for a dash.

    Args:
        problem: the problem's file, which cannot be standard input too.

    Raises:
        InputError: both are standard input, or the file cannot be read.
    """
    from quasar.circuits.source import circuit_text

    if str(circuit) != "-":
        return circuit_text(circuit)
    if problem is not None and str(problem) == "-":
        raise InputError("only one of circuit and --problem can be standard input (-).")
    return circuit_text(sys.stdin.buffer.read())


def parse_program(text: str | bytes, parameters: dict[str, float]) -> Program:
    """A program that has been judged feasible, or is the caller's own.

    Raises:
        CircuitError: it is not a program of OpenQASM 3, or inputs have no value.
    """
    from quasar.circuits.qasm import parse

    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError:
            raise CircuitError("the text is not UTF-8.", kind="syntax") from None
    return parse(text, parameters=parameters, header="language")
