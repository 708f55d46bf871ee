"""`quasar encode`: a problem's Hamiltonian and variables."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from quasar.cli.options import (
    AsJson,
    Attributes,
    Penalty,
    ProblemFile,
    ProblemType,
    WeightKey,
    print_json,
    read_problem,
)


class EncodingName(StrEnum):
    """Choices of --encoding."""

    exact = "exact"
    agent_q = "agent-q"


class OrderName(StrEnum):
    """Choices of --variable-order."""

    natural = "natural"
    lexicographic = "lexicographic"


def command(
    problem: ProblemFile,
    encoding: Annotated[
        EncodingName | None,
        typer.Option(
            help="exact: ground states are the optimal feasible solutions. agent-q: as in the "
            "benchmark, flaws included. Default: the file's own Hamiltonian or encoding, else "
            "exact.",
            show_default=False,
        ),
    ] = None,
    variable_order: Annotated[
        OrderName | None,
        typer.Option(
            help="How variables are sorted before numbering.",
            show_default="the file's, else natural",
        ),
    ] = None,
    penalty: Penalty = None,
    weight: WeightKey = None,
    problem_type: ProblemType = None,
    attribute: Attributes = None,
    as_json: AsJson = False,
) -> None:
    """Print a problem's Hamiltonian: text, variables in qubit order, constant.

    Qubit i belongs to variable i; a qubit measured as 0 means selected (x = 1).
    """
    from quasar.core.labels import to_json
    from quasar.verifier.solutions import penalty_weight

    encoded = read_problem(
        problem,
        problem_type,
        attribute,
        encoding=None if encoding is None else encoding.value,
        variable_order=None if variable_order is None else variable_order.value,
        penalty=penalty,
        weight=weight,
    )
    strength = penalty_weight(encoded)
    if as_json:
        print_json(
            {
                "hamiltonian": encoded.hamiltonian.to_text(),
                "variables": [to_json(v) for v in encoded.variables],
                "n_qubits": encoded.n_qubits,
                "constant": encoded.hamiltonian.constant,
                "encoding": encoded.encoding,
                "variable_order": encoded.variable_order,
                "penalty": None if strength is None else strength.model_dump(mode="json"),
            }
        )
        return
    typer.echo(f"encoding    {encoded.encoding}, {encoded.variable_order} order")
    typer.echo(f"qubits      {encoded.n_qubits}")
    for i, variable in enumerate(encoded.variables):
        typer.echo(f"  q[{i}]      {to_json(variable)}")
    if strength is not None:
        typer.echo(
            f"penalty     {strength.weight:g} "
            f"(sufficient: {strength.sufficient:g}, {strength.derivation})"
        )
    typer.echo(f"constant    {encoded.hamiltonian.constant!r}")
    typer.echo(f"hamiltonian {encoded.hamiltonian.to_text()}")
