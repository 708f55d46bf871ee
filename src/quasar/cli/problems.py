"""`quasar problems`: the known problem types, and what one of them reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quasar.cli.options import AsJson, print_json

if TYPE_CHECKING:
    from quasar.problems.base import Problem

_EXAMPLE_QUBITS = 9


def command(
    problem_type: Annotated[
        str | None,
        typer.Argument(
            metavar="[TYPE]",
            help="Show what this type reads, and an example to start from.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the problem types, what they find, and their encodings; or show one type."""
    from quasar.problems.registry import PROBLEMS, problem_class

    if problem_type is not None:
        about = _about(problem_class(problem_type))
        if as_json:
            print_json(about)
        else:
            typer.echo(_text(about))
        return
    if as_json:
        print_json(
            {
                name: {"title": cls.title, "sense": cls.sense, "encodings": list(cls.encodings)}
                for name, cls in sorted(PROBLEMS.items())
            }
        )
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("problem_type", "finds", "encodings", box=None, pad_edge=False)
    for name, cls in sorted(PROBLEMS.items()):
        table.add_row(name, cls.title.removeprefix("Find "), ", ".join(cls.encodings))
    Console().print(table)


def _about(cls: type[Problem]) -> dict[str, Any]:
    from quasar.core.seeds import generator

    reads = cls.reads
    return {
        "problem_type": cls.problem_type,
        "title": cls.title,
        "sense": cls.sense,
        "encodings": list(cls.encodings),
        "fields": list(reads.fields),
        "attributes": dict(reads.attributes),
        "nodes": dict(reads.nodes),
        "edges": dict(reads.edges),
        "example": cls.sample(generator(0, "example"), _EXAMPLE_QUBITS).to_data(),
    }


def _text(about: dict[str, Any]) -> str:
    lines = [f"{about['problem_type']}: {about['title']}"]
    lines.append(f"encodings   {', '.join(about['encodings'])}")
    if about["fields"]:
        lines.append(f"states      {', '.join(about['fields'])}")
    for name, what in (("attributes", "attribute"), ("nodes", "of nodes"), ("edges", "of edges")):
        lines += [f"{what:<11} {key}: {meaning}" for key, meaning in about[name].items()]
    named = [*about["nodes"], *about["edges"]]
    if named:
        lines.append(
            f"            another key that holds the {named[0]} is named by the attribute "
            f'"{named[0]}" or by --weight'
        )
    return "\n".join([*lines, "", "A problem file of this type:", json.dumps(about["example"])])
