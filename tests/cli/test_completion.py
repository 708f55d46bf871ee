"""Shell completion, asked as a shell asks: in a process of its own, by environment variables."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import typer

from quasar.cli import completion
from quasar.problems.description import describe
from quasar.problems.registry import all_types

MAIN = "import sys; sys.argv = ['quasar']; from quasar.cli.main import main; main()"


def completed(line: str) -> list[str]:
    asked = {"_QUASAR_COMPLETE": "complete_bash", "COMP_WORDS": line}
    words = line.split(" ")
    done = subprocess.run(
        [sys.executable, "-c", MAIN],
        env={**os.environ, **asked, "COMP_CWORD": str(len(words) - 1)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("quasar optimi", ["optimise"]),
        ("quasar problems kc", ["kclique"]),
        ("quasar generate --algorithm ", ["qaoa", "vqe", "adaptive_vqe"]),
        ("quasar generate --model na", ["nano"]),
        ("quasar encode --type kclique --attribute ", ["k="]),
    ],
)
def test_what_the_shell_is_told(line: str, expected: list[str]) -> None:
    assert completed(line) == expected


def test_all_types_and_their_attributes() -> None:
    assert [name for name, _ in completion.problem_types("")] == list(all_types())
    for name in all_types():
        context = typer.Context(typer.main.get_command(typer.Typer(callback=lambda: None)))
        context.params = {"problem_type": name}
        told = [key.removesuffix("=") for key, _ in completion.attributes(context, "")]
        assert told == list(describe(name).attributes)
        context.params = {"problem_type": "sudoku"}
        assert completion.attributes(context, "") == []


def test_it_can_be_installed() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "quasar", "--show-completion", "bash"],
        # Typer looks for the shell among the processes above, where tests may have none.
        env={**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0
    assert "COMP_WORDS" in done.stdout
