"""Mutation testing: which faults there are, and that its verdicts are those of the tests."""

from __future__ import annotations

import ast
import random
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

SOURCE = '''
"""Not 1 of these words."""
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import os

def f(x: Literal[1, 2], y: int | None = 3) -> Literal[4]:
    total = -x
    total += 0.5
    if x < 1 and not y:
        return f"{x + 1} of 5"
    while y:
        y = y << 2 if True else 0
    return "a" + str(x)
'''
FAULTS = [
    ("number", "3", "4"),
    ("arithmetic", "-x", "x"),
    ("arithmetic", "total += 0.5", "total -= 0.5"),
    ("number", "0.5", "0.75"),
    ("boolean", "x < 1 and (not y)", "x < 1 or not y"),
    ("condition", "x < 1 and (not y)", "not (x < 1 and (not y))"),
    ("comparison", "x < 1", "x <= 1"),
    ("number", "1", "2"),
    ("boolean", "not y", "y"),
    ("condition", "y", "not y"),
    ("arithmetic", "y << 2", "y >> 2"),
    ("number", "2", "3"),
    ("boolean", "True", "False"),
    ("number", "0", "1"),
]


@pytest.fixture(autouse=True)
def _benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))


def test_the_faults_of_a_module() -> None:
    found = import_module("benchmarks.mutation.mutants").mutants(SOURCE)
    assert sorted((m.kind, m.before, m.after) for m in found) == sorted(FAULTS)
    assert [m.number for m in found] == list(range(len(found)))
    lines = SOURCE.splitlines()
    assert all(m.before.split()[-1].strip("()") in lines[m.line - 1] for m in found)


def test_each_fault_changes_one_place() -> None:
    """Of real modules: the text parses, differs, and in no more than the lines of one statement."""
    module = import_module("benchmarks.mutation.mutants")
    rng = random.Random(4)
    for path in rng.sample(sorted((ROOT / "src" / "quasar").rglob("*.py")), 8):
        source = path.read_text(encoding="utf-8")
        plain = ast.unparse(ast.parse(source)).splitlines()
        found = module.mutants(source)
        for mutant in rng.sample(found, min(4, len(found))):
            changed = module.mutated(source, mutant.number).splitlines()
            ast.parse("\n".join(changed))
            assert len(changed) == len(plain)
            assert sum(a != b for a, b in zip(changed, plain, strict=True)) == 1
    with pytest.raises(IndexError, match="no fault"):
        module.mutated("x = 1", 1)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one module: sums are tested beside it, differences elsewhere, products not."""
    files = {
        "src/quasar/__init__.py": "",
        "src/quasar/room/__init__.py": "",
        "src/quasar/room/numbers.py": (
            "def add(a, b):\n    return a + b\n"
            "def less(a, b):\n    return a - b\n"
            "def times(a, b):\n    return a * b\n"
            "def count(n):\n    while n != 0:\n        n = n - 2\n    return n\n"
        ),
        "tests/room/test_numbers.py": (
            "from quasar.room.numbers import add, count\n"
            "def test_add():\n    assert add(2, 3) == 5\n    assert count(4) == 0\n"
        ),
        "tests/room/test_other.py": (
            "from quasar.room.numbers import less\ndef test_less():\n    assert less(2, 3) == -1\n"
        ),
        "tests/room/test_far.py": "def test_far():\n    pass\n",
        "src/quasar/room/piece.py": "",
        "src/quasar/room/part.py": "from quasar.room import piece\ndef half(a):\n    return a\n",
        "src/quasar/room/whole.py": "from quasar.room.part import half\n",
        "tests/room/test_whole.py": "",
        "src/quasar/room/alone.py": "",
        "src/quasar/room/package/inner.py": "",
        "tests/room/test_package.py": "",
    }
    for name, text in files.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "project"


@pytest.mark.slow
def test_verdicts_are_those_of_the_tests_and_are_kept(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = import_module("benchmarks.mutation.runner")
    main = import_module("benchmarks.mutation.__main__")
    monkeypatch.setattr(runner, "_LEAST_PATIENCE_S", 3.0)
    module = project / "src/quasar/room/numbers.py"
    text = module.read_text()
    rows = [r for r in main.candidates([module], root=project) if r["kind"] == "arithmetic"]
    (tmp_path / "copy").mkdir()
    one = runner.MutationRunner(tmp_path / "copy", project)
    main.run(rows, main.Results(tmp_path / "found.json"), one)
    assert {r["before"]: r["status"] for r in rows} == {
        "a + b": "own",
        "a - b": "near",
        "a * b": "survived",
        "n - 2": "own",  # it never ends
    }
    assert main.table(rows)[-1].split() == ["all", "4", "2", "1", "0", "75%"]
    assert module.read_text() == text

    monkeypatch.setattr(one, "judge", lambda *_: pytest.fail("tried again"))
    main.run(rows, main.Results(tmp_path / "found.json"), one)
    (project / "tests/room/test_far.py").write_text("def test_far():\n    assert True\n")
    again = main.candidates([module], root=project)
    kept = main.Results(tmp_path / "found.json")
    assert [kept.status(r) for r in again if r["kind"] == "arithmetic"] == [
        "own", "near", None, "own",
    ]  # fmt: skip
    module.write_text(text + "\n")
    assert all(kept.status(r) is None for r in main.candidates([module], root=project))


def test_a_part_split_off_meets_the_tests_of_the_module_that_uses_it(
    project: Path, tmp_path: Path
) -> None:
    (tmp_path / "copy").mkdir()
    runner = import_module("benchmarks.mutation.runner").MutationRunner(tmp_path / "copy", project)

    def near(name: str) -> list[str]:
        return [path.name for path in runner.tests(Path("room", name), "near")]

    assert near("piece.py") == near("part.py") == ["test_whole.py"]
    assert near("numbers.py") == ["test_numbers.py", "test_other.py"]
    assert near("package/inner.py") == ["test_package.py"]
    assert near("whole.py") == near("alone.py") == []


def test_a_sample_depends_on_its_seed_alone() -> None:
    sample = import_module("benchmarks.mutation.__main__").sample
    rows = [{"number": i} for i in range(100)]
    assert sample(rows, 5, 1) == sample(rows, 5, 1) != sample(rows, 5, 2)
    assert sample(rows, 0, 1) == sample(rows, 100, 1) == rows
