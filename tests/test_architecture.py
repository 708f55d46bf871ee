"""The house rules that can be read off the source: import ranks, light start-up."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from pathlib import Path

import networkx as nx
import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "quasar"
RANKS = (
    "core problems optima circuits devices simulate compile mitigation optimize recipes tasks "
    "verifier hardware prompts models agent report integrations data evaluation train service "
    "studio cli"
).split()
MODULES = sorted(SOURCE.rglob("*.py"))


@functools.cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(parsed(path)))


def imports(path: Path) -> set[str]:
    """Every module that a file imports from, inside functions too; type-only imports count."""
    found = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module in {"quasar"} or node.module.count(".") == 1:
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
            found.add(node.module)
    return found


def test_imports_only_packages_of_lower_rank() -> None:
    wrong = []
    for path in MODULES:
        file = path.relative_to(SOURCE)
        for module in sorted(imports(path)):
            parts = module.split(".")
            if parts[0] == "quasar" and parts[1:] and rank(parts[1]) > rank(file.parts[0]):
                wrong.append(f"{file} may not import {module}")
    assert wrong == []


def rank(name: str) -> int:
    """The package root (its files and the names it offers) stands above every room."""
    return RANKS.index(name) if name in RANKS else len(RANKS)


def test_every_folder_has_a_rank() -> None:
    assert {path.parent.name for path in SOURCE.glob("*/__init__.py")} <= set(RANKS)


def module_name(path: Path) -> str:
    parts = ("quasar", *path.relative_to(SOURCE).with_suffix("").parts)
    return ".".join(parts).removesuffix(".__init__")


def imported_modules(path: Path, known: set[str]) -> set[str]:
    """Those of `known` that a file imports; of `from package import name` the module."""
    found = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            full = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= full if full <= known else {node.module, *full}
    return found & known


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Imports inside functions and those for types only count too."""
    names = {path: module_name(path) for path in MODULES}
    known = set(names.values())
    graph = nx.DiGraph()
    for path, name in names.items():
        graph.add_edges_from((name, other) for other in imported_modules(path, known))
    assert [sorted(c) for c in nx.strongly_connected_components(graph) if len(c) > 1] == []


def test_modules_have_a_header_docstring() -> None:
    assert [str(path) for path in MODULES if not ast.get_docstring(parsed(path))] == []


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


def test_modules_and_functions_are_small() -> None:
    large = []
    for path in MODULES:
        if len(path.read_text(encoding="utf-8").splitlines()) > 450:
            large.append(str(path))
        for node in nodes(path):
            is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            if is_function and (node.end_lineno or 0) - node.lineno >= 100:
                large.append(f"{path}: {node.name}")
    assert large == []


def test_a_public_class_has_a_name_of_its_own() -> None:
    homes: dict[str, list[str]] = {}
    for path in MODULES:
        for node in parsed(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(str(path.relative_to(SOURCE)))
    assert {name: where for name, where in homes.items() if len(where) > 1} == {}


def test_the_registries_are_where_the_contributors_page_says() -> None:
    page = (SOURCE.parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = page.partition("| to add |")[2].partition("\n\n")[0].splitlines()[2:]
    entries = [re.findall("`([A-Z_]+)` in `([^`]+)`", row)[-1] for row in table]
    assert len(entries) > 4
    for name, file in entries:
        tree = parsed(SOURCE / file)
        known = {ast.unparse(node.target) for node in tree.body if isinstance(node, ast.AnnAssign)}
        assert name in known, f"{file} has no {name}"


def test_options_list_the_same_values_in_one_order() -> None:
    """`Literal`s of the same values are one type to Python: which order help shows would hang on
    which module was imported first.
    """
    orders: dict[frozenset[str], set[tuple[str, ...]]] = {}
    for path in MODULES:
        for node in nodes(path):
            if isinstance(node, ast.Subscript) and getattr(node.value, "id", "") == "Literal":
                parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
                values = tuple(ast.unparse(part) for part in parts)
                orders.setdefault(frozenset(values), set()).add(values)
    assert not [found for found in orders.values() if len(found) > 1]
