"""A training by one of TRL's trainers: what supervised fine-tuning and reinforcement share.

Runs on one CPU or GPU as it is, and under `accelerate launch` on many. Covers model and optimiser,
schedules by time, checkpoints and resuming, measurements on the way, and collecting the weights.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from quasar.core.files import write_json
from quasar.models.profile import Profile
from quasar.train.optimizers import make_optimizer
from quasar.train.run import QUALITY_LOG, STATE_FILE, Run, S, last_checkpoint
from quasar.train.settings import EvalSettings, Schedule

ENDLESS = 10**7
"""Steps, where only time ends the training."""

_SLOW_IN_BF16 = ("AVX", "AVX2", "NO AVX")
"""Processors on which products in bfloat16 take ten times those in float32 (`docs/lab-book`)."""

Measure = Callable[[Any], dict[str, float]]
"""Quality of a model, by name."""


class TrlRun(Run[S]):
    """A run whose steps a trainer of TRL takes; goes on from the newest checkpoint.

    Attributes:
        trainer: of `fit`.
    """

    libraries = tuple("torch transformers trl accelerate datasets numpy qulacs qiskit".split())

    def __init__(self, settings: S, profile: Profile, model: Any, tokenizer: Any) -> None:
        super().__init__(settings)
        self.profile, self.model, self.tokenizer = profile, model, tokenizer
        self.trainer: Any = None
        self._checkpoint = last_checkpoint(self.checkpoints)
        if self._checkpoint is not None:
            state = json.loads((self._checkpoint / STATE_FILE).read_text(encoding="utf-8"))
            self.progress.resume(state["step"], state["seconds"])

    @property
    def arguments(self) -> dict[str, Any]:
        """What every trainer of the `transformers` family takes in the same way."""
        return trainer_arguments(self.checkpoints, self.settings.schedule, self.settings.eval)

    def fit(
        self,
        trainer: type,
        measure: Measure | None,
        *,
        at_start: bool = False,
        started: Callable[[], None] = lambda: None,
        **arguments: Any,
    ) -> None:
        """Train to the end, and measure the result.

        Args:
            trainer: class of TRL's trainers.
            measure: None: nothing is measured.
            at_start: measure the untrained model too; once, over all resumptions.
            started: called when the first step begins.
            arguments: of the trainer, beside those that all have.
        """
        callback = _eval_callback(self, measure, at_start, started)
        self.trainer = trainer(
            model=self.model,
            processing_class=self.tokenizer,
            optimizers=self._optimizers(),
            callbacks=[callback],
            **arguments,
        )
        here = self._checkpoint
        self.trainer.train(resume_from_checkpoint=None if here is None else str(here))
        callback.measure()

    def finish(self, problems: int, **more: Any) -> dict[str, Any] | None:
        """Write the model's folder; returns its manifest, None on all processes but the first.

        Args:
            problems: that measurements asked.
            more: fields of the manifest.
        """
        weights = all_weights(self.trainer)
        if not self.trainer.is_world_process_zero():
            return None
        self.write_model(self.trainer.model, weights, self.tokenizer, self.profile)
        tokens = int(self.trainer.state.num_input_tokens_seen or 0)
        return self.describe(problems, tokens_seen=tokens, **more)

    @property
    def drawn(self) -> int:
        """Examples or completions of all steps, on all processes."""
        schedule = self.settings.schedule
        step = schedule.batch_size * schedule.accumulation * self.trainer.args.world_size
        return int(self.progress.step * step)

    def _optimizers(self) -> tuple[Any, Any]:
        import torch

        schedule = self.settings.schedule
        optimizer = make_optimizer(
            self.model,
            schedule.optimizer,
            learning_rate=schedule.learning_rate,
            matrix_learning_rate=schedule.matrix_learning_rate,
            weight_decay=schedule.weight_decay,
        )
        return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, lambda _: self.rate)


def _eval_callback(
    run: TrlRun[Any], measure: Measure | None, at_start: bool, started: Callable[[], None]
) -> Any:
    """A `TrainerCallback` that keeps the time, saves, and measures quality on the way.

    It ends the training when the run's progress says so. A measurement comes after saving, so that
    nothing is lost if it fails, and its time does not count.
    """
    from transformers import TrainerCallback

    progress, wanted = run.progress, cast(EvalSettings, run.settings.eval)

    class EvalCallback(TrainerCallback):  # type: ignore[misc]
        def __init__(self) -> None:
            self._saved = self._measured = 0.0

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if at_start and not (run.out / QUALITY_LOG).exists():
                self.measure()
            self._saved = self._measured = progress.seconds
            progress.start()
            started()

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            progress.step = state.global_step
            if progress.fraction >= 1.0:
                control.should_training_stop = True
            elif progress.seconds - self._saved > 60 * wanted.save_minutes or self._is_due():
                control.should_save = True

        def _is_due(self) -> bool:
            return progress.seconds - self._measured > 60 * wanted.evaluate_minutes

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self._saved = progress.seconds
            folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
            content = {"step": state.global_step, "seconds": progress.seconds}
            write_json(folder / STATE_FILE, content, indent=None)
            if self._is_due():
                self._measured = progress.seconds
                progress.pause()
                self.measure()
                progress.start()

        def measure(self) -> None:
            if measure is None or not run.trainer.is_world_process_zero():
                return
            begun = time.monotonic()
            run.record_quality(measure(run.trainer.model))
            run.trainer.log({f"quality/{name}": value for name, value in run.quality.items()})
            run.trainer.log({"quality/seconds": time.monotonic() - begun})

    return EvalCallback()


def trainer_arguments(
    checkpoints: Path, schedule: Schedule, wanted: EvalSettings
) -> dict[str, Any]:
    """What every trainer of the `transformers` family takes in the same way."""
    import torch

    gpu = torch.cuda.is_available()
    return {
        "output_dir": str(checkpoints),
        "max_steps": schedule.max_steps or ENDLESS,
        "per_device_train_batch_size": schedule.batch_size,
        "gradient_accumulation_steps": schedule.accumulation,
        "activation_checkpointing": schedule.gradient_checkpointing,
        "max_grad_norm": schedule.max_grad_norm,
        "bf16": gpu or torch.backends.cpu.get_cpu_capability() not in _SLOW_IN_BF16,
        "use_cpu": not gpu,
        "seed": schedule.seed,
        "logging_steps": wanted.log_steps,
        "save_strategy": "no",  # the callback saves, by the clock
        "save_total_limit": wanted.keep,
        "eval_strategy": "no",
        "report_to": list(wanted.report_to),
        "dataloader_pin_memory": gpu,
        "dataloader_num_workers": schedule.loaders if schedule.loaders is not None else 2 * gpu,
        "disable_tqdm": False,
    }


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
