"""`quasar encode`: a problem's Hamiltonian and variables."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from quasar.cli import options


def command(
    problem: options.ProblemFile = None,
    encoding: Annotated[
        Literal["exact", "agent-q"] | None,
        typer.Option(
            help="exact: ground states are the optimal feasible solutions. agent-q: as in the "
            "benchmark, flaws included. Default: the file's own Hamiltonian or encoding, else "
            "exact."
        ),
    ] = None,
    variable_order: Annotated[
        Literal["natural", "lexicographic"] | None,
        typer.Option(
            help="How variables are sorted before numbering.",
            show_default="the file's, else natural",
        ),
    ] = None,
    penalty: options.Penalty = None,
    weight: options.WeightKey = None,
    problem_type: options.ProblemType = None,
    attribute: options.Attributes = None,
    as_json: options.AsJson = False,
) -> None:
    """Print a problem's Hamiltonian: text, variables in qubit order, constant.

    Qubit i belongs to variable i; a qubit measured as 0 means selected (x = 1).
    """
    from quasar.core.labels import to_json
    from quasar.verifier.solutions import penalty_weight

    encoded = options.read_problem(
        problem,
        problem_type,
        attribute,
        encoding=encoding,
        variable_order=variable_order,
        penalty=penalty,
        weight=weight,
    )
    strength = penalty_weight(encoded)
    if as_json:
        options.print_json(
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
