"""Everything that steers GRPO: the tables of a `configs/grpo-*.toml`."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from quasar.core.settings import Settings
from quasar.prompts.task_style import TASK_STYLE
from quasar.train.rewards import RewardSettings
from quasar.train.rollout_tasks import PromptSettings
from quasar.train.settings import EvalSettings, ModelSettings, Schedule, TrainingSettings
from quasar.train.verification import VerificationSettings


class RolloutSettings(Settings):
    """How completions are drawn."""

    guided: bool | None = None
    """Hold completions to the guide that `quasar generate` has for the style, so that the model
    only makes choices and only those are learnt from; false: it writes every token. None: guided
    where the style has a guide and neither several turns nor vLLM are asked for."""
    engine: Literal["auto", "nano", "transformers"] = "auto"
    """What draws guided completions: nano's own runtime, or transformers; auto: the first where the
    model has its form."""
    group: int = Field(default=8, ge=2)
    """Completions of each prompt, which are compared with each other."""
    temperature: float = Field(default=1.0, gt=0)
    """Of the draws."""
    top_p: float = Field(default=1.0, gt=0, le=1)
    """Smallest set of tokens with at least this probability is drawn from."""
    max_tokens: int = Field(default=512, ge=1)
    """Longest completion, tokens; with several turns all of them, observations included."""
    turns: int = Field(default=1, ge=1)
    """Circuits of a conversation: with more than one the model may ask the verifier in between.
    Needs a chat template with tools."""
    vllm: Literal["off", "colocate", "server"] = "off"
    """Draw by vLLM, on the same GPUs or on a server of its own; off: by transformers."""
    vllm_memory: float = Field(default=0.3, gt=0, lt=1)
    """Fraction of a GPU's memory for vLLM on the same GPUs."""
    vllm_tensor_parallel: int = Field(default=1, ge=1)
    """GPUs that hold one copy of the model for vLLM."""


class LossSettings(Settings):
    """How rewards move the policy."""

    kind: Literal["grpo", "dr_grpo", "dapo", "bnpo"] = "dapo"
    """`grpo`: mean over a completion's tokens, then over completions (arXiv 2402.03300);
    `dr_grpo`: over the longest length allowed (2503.20783); `dapo`: over all tokens of the step
    (2503.14476); `bnpo`: over all tokens of the batch."""
    beta: float = Field(default=0.0, ge=0)
    """Weight of the KL divergence from the base model; 0 keeps no copy of it in memory."""
    epsilon: float = Field(default=0.2, gt=0)
    """Probability ratios are clipped at 1 - epsilon."""
    epsilon_high: float | None = Field(default=None, gt=0)
    """And at 1 + this; None: epsilon."""
    scale: Literal["group", "batch", "none"] = "group"
    """Advantages are divided by the standard deviation of rewards in the group or batch, or not."""
    iterations: int = Field(default=1, ge=1)
    """Updates made with the same completions."""


class GrpoSchedule(Schedule):
    """How long and how fast; the published learning rate, and no decay."""

    batch_size: int = Field(default=16, ge=1)
    """Completions of a forward pass on each process."""
    learning_rate: float = Field(default=1e-6, gt=0)
    """Peak, of AdamW."""
    matrix_learning_rate: float = Field(default=1e-3, gt=0)
    """Peak, of Muon."""
    decay: float = Field(default=0.0, ge=0, le=1)
    """Fraction of the training, at its end, in which the rates fall to a fiftieth."""


class GrpoEvalSettings(EvalSettings):
    """What is measured and kept on the way; problems are answered before, during and after."""

    log_steps: int = Field(default=5, ge=1)
    """Steps between points of the curves."""
    completions: bool = True
    """Write the raw measurements of every completion to `completions.jsonl`."""


class GrpoSettings(TrainingSettings):
    """A whole run of `quasar train grpo`."""

    model: ModelSettings
    """Which model is trained: `base` is a checkpoint of `quasar train sft`."""
    data: PromptSettings
    """What it is asked."""
    reward: RewardSettings = RewardSettings()
    """What is rewarded."""
    verification: VerificationSettings = VerificationSettings()
    """Where completions are verified."""
    rollouts: RolloutSettings = RolloutSettings()
    """How completions are drawn."""
    loss: LossSettings = LossSettings()
    """How rewards move the policy."""
    schedule: GrpoSchedule
    """How long and how fast."""
    eval: GrpoEvalSettings = GrpoEvalSettings()
    """What is measured, logged and kept on the way."""

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.rollouts.turns > 1 and self.data.prompt_style in ("compact", TASK_STYLE):
            raise ValueError(
                "the compact style has one turn: set rollouts.turns = 1 or another "
                "data.examples.prompt_style"
            )
        free = self.rollouts.turns > 1 or self.rollouts.vllm != "off"
        if self.rollouts.guided and (free or not self._has_guide):
            raise ValueError(
                "guided completions need the compact style, one turn and no vLLM: set "
                "rollouts.guided = false"
            )
        if self.loss.beta > 0 and self.model.base is None:
            raise ValueError("loss.beta compares with the base model: set model.base, or beta = 0")
        return self

    @property
    def guided(self) -> bool:
        """Whether completions are held to a guide."""
        rollouts = self.rollouts
        if rollouts.guided is not None:
            return rollouts.guided
        return self._has_guide and rollouts.turns == 1 and rollouts.vllm == "off"

    @property
    def _has_guide(self) -> bool:
        return self.data.tasks is None and self.data.prompt_style == "compact"
