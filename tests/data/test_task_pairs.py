"""Pairs of prompt and answer for target tasks: verified, in many wordings, apart from tests."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from quasar.core.errors import InputError
from quasar.core.seeds import generator
from quasar.data.target_tasks import held_out, sample_varied, solves
from quasar.data.task_pairs import TaskPairSettings, rewriting, short_wording, task_pairs
from quasar.prompts.extract import extract
from quasar.prompts.task_prompt import read_task_prompt
from quasar.tasks.registry import TASKS, read_task
from support.command import quasar as command

QUICK = {"ghz": 1.0, "dicke": 1.0, "graph_state": 3.0, "qft": 1.0, "cat": 3.0}


@pytest.mark.parametrize("split", ["train", "held out"])
def test_every_pair_solves_its_task(split: str) -> None:
    settings = TaskPairSettings.parse({"count": 20, "seed": 3, "tasks": QUICK, "split": split})
    pairs = list(task_pairs(settings))
    assert pairs == list(task_pairs(settings))
    assert len(pairs) == 20
    for pair in pairs:
        task = read_task(pair["task"])
        assert held_out(task) == (split == "held out")
        program = extract(pair["messages"][-1]["content"])
        assert program is not None
        assert solves(task, program.qasm)
        if pair["wording"] == "short":
            assert read_task_prompt(pair["messages"][1]["content"]) == task
    assert {pair["wording"] for pair in pairs} == {"full", "short"}
    assert {pair["rewritten"] for pair in pairs} == {True, False}


@pytest.mark.parametrize("name", ["ghz", "dicke", "cluster", "qft", "adder", "encoder"])
def test_a_rewriting_does_the_same_with_other_gates(name: str) -> None:
    task = sample_varied(name, generator(1, name), 4)
    qasm = task.reference()
    other = rewriting(task, qasm, np.random.default_rng(2))
    assert other != qasm
    assert solves(task, other)


def test_oracles_are_left_as_they_are() -> None:
    task = read_task("simon", secret="11")
    assert rewriting(task, task.reference(), np.random.default_rng(2)) == task.reference()


def test_tasks_in_few_words() -> None:
    rng = generator(4, "words")
    said = {
        name: short_wording(sample_varied(name, rng, 4), rng) for name in TASKS if name != "uniform"
    }
    assert said["ghz"]
    assert said["dicke"]
    assert said["encoder"]
    assert said["grover"] is None
    fields = {"tasks": {"no_task": 1.0}}
    with pytest.raises(InputError, match="unknown task"):
        next(task_pairs(TaskPairSettings.parse(fields)))


def test_the_command_writes_lines(tmp_path: Path) -> None:
    config = tmp_path / "few.toml"
    config.write_text("[tasks]\nghz = 1\n")
    out = tmp_path / "pairs.jsonl"
    done = command("data", "tasks", "--out", out, "--count", "3", "--config", config)
    assert (done.code, "wrote 3 pairs" in done.out) == (0, True), done.err
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [line["task"]["task"] for line in lines] == ["ghz"] * 3
    lost = command("data", "tasks", "--out", out, "--config", tmp_path / "absent.toml")
    assert (lost.code, "cannot be read" in lost.err) == (2, True)
