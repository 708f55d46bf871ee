"""What an evaluation's table looks like: the summary, the short line, HTML and the folder.

Called by the methods of `core.presented`. Pictures are drawn into the folder (`plots`).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from quasar.core.errors import InputError
from quasar.core.files import new_folder
from quasar.core.settings import need_flags, wrong
from quasar.evaluation.report import (
    beyond_text,
    difference_rows,
    has_large,
    paper_rows,
    terminal,
    write_report,
)
from quasar.evaluation.result import EvaluationTable
from quasar.evaluation.run_style import short
from quasar.problems.overlay import counted
from quasar.report import html
from quasar.report.plain_text import WIDTH, table, wrapped

if TYPE_CHECKING:
    from quasar.evaluation.table import Table

Grid = tuple[list[str], list[list[str]]]
"""Headings and rows of cells."""


def face(result: EvaluationTable) -> EvaluationFace:
    """The face of a table."""
    return EvaluationFace(result)


class EvaluationFace:
    """What is shown of a table."""

    def __init__(self, found: EvaluationTable) -> None:
        self.found = found

    def text(self) -> str:
        """The command line's summary: plain text of 80 columns, tables in parts where need be."""
        parts = []
        for number, (caption, grid) in enumerate(self._tables()):
            text = table(*grid, indent=0, right=True)
            said = "\n".join(wrapped(caption, WIDTH))
            parts.append(f"\n{said}\n{text}" if number else f"{text}\n{said}")
        return "\n".join(parts)

    def line(self) -> str:
        return f"<EvaluationTable: {counted(len(self.found), 'run')}, {self._records()}>"

    def html(self) -> str:
        parts = []
        for caption, grid in self._tables():
            parts.append(f"<p>{html.escaped(caption)}</p>{html.table(*grid)}")
        title = f"Evaluation: {counted(len(self.found), 'run')}, {self._records()}"
        return html.document(title, (), *parts)

    def plot(self, kind: str | None) -> NoReturn:
        raise InputError(
            "the pictures of an evaluation are drawn into a folder: .save(folder) writes them to "
            "folder/plots."
        )

    def save(self, folder: str | os.PathLike[str], *, force: bool) -> list[str]:
        need_flags(force=force)
        if not isinstance(folder, str | os.PathLike):
            raise wrong("folder", "the name of a folder", folder)
        found = self.found
        if found.evaluation is None:
            raise InputError("a table read from a file has nothing to save: copy its folder.")
        with new_folder(Path(folder), force=force) as path:
            for name, content in found.files.items():
                (path / name).write_bytes(content)
            write_report(found.evaluation, path, against_paper=found.against_paper)
            return sorted(str(p.relative_to(path)) for p in path.rglob("*") if p.is_file())

    def _records(self) -> str:
        row = next(iter(self.found.values()), None)
        return counted(0 if row is None else row["samples"], "record")

    def _tables(self) -> list[tuple[str, Grid]]:
        """What each table shows, and the table; the main one first."""
        rows: Table = self.found
        tables = [(self._caption(), _main(rows))]
        headings, cells = difference_rows(rows, intervals=False)
        if cells:
            named = next(row["difference"]["from"] for row in rows.values() if "difference" in row)
            caption = (
                f"Difference to {named}, record by record (fractions in percentage points; *: the "
                "95% interval leaves out 0):"
            )
            tables.append((caption, (headings, [[short(run), *others] for run, *others in cells])))
        if self.found.against_paper:
            caption = "Beside the published figures (*), fractions in percent:"
            tables.append((caption, paper_rows(rows)))
        return tables

    def _caption(self) -> str:
        row = next(iter(self.found.values()), None)
        if row is None:
            return "no runs"
        text = (
            f"{self._records()}; a record counts by the best of its k candidates; SREV in the "
            f"{row['energy_convention']} energy convention."
        )
        beyond = beyond_text(self.found)
        return text if beyond is None else f"{text} {beyond}"


def _main(rows: Table) -> Grid:
    columns = terminal(beyond=has_large(rows))
    cells = [[short(run), *(cell(row) for _, cell in columns)] for run, row in rows.items()]
    return ["run", *(heading for heading, _ in columns)], cells
