"""Settings of all trainings: the model, how long and how fast, what is measured on the way."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from quasar.core.settings import Settings
from quasar.train.optimizers import OptimizerName


class NewModel(Settings):
    """A `Qwen3ForCausalLM` from scratch, with the tokenizer of the compact style."""

    hidden_size: int = Field(default=256, ge=32)
    """Width."""
    layers: int = Field(default=6, ge=1)
    """Blocks."""
    head_size: int = Field(default=64, ge=8)
    """Width of an attention head; few wide heads are the fastest on a CPU."""
    intermediate_size: int = Field(default=768, ge=32)
    """Width of the feed-forward part."""


class ModelSettings(Settings):
    """Which model is trained."""

    base: str | None = None
    """Checkpoint to start from (`nano`, a folder or a hub id); None: a new model."""
    new: NewModel = NewModel()
    """Shape of a new model."""
    name: str = Field(default="model", min_length=1)
    """What tables and generations files call it."""
    attention: Literal["eager", "sdpa", "flash_attention_2"] = "sdpa"
    """Implementation; `eager` is the fastest for short sequences on a CPU."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Type of the trained weights; activations are bfloat16 in either case."""


class Schedule(Settings):
    """How long and how fast."""

    max_steps: int | None = Field(default=None, ge=1)
    """Optimiser steps; with `max_minutes` whichever ends first."""
    max_minutes: float | None = Field(default=None, gt=0)
    """Minutes of training, over all resumptions; measurements come on top."""
    batch_size: int = Field(default=32, ge=1)
    """Examples or completions of a pass on each process."""
    accumulation: int = Field(default=1, ge=1)
    """Passes before an optimiser step."""
    optimizer: OptimizerName = "adamw"
    """`adamw`, or `muon` for the weight matrices."""
    learning_rate: float = Field(default=2e-5, gt=0)
    """Peak, of AdamW."""
    matrix_learning_rate: float = Field(default=0.02, gt=0)
    """Peak, of Muon."""
    weight_decay: float = Field(default=0.0, ge=0)
    """Of both."""
    warmup: float = Field(default=0.02, ge=0, lt=1)
    """Fraction of the training in which the rates rise from 0."""
    decay: float = Field(default=0.5, ge=0, le=1)
    """Fraction of the training, at its end, in which they fall to a fiftieth."""
    max_grad_norm: float = Field(default=1.0, gt=0)
    """Gradients are clipped to this."""
    seed: int = Field(default=0, ge=0)
    """Of weights, order, drawn examples and completions."""
    gradient_checkpointing: bool = False
    """Saves memory for large models."""
    loaders: int | None = Field(default=None, ge=0)
    """Processes that collate batches ahead; None: two beside a GPU, none beside a CPU, where the
    training itself needs the cores."""

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.max_steps is None and self.max_minutes is None:
            raise ValueError("give max_steps or max_minutes: a training needs an end")
        return self


class EvalSettings(Settings):
    """What is measured, logged and kept on the way: the table `[eval]`."""

    problems: int = Field(default=64, ge=0)
    """Problems that an evaluation asks, of the validation splits (streams: of the excluded sets);
    0: none."""
    evaluate_minutes: float = Field(default=10.0, gt=0)
    """Minutes between evaluations."""
    save_minutes: float = Field(default=5.0, gt=0)
    """Minutes between checkpoints."""
    log_steps: int = Field(default=20, ge=1)
    """Steps between points of the curves."""
    keep: int = Field(default=2, ge=1)
    """Checkpoints kept."""
    report_to: tuple[Literal["tensorboard", "trackio"], ...] = ("tensorboard",)
    """Where curves go."""


class TrainingSettings(Settings):
    """What every `quasar train` command is configured by."""

    model: ModelSettings = ModelSettings()
    """Which model is trained."""
    schedule: Schedule
    """How long and how fast."""
    eval: EvalSettings = EvalSettings()
    """What is measured, logged and kept on the way."""
    out: Path
    """Folder of the run: checkpoints in `checkpoints/`, the result in `model/`."""
    threads: int | None = Field(default=None, ge=1)
    """CPU threads; None: PyTorch's choice."""

    @model_validator(mode="before")
    @classmethod
    def _old_table(cls, data: Any) -> Any:
        """In version 0.1 the table `[eval]` was called `[watch]`."""
        if not isinstance(data, Mapping) or "watch" not in data:
            return data
        if "eval" in data:
            raise ValueError("[watch] is called [eval] now: give one of the two")
        return {"eval" if name == "watch" else name: table for name, table in data.items()}
