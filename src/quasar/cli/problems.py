"""`quasar problems`: the known problem types."""

from __future__ import annotations

from quasar.cli.options import AsJson, print_json


def command(as_json: AsJson = False) -> None:
    """List the problem types, what they find, and their encodings."""
    from quasar.problems.registry import PROBLEMS

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
