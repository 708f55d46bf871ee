"""`quasar convert`: a problem in one format to the same problem in another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quasar.cli import options
from quasar.cli.output import check_new_file


def command(
    problem: Annotated[
        Path,
        typer.Argument(
            metavar="IN", help="Problem file of any format that is read; - reads standard input."
        ),
    ],
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT",
            help="File to write; its suffix says the format, such as .json, .graphml, .gml, "
            ".edgelist, .csv, .g6, .dimacs, .rud, .metis, .mtx, .npy, .qubo, .coo, .lp, .mps, .cnf "
            "or .tsp; packed with .gz, .bz2 or .xz behind it.",
        ),
    ],
    problem_type: options.ProblemType = None,
    attribute: options.Attributes = None,
    weight: options.WeightKey = None,
    drop: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="What may be lost: an attribute of the problem, its nodes or edges, or a field of "
            "its file; may be repeated.",
        ),
    ] = None,
    renumber: Annotated[
        bool,
        typer.Option(
            "--renumber", help="Give nodes or variables the numbers of the format, and list them."
        ),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Write a problem in another format: lossless, or refused with what would be lost."""
    from quasar.core.files import replacing
    from quasar.core.labels import to_json
    from quasar.problems.formats.convert import convert
    from quasar.problems.formats.packing import own_suffix, packed

    check_new_file(out, force=force)
    found = convert(
        options.problem_source(problem),
        own_suffix(out),
        problem_type=problem_type,
        attributes=options.read_attributes(attribute),
        weight=weight,
        drop=drop or (),
        renumber=renumber,
    )
    content = found.file if isinstance(found.file, bytes) else found.file.encode("utf-8")
    with replacing(out) as partial:
        partial.write_bytes(packed(content, out))
    for name, number in found.renamed.items():
        typer.echo(f"{number} stands for {to_json(name)!r}")
    again = f"; read it with --type {found.problem_type}" if found.ask else ""
    typer.echo(f"{out}: {found.problem_type} as {found.title}{again}")
