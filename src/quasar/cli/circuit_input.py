"""The circuit that several commands take: its argument, and reading it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
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


def read_program(
    circuit: Path, problem: Path | None, values: Mapping[str, float]
) -> tuple[str | bytes, dict[str, float]]:
    """Content of a circuit's file, or of standard input for a dash, and the values still to be set.

    A circuit in QPY takes its values here; an OpenQASM program where it is parsed.

    Args:
        problem: the problem's file, which cannot be standard input too.
        values: of the program's inputs.

    Raises:
        InputError: both are standard input, the file cannot be read, or QPY lacks a parameter that
            is given, or is given too few.
    """
    from quasar.circuits.source import bind_circuit, circuit_text

    source: Path | bytes = circuit
    if str(circuit) == "-":
        if problem is not None and str(problem) == "-":
            raise InputError("only one of circuit and --problem can be standard input (-).")
        source = sys.stdin.buffer.read()
    bound, left = bind_circuit(source, values, names_files=True)
    return circuit_text(bound), dict(left)


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
