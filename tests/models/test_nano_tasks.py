"""The packaged model's weights for target tasks: one greedy answer, without torch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import quasar
from quasar.agent.task_generation import task_answers
from quasar.core.errors import InputError
from quasar.data.target_tasks import solves
from quasar.models.protocol import Sampling
from quasar.models.registry import load_model, packaged_folder
from quasar.prompts.task_vocabulary import task_tokens
from quasar.tasks.registry import read_task
from quasar.tasks.task import TargetTask
from support.command import quasar as command

GREEDY = Sampling(temperature=0.0, max_tokens=400)
ASKED: tuple[TargetTask, ...] = (
    *(read_task("ghz", qubits=n) for n in range(1, 7)),
    *(read_task("w", qubits=n) for n in (3, 4)),
    read_task("dicke", qubits=4, k=2),
    read_task("graph_state", qubits=4, edges=[(0, 3), (1, 2), (1, 3)]),
    read_task("cat", string="0110", phase=0.5),
    read_task("amplitudes", amplitudes=[0.6, 0.0, 0.0, 0.8]),
    read_task("qft", qubits=4),
    read_task("multi_controlled", qubits=3),
    read_task("multi_controlled", qubits=4, gate="p", angle=0.7),
    read_task("diagonal", phases=[0.1, 1.2, 2.3, 3.4]),
    read_task("bernstein_vazirani", secret="1011"),
    read_task("grover", marked="0110"),
    read_task("phase_estimation", qubits=3, phase=0.36),
    read_task("hadamard_test", theta=0.4, phi=0.3, part="imaginary"),
    read_task("encoder", code="five_qubit"),
    read_task("syndrome", code="repetition"),
)


def test_the_folder_is_what_the_style_needs() -> None:
    folder = packaged_folder("nano-tasks")
    vocabulary = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
    assert sorted(vocabulary, key=vocabulary.__getitem__) == task_tokens()
    model = load_model("nano-tasks")
    assert (model.name, model.prompt_style, model.max_qubits) == ("nano", "compact-tasks", 8)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["settings"]["schedule"]["seed"] == manifest["seed"]
    assert (folder / "model.safetensors").stat().st_size < 8 << 20


def test_one_greedy_answer_solves_what_is_asked() -> None:
    answers = task_answers(ASKED, "nano", GREEDY)
    unsolved = [
        task.to_json()
        for task, (answer,) in zip(ASKED, answers, strict=True)
        if not solves(task, answer.qasm)
    ]
    assert unsolved == []
    named = [task.name for task, (one,) in zip(ASKED, answers, strict=True) if one.named]
    assert named == ["amplitudes"]


def test_a_construction_that_is_named_is_said() -> None:
    found = quasar.generate_task(ASKED[11], "nano")
    assert (found.report.solved, found.best.named) == (True, True)
    assert "its gates were written for it" in str(found)


def test_tasks_without_words_are_refused() -> None:
    with pytest.raises(InputError, match="up to 8 qubits"):
        quasar.generate_task({"task": "ghz", "qubits": 12}, "nano")


def test_the_command_takes_words(tmp_path: Path) -> None:
    words = "Prepare a W state on four qubits"
    done = command("generate", "--prompt", words, "--model", "nano", "--out", tmp_path / "w")
    assert (done.code, "verdict     solved" in done.out) == (0, True), done.err
    assert (tmp_path / "w" / "answers.jsonl").is_file()


def test_torch_is_not_needed() -> None:
    code = (
        "import sys, quasar; found = quasar.generate_task({'task': 'ghz', 'qubits': 3}, 'nano');"
        "print(found.report.solved, 'torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["True", "False"]
