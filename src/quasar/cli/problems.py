"""`quasar problems`: the known problem types, and what one of them reads and answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quasar.cli.completion import problem_types
from quasar.cli.options import AsJson, print_json
from quasar.core.errors import InputError

if TYPE_CHECKING:
    from quasar.problems.description import ProblemType


def command(
    problem_type: Annotated[
        str | None,
        typer.Argument(
            metavar="[TYPE]",
            help="Show what this type reads, and a problem file to start from.",
            show_default=False,
            autocompletion=problem_types,
        ),
    ] = None,
    template: Annotated[
        bool,
        typer.Option("--template", help="Print only a problem file of the type, to copy."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the problem types and what they find; or show what one type reads and answers."""
    from quasar.problems.description import describe, describe_all
    from quasar.problems.registry import OBSERVABLES

    if problem_type is not None:
        about = describe(problem_type)
        if template:
            print_json(about.template or {})
        elif as_json:
            print_json(_data(about))
        else:
            typer.echo(_text(about))
        return
    if template:
        raise InputError("--template needs a type: quasar problems TYPE --template.")
    types = describe_all()
    if as_json:
        print_json({about.problem_type: _data(about) for about in types})
        return
    width = max(len(about.problem_type) for about in types)
    for about in types:
        if about.problem_type == min(OBSERVABLES):
            typer.echo("\nGround states, which are no bit strings (docs/observables.md):")
        typer.echo(f"{about.problem_type:{width}}  {about.title.removeprefix('Find ')}")
    typer.echo("\n`quasar problems TYPE` shows what a type reads, and a problem file to copy.")


def _data(about: ProblemType) -> dict[str, Any]:
    """The JSON of a type; its template is called `example` too, its name before there was one."""
    data = about.model_dump(mode="json")
    if about.template is None:
        del data["template"]
        return data
    return {**data, "example": about.template}


def _text(about: ProblemType) -> str:
    best = "smallest" if about.sense == "min" else "largest"
    lines = [
        f"{about.problem_type}: {about.title}",
        f"objective   {about.objective}; {best} is best",
        f"solution    {about.solution}",
        f"qubits      {about.qubits}",
        f"encodings   {', '.join(about.encodings)}",
    ]
    if about.graph is not None:
        lines.append(f"graph       {about.graph}")
    if about.fields:
        lines.append(f"states      {', '.join(about.fields)}")
    needed = set(about.required)
    for what, entries in (
        ("attribute", about.attributes),
        ("of nodes", about.nodes),
        ("of edges", about.edges),
    ):
        lines += [
            f"{what:<11} {name}: {meaning}{' (required)' if name in needed else ''}"
            for name, meaning in entries.items()
        ]
    named = [*about.nodes, *about.edges]
    if named:
        lines.append(
            f"            another key that holds the {named[0]} is named by the attribute "
            f'"{named[0]}" or by --weight'
        )
    if about.aliases:
        lines.append(f"also        {', '.join(about.aliases)}")
    return "\n".join([*lines, "", "A problem file of this type:", json.dumps(about.template)])
