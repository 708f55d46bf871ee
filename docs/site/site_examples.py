"""The notebooks of the site, from the scripts in examples/, and their downloads.

A script in the percent format (`# %%` between cells) runs as it is, shows readable differences, and
is a page that Sphinx executes. The download is the same notebook without output.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import jupytext
import nbformat

_LINK = re.compile(r"\[([^\]]*)\]\(([^):]+)\)")


def scripts(root: Path) -> list[Path]:
    """The scripts that are notebooks, in order."""
    return sorted((root / "examples").glob("[0-9][0-9]_*.py"))


def write_examples(
    root: Path, folder: Path, linked: Callable[[str, Path, Path], str], write: Callable
) -> None:
    """Write a page and a download for each script.

    Args:
        folder: of the site's made pages; pages go to `examples/` in it, downloads to `downloads/`.
        linked: turns links of a text for another folder.
        write: writes a file if its text changed.
    """
    for name in ("examples", "downloads"):
        (folder / name).mkdir(exist_ok=True)
    for script in scripts(root):
        name = f"{script.stem}.ipynb"
        page = notebook(script)
        for cell in page.cells:
            if cell.cell_type == "markdown":
                cell.source = linked(cell.source, script.parent, folder / "examples")
        page.cells[0].source += (
            f"\n\nRun it yourself: {{download}}`this page as a notebook <../downloads/{name}>`, or "
            f"`python examples/{script.name}` in a clone."
        )
        write(folder / "examples" / name, nbformat.writes(page) + "\n")
        download = notebook(script)
        for cell in download.cells:  # no page of the repository lies beside a download
            if cell.cell_type == "markdown":
                cell.source = _LINK.sub(r"\1 (\2)", cell.source).replace("(../docs/", "(docs/")
        write(folder / "downloads" / name, nbformat.writes(download) + "\n")


def notebook(script: Path) -> nbformat.NotebookNode:
    """The script as a notebook; equal scripts give equal notebooks."""
    found = jupytext.read(script, fmt="py:percent")
    found.metadata = nbformat.from_dict(
        {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    )
    for number, cell in enumerate(found.cells):
        cell["id"] = f"cell-{number}"
    return found
