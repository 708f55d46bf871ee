"""The README's promises: its Python block runs, its files exist, its picture is there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import quasar

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_python_block_runs() -> None:
    (code,) = blocks("python")
    exec(compile(code, "README.md", "exec"), {})


def test_the_problem_file_loads() -> None:
    (text,) = blocks("json")
    assert quasar.load_problem(json.loads(text)).variables == ("Ada", "Emmy", "Grace")


def test_linked_files_exist() -> None:
    linked = re.findall(r"\]\(([^)#:]+)\)", README) + re.findall(r'src="([^"]+)"', README)
    assert linked
    assert [name for name in linked if not (ROOT / name).exists()] == []


def test_every_documentation_page_has_its_links() -> None:
    for page in (ROOT / "docs").glob("*.md"):
        for name in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / name).exists(), f"{page.name}: {name}"
