"""Everything that steers supervised fine-tuning: the tables of a `configs/sft-*.toml`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from quasar.core.settings import Settings
from quasar.train.examples import ExampleSettings
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
    """Checkpoint to start from (folder or hub id); None: a new model."""
    new: NewModel = NewModel()
    """Shape of a new model."""
    name: str = Field(default="model", min_length=1)
    """What tables and generations files call it."""
    attention: Literal["eager", "sdpa", "flash_attention_2"] = "sdpa"
    """Implementation; `eager` is the fastest for short sequences on a CPU."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Type of the trained weights; activations are bfloat16 in either case."""


class DataSettings(Settings):
    """What it is trained on."""

    paths: tuple[Path, ...] = Field(min_length=1)
    """Data sets, as `quasar data build` writes them."""
    limits: dict[str, int] = Field(default_factory=dict)
    """Most records of a data set, by the name of its folder."""
    examples: ExampleSettings = ExampleSettings()
    """How records become prompts and answers."""
    max_length: int = Field(default=512, ge=16)
    """Longest prompt and answer, tokens; longer examples are left out."""
    cache: Path = Path("runs/cache")
    """Where token ids are kept between runs."""
    jobs: int = Field(default=2, ge=1)
    """Processes that make them."""


class ScheduleSettings(Settings):
    """How long, how fast, in what order."""

    max_steps: int | None = Field(default=None, ge=1)
    """Optimiser steps; with `max_minutes` whichever ends first."""
    max_minutes: float | None = Field(default=None, gt=0)
    """Minutes of training, over all resumptions."""
    batch_size: int = Field(default=32, ge=1)
    """Examples of a step on each process."""
    accumulation: int = Field(default=1, ge=1)
    """Batches before an optimiser step."""
    optimizer: OptimizerName = "adamw"
    """`adamw`, or `muon` for the weight matrices."""
    learning_rate: float = Field(default=2e-5, gt=0)
    """Peak, of AdamW."""
    matrix_learning_rate: float = Field(default=0.02, gt=0)
    """Peak, of Muon."""
    weight_decay: float = Field(default=0.0, ge=0)
    """Of both."""
    warmup: float = Field(default=0.02, ge=0, lt=1)
    """Share of the training in which the rates rise from 0."""
    decay: float = Field(default=0.5, ge=0, le=1)
    """Share of the training, at its end, in which they fall to a fiftieth."""
    growth: float = Field(default=0.0, ge=0, le=1)
    """Share of the training in which examples grow from the shortest tenth to all."""
    max_grad_norm: float = Field(default=1.0, gt=0)
    """Gradients are clipped to this."""
    seed: int = Field(default=0, ge=0)
    """Of weights, order and drawn examples."""
    gradient_checkpointing: bool = False
    """Saves memory for large models."""

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.max_steps is None and self.max_minutes is None:
            raise ValueError("give max_steps or max_minutes: a training needs an end")
        return self


class WatchSettings(Settings):
    """What is measured and kept on the way."""

    evaluate_minutes: float = Field(default=10.0, gt=0)
    """Minutes between evaluations on the validation split."""
    problems: int = Field(default=64, ge=0)
    """Problems of an evaluation; 0: none."""
    save_minutes: float = Field(default=5.0, gt=0)
    """Minutes between checkpoints."""
    log_steps: int = Field(default=20, ge=1)
    """Steps between points of the loss curve."""
    keep: int = Field(default=2, ge=1)
    """Checkpoints kept."""
    report_to: tuple[Literal["tensorboard", "trackio"], ...] = ("tensorboard",)
    """Where curves go."""


class SftSettings(Settings):
    """A whole run of `quasar train sft`."""

    model: ModelSettings = ModelSettings()
    """Which model is trained."""
    data: DataSettings
    """What it is trained on."""
    schedule: ScheduleSettings
    """How long, how fast, in what order."""
    watch: WatchSettings = WatchSettings()
    """What is measured and kept on the way."""
    out: Path
    """Folder of the run: checkpoints in `checkpoints/`, the result in `model/`."""
    threads: int | None = Field(default=None, ge=1)
    """CPU threads; None: PyTorch's choice."""
