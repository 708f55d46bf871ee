"""Options that several commands share, and how results are printed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

ProblemFile = Annotated[
    Path,
    typer.Option(
        "--problem",
        help="Problem file (JSON): problem_type, graph, problem_specific_attributes; "
        "any benchmark record is one.",
        show_default=False,
    ),
]
WeightKey = Annotated[
    str | None,
    typer.Option(
        "--weight",
        metavar="KEY",
        help="Key of the graph's edges (or nodes) that holds their weights or capacities, such as "
        "distance. Default: the problem file's own choice, else weight or capacity.",
        show_default=False,
    ),
]


Penalty = Annotated[
    float | None,
    typer.Option(
        help="Weight of the constraints in the Hamiltonian of the exact encoding.",
        show_default="one that is proved to be sufficient",
    ),
]


OnExecutor = Annotated[
    Literal["local", "ray"],
    typer.Option(
        "--executor",
        "--engine",
        help="Processes of this machine, or tasks on a Ray cluster. (--engine: its old name.)",
    ),
]
RayAddress = Annotated[
    str | None,
    typer.Option(help="Running Ray cluster.", show_default="RAY_ADDRESS, else one is started here"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def print_json(value: dict[str, Any]) -> None:
    """Write one JSON object to standard output."""
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False, allow_nan=False)
    sys.stdout.write("\n")
