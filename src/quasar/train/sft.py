"""Supervised fine-tuning on TRL's `SFTTrainer`, from a configuration to a checkpoint folder.

What is added to TRL: the order of the examples (`curriculum`), schedules by time, measured quality
during training, and a folder that says what it holds.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from quasar.core.seeds import generator
from quasar.models.profile import Profile
from quasar.prompts.compact import MAX_QUBITS
from quasar.train.curriculum import LengthCurriculum
from quasar.train.new_model import make_model
from quasar.train.progress import TrainingProgress
from quasar.train.quality import ValidationTask, evaluate_model, tasks_of
from quasar.train.run import claim
from quasar.train.sft_settings import SftSettings
from quasar.train.tokens import read_split, tokenised
from quasar.train.trl_adapter import curriculum_trainer
from quasar.train.trl_run import ENDLESS, TrlRun

_PADDING = 16  # tokens: matrix kernels are made again for each length, which halves a CPU's speed


def train_sft(settings: SftSettings) -> dict[str, float]:
    """Train, or go on with what the folder holds; returns the last evaluation.

    Raises:
        InputError: data or base model are missing, or the folder belongs to other settings.
    """
    import torch
    from trl import SFTConfig

    if settings.threads is not None:
        torch.set_num_threads(settings.threads)
    data, schedule = settings.data, settings.schedule
    claim(settings.out, settings.model_dump(mode="json", exclude={"eval", "threads", "out"}))
    model, tokenizer = make_model(settings.model, schedule.seed)
    train = tokenised(
        data.paths,
        tokenizer,
        data.examples,
        max_length=data.max_length,
        jobs=data.jobs,
        cache=data.cache,
        limits=data.limits,
    )
    profile = _profile(settings)
    run = TrlRun(settings, profile, model, tokenizer)
    arguments = SFTConfig(
        **run.arguments,
        ignore_data_skip=True,  # the curriculum skips by itself
        dataset_kwargs={"skip_prepare_dataset": True},
        max_length=data.max_length,
        pad_to_multiple_of=_PADDING,
    )
    tasks = validation_tasks(settings) if settings.eval.problems else []

    def measure(policy: Any) -> dict[str, float]:
        return evaluate_model(policy, tokenizer, profile, tasks, data.max_length)

    batches = partial(_batches, settings, run.progress, list(train["length"]))
    run.fit(
        curriculum_trainer(batches, ENDLESS * schedule.batch_size),
        measure if tasks else None,
        args=arguments,
        train_dataset=train.remove_columns("length"),
    )
    run.finish(len(tasks), examples_available=len(train), examples_seen=run.drawn)
    return run.quality


def _profile(settings: SftSettings) -> Profile:
    style = settings.data.examples.prompt_style
    return Profile(
        name=settings.model.name,
        prompt_style=style,
        max_qubits=MAX_QUBITS if style == "compact" else None,
        multi_turn=True if settings.data.examples.second_turn > 0 else None,
    )


def validation_tasks(settings: SftSettings) -> list[ValidationTask]:
    """Problems of the validation splits, the same ones every time, equally many of each set."""
    paths = list(dict.fromkeys(settings.data.paths))
    each = -(-settings.eval.problems // len(paths))
    tasks: list[ValidationTask] = []
    for path in paths:
        records = read_split(path, "validation")
        rng = generator(settings.schedule.seed, "validation")
        chosen = rng.permutation(len(records))[:each]
        tasks += tasks_of([records[int(i)] for i in chosen])
    return tasks[: settings.eval.problems]


def _batches(
    settings: SftSettings, progress: TrainingProgress, lengths: list[int], processes: int
) -> LengthCurriculum:
    """The order of the examples; lengths in tokens."""
    schedule = settings.schedule

    def share(batches: int) -> float:
        if schedule.max_minutes is not None:
            return progress.fraction
        steps = batches / (schedule.accumulation * processes)
        return min(1.0, steps / (schedule.max_steps or ENDLESS))

    return LengthCurriculum(
        lengths,
        schedule.batch_size,
        share,
        growth=schedule.growth,
        seed=schedule.seed,
        skip=progress.step * schedule.accumulation * processes,
    )
