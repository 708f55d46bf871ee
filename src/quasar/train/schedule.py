"""How long and how fast a training goes, and what is kept of it: shared by all trainings."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from quasar.core.settings import Settings
from quasar.train.optimizers import OptimizerName

ENDLESS = 10**7
"""Steps, where only time ends the training."""
_LEAST_RATE = 0.02


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
    """Share of the training in which the rates rise from 0."""
    decay: float = Field(default=0.5, ge=0, le=1)
    """Share of the training, at its end, in which they fall to a fiftieth."""
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


class Watch(Settings):
    """What is measured and kept on the way."""

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


def rate(share: float, warmup: float, decay: float) -> float:
    """Factor on the learning rates: rises linearly, stays at 1, falls linearly to a fiftieth."""
    if share < warmup:
        return max(share / warmup, 1e-3)
    if decay and share > 1.0 - decay:
        return max(_LEAST_RATE, (1.0 - share) / decay)
    return 1.0


def trainer_arguments(checkpoints: Path, schedule: Schedule, watch: Watch) -> dict[str, Any]:
    """What every trainer of the `transformers` family is told in the same way."""
    import torch

    gpu = torch.cuda.is_available()
    return {
        "output_dir": str(checkpoints),
        "max_steps": schedule.max_steps or ENDLESS,
        "per_device_train_batch_size": schedule.batch_size,
        "gradient_accumulation_steps": schedule.accumulation,
        "activation_checkpointing": schedule.gradient_checkpointing,
        "max_grad_norm": schedule.max_grad_norm,
        "bf16": True,
        "use_cpu": not gpu,
        "seed": schedule.seed,
        "logging_steps": watch.log_steps,
        "save_strategy": "no",  # the watcher saves, by the clock
        "save_total_limit": watch.keep,
        "eval_strategy": "no",
        "report_to": list(watch.report_to),
        "dataloader_pin_memory": gpu,
        "dataloader_num_workers": schedule.loaders if schedule.loaders is not None else 2 * gpu,
        "disable_tqdm": False,
    }
