"""Options that several commands share, and how results are printed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

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
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def print_json(value: dict[str, Any]) -> None:
    """Write one JSON object to standard output."""
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False, allow_nan=False)
    sys.stdout.write("\n")
