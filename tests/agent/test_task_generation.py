"""Circuits for target tasks by the designer, by a language model, and from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from unittest import mock

import pytest

import quasar
from quasar.agent import task_generation
from quasar.core.errors import InfrastructureError
from quasar.models.protocol import failed
from quasar.models.scripted import ScriptedModel
from support.command import quasar as command


def test_the_designer_keeps_the_cheapest_that_is_solved() -> None:
    found = quasar.generate_task({"task": "multi_controlled", "qubits": 5})
    assert len(found.candidates) == 3
    assert all(made.report.solved for made in found.candidates)
    costs = [made.report.stages.utility.own.cx_cost for made in found.candidates]  # type: ignore[union-attr]
    assert costs == sorted(costs)
    assert "chain of ancillas" in str(found)
    assert repr(found).startswith("<TaskGeneration by designer: 3 circuits")


def answering(*texts: str) -> mock._patch:  # type: ignore[type-arg]
    model = ScriptedModel(list(texts))
    return mock.patch.object(task_generation, "load_model", return_value=model)


def test_a_language_model_is_judged_like_anybody() -> None:
    task = quasar.read_task("ghz", qubits=3)
    wrong = task.reference().replace("h q[0];", "x q[0];")
    with answering("no circuit", f"```qasm\n{task.reference()}```", wrong):
        found = quasar.generate_task(task, "owner/model", samples=3)
    assert [made.report.solved for made in found.candidates] == [True, False, False]
    assert found.best.name == "answer 2"
    assert found.candidates[2].qasm == ""


def test_missing_answers() -> None:
    model = mock.Mock()
    model.complete.return_value = [[failed("endpoint gone.")]]
    with (
        mock.patch.object(task_generation, "load_model", return_value=model),
        pytest.raises(InfrastructureError, match="endpoint gone"),
    ):
        quasar.generate_task({"task": "ghz", "qubits": 2}, "owner/model")


def test_the_command_writes_a_folder(tmp_path: Path) -> None:
    out = tmp_path / "made"
    done = command("generate", "--task", "ghz", "--qubits", "3", "--out", out)
    assert (done.code, "verdict     solved" in done.out) == (0, True)
    names = sorted(path.name for path in out.iterdir())
    assert names == ["circuit.png", "circuit.qasm", "manifest.json", "report.json", "task.json"]
    assert json.loads((out / "report.json").read_text())["solved"] is True
    again = command("verify", out / "circuit.qasm", "--task", out / "task.json")
    assert "solved" in again.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--task", "ghz", "--qubits", "3", "--layers", "2"), "--layers has no meaning"),
        (("--task", "ghz", "--qubits", "3", "--samples", "2"), "--samples is of language models"),
        (("--task", "ghz", "--prompt", "a W state on 3 qubits"), "one of --task and --prompt"),
        (("--prompt", "a W state"), "the number of qubits"),
        (("--qubits", "3"), "--qubits is of --task"),
        (("--task", "ghz"), "qubits is missing"),
    ],
)
def test_what_is_not_asked_right_is_refused(arguments: tuple[str, ...], said: str) -> None:
    done = command("generate", *arguments)
    assert (done.code, said in done.err) == (2, True), done.err
