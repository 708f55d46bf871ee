"""The house rules that can be read off the source: import ranks, light start-up."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import networkx as nx
import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "quasar"
RANKS = (
    "core problems optima circuits devices simulate compile optimize recipes verifier hardware "
    "prompts models agent report integrations data evaluation train service studio cli"
).split()
MODULES = sorted(SOURCE.rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Every module that a file imports from, inside functions too; type-only imports count."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module in {"quasar"} or node.module.count(".") == 1:
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_only_packages_of_lower_rank(path: Path) -> None:
    room = path.relative_to(SOURCE).parts[0]
    for module in imports(path):
        parts = module.split(".")
        if parts[0] == "quasar" and parts[1:]:
            assert rank(parts[1]) <= rank(room), f"{room} may not import {module}"


def rank(name: str) -> int:
    """The package root (its files and the names it offers) stands above every room."""
    return RANKS.index(name) if name in RANKS else len(RANKS)


def test_every_folder_has_a_rank() -> None:
    assert {path.parent.name for path in SOURCE.glob("*/__init__.py")} <= set(RANKS)


def module_name(path: Path) -> str:
    parts = ("quasar", *path.relative_to(SOURCE).with_suffix("").parts)
    return ".".join(parts).removesuffix(".__init__")


def imported_modules(path: Path) -> set[str]:
    """The project's own modules that a file imports; of `from package import name` the module."""
    known = {module_name(other) for other in MODULES}
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            full = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= full if full <= known else {node.module, *full}
    return found & known


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Imports inside functions and those for types only count too."""
    graph = nx.DiGraph()
    for path in MODULES:
        graph.add_edges_from((module_name(path), other) for other in imported_modules(path))
    assert [sorted(c) for c in nx.strongly_connected_components(graph) if len(c) > 1] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_has_a_header_docstring(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import quasar", {"numpy", "qiskit", "torch", "networkx"}),
        ("import quasar.cli.main", {"numpy", "qiskit", "torch", "networkx", "pydantic"}),
        ("import quasar; quasar.verify", {"qiskit", "torch", "matplotlib", "scipy"}),
    ],
)
def test_start_up_stays_light(statement: str, absent: set[str]) -> None:
    code = f"import sys; {statement}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in run.stdout.split()}
    assert not loaded & absent


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_modules_and_functions_are_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 450
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 100, node.name


def test_a_public_class_has_a_name_of_its_own() -> None:
    homes: dict[str, list[str]] = {}
    for path in MODULES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(str(path.relative_to(SOURCE)))
    assert {name: where for name, where in homes.items() if len(where) > 1} == {}


def test_the_registries_are_where_the_contributors_page_says() -> None:
    page = (SOURCE.parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = page.partition("| to add |")[2].partition("\n\n")[0].splitlines()[2:]
    entries = [re.findall("`([A-Z_]+)` in `([^`]+)`", row)[-1] for row in table]
    assert len(entries) > 4
    for name, file in entries:
        tree = ast.parse((SOURCE / file).read_text(encoding="utf-8"))
        known = {ast.unparse(node.target) for node in tree.body if isinstance(node, ast.AnnAssign)}
        assert name in known, f"{file} has no {name}"
