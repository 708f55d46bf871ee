"""Supervised fine-tuning on TRL's `SFTTrainer`, from a configuration to a checkpoint folder.

Runs on one CPU or GPU as it is, and under `accelerate launch` on many. What is added to TRL: the
order of the examples (`curriculum`), schedules by time, measured quality during training, and a
folder that says what it holds.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from quasar.core.manifest import manifest
from quasar.core.seeds import generator
from quasar.models.profile import Profile
from quasar.models.protocol import Sampling
from quasar.prompts.compact import MAX_QUBITS
from quasar.train.curriculum import LengthCurriculum
from quasar.train.model_card import describe
from quasar.train.model_folder import save_model
from quasar.train.new_model import make_model
from quasar.train.optimizers import make_optimizer
from quasar.train.progress import Progress
from quasar.train.quality import Task, score, summary, tasks_of
from quasar.train.run_folder import STATE_FILE, claim, last_checkpoint
from quasar.train.schedule import ENDLESS, rate, trainer_arguments
from quasar.train.sft_settings import SftSettings
from quasar.train.tokens import read_split, tokenised
from quasar.train.trl_adapter import curriculum_trainer
from quasar.train.watcher import QUALITY_LOG, make_watcher

_PADDING = 16  # tokens: matrix kernels are made anew for each length, which halves a CPU's speed
_LIBRARIES = ("torch", "transformers", "trl", "accelerate", "datasets", "numpy", "qulacs", "qiskit")


def train_sft(settings: SftSettings) -> dict[str, float]:
    """Train, or go on with what the folder holds; returns the last evaluation.

    Raises:
        InputError: data or base model are missing, or the folder belongs to other settings.
    """
    import torch
    from trl import SFTConfig

    if settings.threads is not None:
        torch.set_num_threads(settings.threads)
    schedule, watch, out = settings.schedule, settings.watch, settings.out
    claim(out, settings.model_dump(mode="json", exclude={"watch", "threads", "out"}))
    model, tokenizer = make_model(settings.model, schedule.seed)
    style = settings.data.examples.prompt_style
    profile = Profile(
        name=settings.model.name,
        prompt_style=style,
        max_qubits=MAX_QUBITS if style == "compact" else None,
        multi_turn=True if settings.data.examples.second_turn > 0 else None,
    )
    train = tokenised(
        settings.data.paths,
        tokenizer,
        settings.data.examples,
        max_length=settings.data.max_length,
        jobs=settings.data.jobs,
        cache=settings.data.cache,
        limits=settings.data.limits,
    )
    progress = Progress(schedule.max_steps, schedule.max_minutes)
    checkpoint = last_checkpoint(out / "checkpoints")
    if checkpoint is not None:
        state = json.loads((checkpoint / STATE_FILE).read_text(encoding="utf-8"))
        progress.resume(state["step"], state["seconds"])
    arguments = SFTConfig(
        **trainer_arguments(out / "checkpoints", schedule, watch),
        ignore_data_skip=True,  # the curriculum skips by itself
        remove_unused_columns=True,
        dataset_kwargs={"skip_prepare_dataset": True},
        max_length=settings.data.max_length,
        pad_to_multiple_of=_PADDING,
    )
    optimizer = make_optimizer(
        model,
        schedule.optimizer,
        learning_rate=schedule.learning_rate,
        matrix_learning_rate=schedule.matrix_learning_rate,
        weight_decay=schedule.weight_decay,
    )
    rates = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda _: rate(progress.share, schedule.warmup, schedule.decay)
    )
    problems = validation_tasks(settings) if watch.problems else []

    def measure(policy: Any) -> dict[str, float]:
        return evaluate_model(policy, tokenizer, profile, problems, settings.data.max_length)

    watcher = make_watcher(watch, progress, out / QUALITY_LOG, measure if problems else None)
    batches = partial(_batches, settings, progress, list(train["length"]))
    trainer = curriculum_trainer(batches, ENDLESS * schedule.batch_size)(
        model=model,
        args=arguments,
        train_dataset=train.remove_columns("length"),
        processing_class=tokenizer,
        optimizers=(optimizer, rates),
        callbacks=[watcher],
    )
    watcher.trainer = trainer
    trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    return _finish(
        settings, profile, trainer, tokenizer, progress, watcher, len(train), len(problems)
    )


def validation_tasks(settings: SftSettings) -> list[Task]:
    """Problems of the validation splits, the same ones every time, sets in equal shares."""
    paths = list(dict.fromkeys(settings.data.paths))
    each = -(-settings.watch.problems // len(paths))
    tasks: list[Task] = []
    for path in paths:
        records = read_split(path, "validation")
        rng = generator(settings.schedule.seed, "validation")
        chosen = rng.permutation(len(records))[:each]
        tasks += tasks_of([records[int(i)] for i in chosen])
    return tasks[: settings.watch.problems]


def _batches(
    settings: SftSettings, progress: Progress, lengths: list[int], processes: int
) -> LengthCurriculum:
    """The order of the examples; lengths in tokens."""
    schedule = settings.schedule

    def share(batches: int) -> float:
        if schedule.max_minutes is not None:
            return progress.share
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


def evaluate_model(
    model: Any, tokenizer: Any, profile: Profile, tasks: list[Task], max_length: int
) -> dict[str, float]:
    """Quality of greedy answers; the model is left as it was."""
    from quasar.models.transformers_model import TransformersModel

    training = model.training
    model.eval()
    try:
        wrapped = TransformersModel.of(model, tokenizer, profile, batch_size=32)
        scores = score(wrapped, tasks, Sampling(temperature=0.0, max_tokens=max_length))
    finally:
        model.train(training)
    return summary(tasks, scores)


def _finish(
    settings: SftSettings,
    profile: Profile,
    trainer: Any,
    tokenizer: Any,
    progress: Progress,
    watcher: Any,
    examples: int,
    problems: int,
) -> dict[str, float]:
    watcher.measure()
    folder = settings.out / "model"
    weights = all_weights(trainer)
    if not trainer.is_world_process_zero():
        return dict(watcher.last)
    save_model(trainer.model, weights, tokenizer, profile, folder)
    content = manifest(settings.model_dump(mode="json"), settings.schedule.seed, _LIBRARIES)
    content |= {
        "steps": progress.step,
        "training_seconds": round(progress.seconds, 1),
        "examples_available": examples,
        "examples_seen": progress.step
        * settings.schedule.batch_size
        * settings.schedule.accumulation
        * trainer.args.world_size,
        "tokens_seen": int(trainer.state.num_input_tokens_seen or 0),
        "validation": watcher.last,
        "validation_problems": problems,
    }
    describe(folder, content)
    return dict(watcher.last)


def all_weights(trainer: Any) -> dict[str, Any]:
    """The trained weights in bfloat16, collected where processes share them.

    All processes have to call it; only the first needs to get them.
    """
    import torch

    collected = trainer.accelerator.get_state_dict(trainer.model_wrapped)
    cast: dict[int, Any] = {}  # tied weights stay one tensor
    for tensor in collected.values():
        cast.setdefault(tensor.data_ptr(), tensor.to(torch.bfloat16))
    return {name: cast[tensor.data_ptr()] for name, tensor in collected.items()}
