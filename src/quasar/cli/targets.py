"""What a circuit is compiled for: `--basis` and `--coupling`, of which either is enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from quasar.core.errors import InputError

if TYPE_CHECKING:
    from quasar.circuits.statistics import Compiled, Statistics


def _bases(incomplete: str) -> list[str]:
    from quasar.circuits.statistics import BASES

    return [name for name in BASES if name.startswith(incomplete)]


def _couplings(incomplete: str) -> list[str]:
    from quasar.circuits.statistics import COUPLINGS

    return [name for name in COUPLINGS if name.startswith(incomplete)]


Basis = Annotated[
    str | None,
    typer.Option(
        help="Also compile to native gates: generic, ibm-heron, ibm-eagle or ion. Default with "
        "--coupling: generic.",
        show_default=False,
        autocompletion=_bases,
    ),
]
Coupling = Annotated[
    str | None,
    typer.Option(
        help="Connections to compile for: full, line, ring, grid or heavy-hex. Default with "
        "--basis: full.",
        show_default=False,
        autocompletion=_couplings,
    ),
]


class Target(NamedTuple):
    """What to compile for."""

    basis: str
    coupling: str


def read_target(basis: str | None, coupling: str | None) -> Target | None:
    """The target that the options name; None where neither is given.

    Raises:
        InputError: an unknown name.
    """
    from quasar.circuits.statistics import BASES, COUPLINGS

    if basis is None and coupling is None:
        return None
    return Target(
        _known("--basis", basis or "generic", tuple(BASES)),
        _known("--coupling", coupling or "full", COUPLINGS),
    )


def _known(option: str, given: str, names: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    if given in names:
        return given
    near = get_close_matches(given.lower(), names, 1)
    meant = f"; did you mean {near[0]!r}?" if near else "."
    raise InputError(f"{option} takes {', '.join(names)}, not {given!r}{meant}")


def compiled(
    text: str | bytes, target: Target, parameters: dict[str, float] | None = None
) -> Compiled | None:
    """A program compiled; None for a dynamic one, or one that cannot be simulated."""
    from quasar.circuits.statistics import compile_circuit
    from quasar.cli.circuit_input import parse_program
    from quasar.core.errors import CircuitError

    try:
        circuit = parse_program(text, parameters or {}).circuit
    except CircuitError:
        return None
    return None if circuit is None else compile_circuit(circuit, *target)


def compiled_text(size: Statistics | None, target: Target) -> str:
    """The size on the target, or why there is none, as a text for the terminal."""
    from quasar.problems.overlay import counted

    if size is None:
        return "not possible: the program has no fixed list of gates"
    gates = f"{counted(size.gates, 'gate')} ({size.two_qubit_gates} on two qubits)"
    return f"{gates}, depth {size.depth} ({', '.join(target)})"
