"""What every command does with its help and its words."""

from __future__ import annotations

import textwrap

import pytest
from typer.testing import CliRunner

from quasar.cli import data
from quasar.cli.main import app
from quasar.core.errors import InputError


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["generate", "--budget", "5", "--refine-evaluations=7"], "--refine-evaluations and --bu"),
        (["evaluate", "--engine=ray", "--executor", "local"], "--executor and --engine"),
        (["optimise", "a.qasm", "--budget=5", "--max-evaluations=6"], "--max-evaluations and"),
        (["serve", "--engine=ray", "--executor=ray"], "--executor and --engine"),
        (["data", "build", "--engine=ray", "--executor=ray"], "--executor and --engine"),
    ],
)
def test_an_option_is_not_given_under_two_names(words: list[str], names: str) -> None:
    run = CliRunner().invoke(app, words)
    assert isinstance(run.exception, InputError)
    assert str(run.exception).startswith(names)
    assert str(run.exception).endswith("are one option: give it once.")


def test_an_option_given_twice_under_one_name_is_taken_as_ever() -> None:
    run = CliRunner().invoke(app, ["generate", "--budget", "5", "--budget=7"])
    assert "one of --problem" in str(run.exception)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_help_flows_to_any_width(width: int) -> None:
    words = ["data", "validate", "--help"]
    shown = CliRunner().invoke(app, words, env={"COLUMNS": str(width)}).output
    paragraph = (data.validate.__doc__ or "").split("\n\n")[1].split()
    lines = textwrap.wrap(" ".join(paragraph), width - 2)
    assert "\n".join(lines) in "\n".join(line.strip() for line in shown.splitlines())
