"""`quasar tasks`: the example it shows is the task that its options state."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

import quasar
from quasar.cli.main import app
from quasar.core.errors import InputError
from quasar.tasks.registry import TASKS, read_task

SIZES = {"adder": 4}


def _printed(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["tasks", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("name", TASKS)
def test_the_reference_of_a_size_solves_the_task_of_that_size(name: str) -> None:
    size = SIZES.get(name, 5)
    try:
        stated = read_task(name, qubits=size)
    except InputError:  # it needs more, which is drawn
        drawn = json.loads(_printed(name, "--qubits", str(size)).splitlines()[-1])
        assert set(drawn) > {"task", "qubits"} or "qubits" not in drawn
        return
    report = quasar.verify(_printed(name, "--qubits", str(size), "--reference"), task=stated)
    assert report.solved


def test_a_size_that_a_task_cannot_have_is_refused() -> None:
    result = CliRunner().invoke(app, ["tasks", "comparator", "--qubits", "4"])
    assert isinstance(result.exception, InputError)


def test_a_task_is_shown_though_its_family_has_the_same_name() -> None:
    assert _printed("evolution").splitlines()[-1].startswith('{"task": "evolution"')


def test_a_seed_draws_parameters_with_a_default_too() -> None:
    drawn = {_printed("qft", "--qubits", "4", "--seed", str(seed)) for seed in range(8)}
    assert len(drawn) == 2
    assert json.loads(_printed("qft", "--qubits", "4").splitlines()[-1]) == {
        "task": "qft",
        "qubits": 4,
    }
