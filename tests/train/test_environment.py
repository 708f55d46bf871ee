"""Several turns: the environment by itself, and inside TRL's own loop with scripted answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quasar.train.environment import NO_TURNS, CircuitEnvironment
from quasar.train.reward_function import VerifiedReward
from quasar.train.rewards import RewardSettings, verifier_settings
from quasar.train.rollout_tasks import RolloutTask
from quasar.train.verification import VerificationSettings
from quasar.verifier.pool import VerifierPool
from support.small_rewards import ANSWER, BROKEN, PROBLEM, REFERENCE, UNIFORM, qwen

SETTINGS = RewardSettings()
TASK = RolloutTask(PROBLEM, REFERENCE, [], "one", "agent-q")


@pytest.fixture(scope="module")
def pool() -> Iterator[VerifierPool]:
    one = VerificationSettings(workers=1)
    judging = verifier_settings(SETTINGS, completions=2, workers=1)
    with one.pool([PROBLEM], [REFERENCE], judging) as opened:
        yield opened


def test_a_conversation_ends_at_its_limit(pool: VerifierPool) -> None:
    environment = CircuitEnvironment(pool, turns=3)
    environment.reset(task=0, prompt="whatever the row holds")
    assert "no OpenQASM" in environment.verify_circuit("I would rather not.")
    assert "not valid OpenQASM" in environment.verify_circuit(BROKEN)
    assert environment.verify_circuit(UNIFORM) == NO_TURNS
    assert environment.program == BROKEN
    environment.reset(task=0)
    assert (environment.program, environment.used, environment.lost) == ("", 0, False)
    assert "approximation ratio" in environment.verify_circuit(f"```qasm\n{UNIFORM}```")


def test_the_last_circuit_counts(pool: VerifierPool) -> None:
    environment = CircuitEnvironment(pool, turns=3)
    environment.reset(task=0)
    environment.verify_circuit(REFERENCE)
    reward = VerifiedReward(pool, SETTINGS, [TASK])

    def paid(answer: str) -> float | None:
        turns = [{"role": "assistant", "content": answer}]
        return reward([turns], [0], environments=[environment])[0]

    submitted, answered = paid("It is as above."), paid(UNIFORM)
    assert submitted is not None
    assert submitted == reward([REFERENCE], [0])[0]
    assert answered == reward([UNIFORM], [0])[0]
    assert submitted != answered


def test_a_verifier_that_failed_leaves_the_conversation_out(
    pool: VerifierPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = CircuitEnvironment(pool, turns=2)
    environment.reset(task=0)
    with monkeypatch.context() as patch:
        patch.setattr(pool, "reports", lambda jobs: [None] * len(jobs))
        assert "cannot be reached" in environment.verify_circuit(UNIFORM)
    reward = VerifiedReward(pool, SETTINGS, [TASK])
    assert reward([ANSWER], [0], environments=[environment]) == [None]
    assert reward.lost_rows == [True]


def test_the_tool_describes_itself() -> None:
    from transformers.utils import get_json_schema

    schema = get_json_schema(CircuitEnvironment.verify_circuit)["function"]
    assert schema["name"] == "verify_circuit"
    assert "OpenQASM" in schema["parameters"]["properties"]["qasm"]["description"]


def test_observations_are_masked_from_the_loss(
    pool: VerifierPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    model, tokenizer = qwen()
    call = {"name": "verify_circuit", "arguments": {"qasm": UNIFORM}}
    script = [
        [f"<tool_call>\n{json.dumps(call)}\n</tool_call><|im_end|>", f"{UNIFORM}<|im_end|>"],
        [f"{REFERENCE}<|im_end|>"],
    ]

    def scripted(self: Any, prompt_ids: Any, *_: Any, **__: Any) -> tuple[list[list[int]], None]:
        answers = script.pop(0)[: len(prompt_ids)]
        return [tokenizer(a, add_special_tokens=False)["input_ids"] for a in answers], None

    batches: list[dict[str, Any]] = []
    score = GRPOTrainer._generate_and_score_completions

    def watched(self: Any, inputs: Any) -> Any:
        batches.append(score(self, inputs))
        return batches[-1]

    monkeypatch.setattr(GRPOTrainer, "_generate_single_turn", scripted)
    monkeypatch.setattr(GRPOTrainer, "_generate_and_score_completions", watched)
    reward = VerifiedReward(pool, SETTINGS, [TASK])
    trainer = GRPOTrainer(
        model=model,
        reward_funcs=[reward],
        args=GRPOConfig(
            output_dir=str(tmp_path),
            per_device_train_batch_size=2,
            num_generations=2,
            max_steps=1,
            max_completion_length=2000,
            max_tool_calling_iterations=2,
            activation_checkpointing=False,
            use_cpu=True,
            report_to=[],
            save_strategy="no",
        ),
        train_dataset=Dataset.from_dict(
            {"prompt": [[{"role": "user", "content": "Design."}]], "task": [0]}
        ),
        processing_class=tokenizer,
        environment_factory=lambda: CircuitEnvironment(pool, turns=2),
    )
    trainer.train()
    ids, mask = batches[0]["completion_ids"], batches[0]["tool_mask"]
    rows = sorted(range(2), key=lambda row: int((mask[row] == 0).sum()))
    several = rows[-1]
    seen = tokenizer.decode(ids[several][(mask[several] == 0)], skip_special_tokens=True)
    assert "approximation ratio" in seen
    own = tokenizer.decode(ids[several][mask[several] == 1], skip_special_tokens=True)
    assert "approximation ratio" not in own
    assert "ry(2.6)" in own
    assert reward([REFERENCE], [0])[0] > reward([UNIFORM], [0])[0]  # type: ignore[operator]
