"""The notebooks in examples/: what the site makes of them. `make docs` runs them all."""

from __future__ import annotations

import ast
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.pages import ROOT

pytest.importorskip("jupytext", reason="needs the extra docs")
SITE = runpy.run_path(str(ROOT / "docs" / "site" / "site_examples.py"))
SCRIPTS: list[Path] = SITE["scripts"](ROOT)


def name_of(script: Path) -> str:
    return script.stem


def test_all_are_in_the_site_and_on_the_page() -> None:
    index = (ROOT / "docs" / "site" / "index.md").read_text(encoding="utf-8")
    page = (ROOT / "docs" / "notebooks.md").read_text(encoding="utf-8")
    assert [script.stem[:2] for script in SCRIPTS] == [f"{i:02d}" for i in range(11)]
    assert all(f"pages/examples/{script.stem}\n" in index for script in SCRIPTS)
    assert all(f"../examples/{script.name})" in page for script in SCRIPTS)


@pytest.mark.parametrize("script", SCRIPTS, ids=name_of)
def test_a_script_is_a_short_notebook_with_a_title_and_a_picture(script: Path) -> None:
    found = SITE["notebook"](script)
    assert found.cells[0].source.startswith("# ")
    code = [cell.source for cell in found.cells if cell.cell_type == "code"]
    assert 3 <= len(code) <= 10
    assert any("figure" in s or ".plot(" in s or s.endswith("\nfound") for s in code)
    for source in code:
        ast.parse(source)
    assert len(script.read_text(encoding="utf-8").splitlines()) <= 200
    assert SITE["notebook"](script) == found  # equal scripts, equal pages


def test_pages_are_written_with_links_of_the_site_and_downloads_without(tmp_path: Path) -> None:
    written: dict[str, str] = {}

    def write(path: Path, text: str) -> None:
        written[str(path.relative_to(tmp_path))] = text

    def linked(text: str, *_: Any) -> str:
        return text.replace("../docs/", "../../../")

    SITE["write_examples"](ROOT, tmp_path, linked, write)
    assert len(written) == 2 * len(SCRIPTS)
    page, download = (
        written[f"{kind}/02_your_own_problem.ipynb"] for kind in ("examples", "downloads")
    )
    assert "](../../../problems.md)" in page
    assert "{download}`" in page
    assert "](" not in download
    assert "problems (docs/problems.md)" in download


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("script", SCRIPTS, ids=name_of)
def test_a_script_runs_by_itself(script: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "agg", "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
