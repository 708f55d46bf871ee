"""Target tasks in reinforcement learning: draws, verdicts, rewards, and a short run."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from quasar.core.errors import InputError
from quasar.data.target_tasks import held_out
from quasar.models.nano_tokenizer import build_tokenizer
from quasar.prompts.observation import task_observation
from quasar.prompts.task_answer import known_answer
from quasar.prompts.task_vocabulary import task_tokens
from quasar.tasks.registry import read_task
from quasar.train.environment import NO_TURNS, CircuitEnvironment
from quasar.train.grpo import COMPLETION_LOG, train_grpo
from quasar.train.grpo_settings import GrpoSettings
from quasar.train.new_model import ModelShape, qwen3_config
from quasar.train.rewards import RewardSettings
from quasar.train.rollout_tasks import TaskPrompts
from quasar.train.target_rollouts import TargetRollout, TaskPool, TaskReward, draw_targets
from quasar.verifier.sandbox import Job, SandboxLimits
from support.small_rewards import BROKEN

SMALL = TaskPrompts(tasks={"ghz": 1.0, "cat": 2.0, "graph_state": 2.0}, sizes={2: 1.0, 3: 1.0})
GHZ = read_task("ghz", qubits=3)
GIVEN = read_task("amplitudes", amplitudes=[0.6, 0.8])


def pool() -> TaskPool:
    return TaskPool([GHZ, GIVEN], SandboxLimits())


def test_draws_are_different_and_keep_to_the_split() -> None:
    train = draw_targets(SMALL, split="train", count=12, seed=2)
    assert train == draw_targets(SMALL, split="train", count=12, seed=2)
    assert len({one.source for one in train}) == len(train) == 12
    assert not any(held_out(one.task) for one in train)
    assert train[0].chat[0]["content"].startswith(train[0].task.name)
    words = TaskPrompts(tasks={"ghz": 1.0}, sizes={3: 1.0}, style="words")
    (only,) = draw_targets(words, split="validation", count=5, seed=2)
    assert "GHZ state" in only.chat[-1]["content"]
    with pytest.raises(InputError, match="no task fits"):
        draw_targets(TaskPrompts(tasks={"ghz": 1.0}, sizes={12: 1.0}), split="t", count=1, seed=1)


def test_rewards_are_those_of_the_verifier() -> None:
    right, wrong = GHZ.reference(), GHZ.reference().replace("h q[0];", "x q[0];")
    tasks = [TargetRollout(task, [], task.name, task.family) for task in (GHZ, GIVEN)]
    with pool() as judges:
        reward = TaskReward(judges, RewardSettings(), tasks)
        named = known_answer(GIVEN)
        assert named is not None
        turns = [{"role": "assistant", "content": right}]
        found = reward([turns, wrong, BROKEN, "no circuit", named], [0, 0, 0, 0, 1])
        assert found == pytest.approx([1.0, 0.4, -1.0, -1.0, 1.0])
        assert reward.lost_rows == [False] * 5
        scored = reward.score([Job(0, 0, right), Job(1, 0, wrong)])
        means = reward.means([one for one in scored if one is not None])
        assert (means["reward"], means["solved"]) == (pytest.approx(0.7), 0.5)


def test_the_environment_tells_what_a_circuit_does() -> None:
    environment = CircuitEnvironment(pool(), turns=3, observe=task_observation)
    environment.reset(task=0)
    assert "does not solve the task" in environment.verify_circuit(
        GHZ.reference().replace("h q[0];", "x q[0];")
    )
    assert "solves the task: fidelity 1" in environment.verify_circuit(GHZ.reference())
    assert environment.verify_circuit(BROKEN) == NO_TURNS
    environment.reset(task=0)
    assert "not valid OpenQASM" in environment.verify_circuit(BROKEN)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained checkpoint that reads nano's style for tasks."""
    import torch
    from transformers import Qwen3ForCausalLM

    folder = tmp_path_factory.mktemp("base")
    tokenizer = build_tokenizer(words=task_tokens())
    torch.manual_seed(0)
    shape = ModelShape(len(tokenizer), 32, 1, 1, 32, 32, 1024)
    Qwen3ForCausalLM(qwen3_config(shape, tokenizer)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "quasar.json").write_text('{"name": "tiny", "prompt_style": "compact-tasks"}')
    return folder


def settings(base: Path, out: Path, **tables: Any) -> GrpoSettings:
    given: dict[str, Any] = {
        "out": str(out),
        "threads": 1,
        "model": {"name": "tiny", "base": str(base), "attention": "eager"},
        "data": {"prompts": 8, "tasks": SMALL.model_dump(mode="json")},
        "rollouts": {"group": 4, "max_tokens": 16},
        "schedule": {"max_steps": 2, "batch_size": 8, "learning_rate": 1e-3},
        "eval": {"problems": 3, "log_steps": 1},
    }
    return GrpoSettings.parse({**given, **tables})


def test_a_short_run_leaves_a_model_that_is_asked_for_tasks(base: Path, tmp_path: Path) -> None:
    found = train_grpo(settings(base, tmp_path / "run"))
    assert set(found.after) >= {"reward", "solved", "s3", "sampled/reward"}
    log = (tmp_path / "run" / COMPLETION_LOG).read_text(encoding="utf-8").splitlines()
    assert len(log) == 16
    assert json.loads(log[0])["solved"] is False
    profile = json.loads((tmp_path / "run" / "model" / "quasar.json").read_text())
    assert profile["prompt_style"] == "compact-tasks"


def test_settings_name_one_source(base: Path, tmp_path: Path) -> None:
    tasks = {"tasks": {"ghz": 1.0}}
    for data, said in (
        ({}, "give one of paths"),
        ({"tasks": tasks, "paths": ["a"]}, "give one of paths"),
        ({"tasks": tasks, "max_qubits": 3}, "do not use max_qubits"),
    ):
        with pytest.raises(InputError, match=said):
            settings(base, tmp_path, data=data)
    with pytest.raises(InputError, match="one turn"):
        settings(base, tmp_path, rollouts={"turns": 2})
    with pytest.raises(InputError, match=r"data\.tasks\.style"):
        train_grpo(settings(base, tmp_path, data={"tasks": {**tasks, "style": "words"}}))


def test_the_packaged_recipe_is_readable() -> None:
    path = Path(__file__).parents[2] / "configs" / "grpo-nano-tasks.toml"
    found = GrpoSettings.parse(tomllib.loads(path.read_text(encoding="utf-8")))
    assert found.data.tasks is not None
    assert found.data.prompt_style == "compact-tasks"
