"""`GRPOTrainer` for answers under a guide: only the model's own choices are learnt from.

Beside what `trl_adapter` changes, TRL gets its completions from `guided_rollouts` through its
`rollout_func`, with forced tokens masked by `env_mask`, and computes probabilities by
`choices.choice_log_probs` in place of `GRPOTrainer._get_per_token_logps_and_entropies`.
`tests/train/test_guided_trainer.py` holds TRL to what these rely on.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from quasar.core.seeds import generator
from quasar.models.protocol import Sampling
from quasar.train.choices import FORCED, choice_log_probs
from quasar.train.guided_rollouts import GuidedWriter, Rollout
from quasar.train.trl_adapter import verified_trainer

if TYPE_CHECKING:
    from quasar.train.reward_function import VerifiedReward


def guided_trainer(reward: VerifiedReward, writer: GuidedWriter, sampling: Sampling) -> type:
    """The trainer's class.

    Args:
        reward: knows the tasks by number.
        writer: makes the completions.
        sampling: temperature, top-p, longest answer, and the root of all seeds.
    """
    Base = verified_trainer(reward)  # noqa: N806

    class GuidedTrainer(Base):  # type: ignore[misc, valid-type]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            with warnings.catch_warnings():
                # TRL says that this may change; our own tests watch it.
                warnings.filterwarnings("ignore", message=".*rollout_func.*")
                super().__init__(*args, rollout_func=self._rollouts, **kwargs)
            self._tasks: list[int] = []
            self._choice_sets: Any = None
            self._left_out: list[bool] | None = None

        def _rollouts(self, prompts: Sequence[Any], _: Any) -> dict[str, Any]:
            root = generator(
                sampling.seed, "rollouts", self.state.global_step, self.accelerator.process_index
            )
            seed = int(root.integers(1 << 31))
            made = drawn(writer, reward, self._tasks, sampling.model_copy(update={"seed": seed}))
            self._choice_sets = _padded([one.answer.sets for one in made], self.args.device)
            return {
                "prompt_ids": [one.prompt for one in made],
                "completion_ids": [one.answer.ids for one in made],
                "logprobs": None,
                "env_mask": [[int(s != FORCED) for s in one.answer.sets] for one in made],
                "answer": [one.text for one in made],
            }

        def _generate_and_score_completions(self, inputs: Any) -> Any:
            self._tasks, self._left_out = [one["task"] for one in inputs], None
            output = super()._generate_and_score_completions(inputs)
            output["choice_sets"] = self._choice_sets
            return output

        def _compute_loss(self, model: Any, inputs: Any) -> Any:
            self._choice_sets = inputs["choice_sets"]
            # What moves nothing is not computed: answers of a group that all earned the same.
            self._left_out = None
            if self.beta == 0.0:
                self._left_out = (inputs["advantages"] == 0.0).tolist()
            return super()._compute_loss(model, inputs)

        def _get_per_token_logps_and_entropies(
            self,
            model: Any,
            input_ids: Any,
            attention_mask: Any,
            logits_to_keep: int,
            *_: Any,
            **__: Any,
        ) -> tuple[Any, Any, None]:
            with self.accelerator.autocast():
                found = choice_log_probs(
                    model,
                    input_ids,
                    attention_mask,
                    self._choice_sets[:, :logits_to_keep],
                    writer.sets.table().to(input_ids.device),
                    temperature=self.temperature,
                    left_out=self._left_out,
                )
            if not found.log_probs.requires_grad and model.training and _has_gradients():
                # A batch in which nothing moves still has to go backward.
                own = next(p for p in model.parameters() if p.requires_grad)
                return found.log_probs + 0.0 * own.sum(), found.entropies, None
            return found.log_probs, found.entropies, None

        def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
            if "loss" in logs:
                for name, seconds in writer.seconds.items():
                    logs[f"rollouts/{name}_seconds"] = seconds
                    writer.seconds[name] = 0.0
            super().log(logs, start_time)

    return GuidedTrainer


def drawn(
    writer: GuidedWriter, reward: VerifiedReward, numbers: Sequence[int], sampling: Sampling
) -> list[Rollout]:
    """Completions for task numbers, equal ones side by side, in their order."""
    runs = [(number, len(list(own))) for number, own in groupby(numbers)]
    parts: dict[int, list[Rollout]] = {}
    for count in {count for _, count in runs}:
        tasks = [reward.tasks[number] for number, own in runs if own == count]
        parts[count] = writer.rollouts(tasks, sampling.model_copy(update={"samples": count}))
    out: list[Rollout] = []
    for _, count in runs:
        out += parts[count][:count]
        del parts[count][:count]
    return out


def _padded(rows: Sequence[Sequence[int]], device: Any) -> Any:
    import torch

    width = max(map(len, rows))
    return torch.tensor([[*row, *[FORCED] * (width - len(row))] for row in rows], device=device)


def _has_gradients() -> bool:
    import torch

    return bool(torch.is_grad_enabled())
