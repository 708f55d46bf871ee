"""The callback of every training: keeps time, saves, and measures quality on the way."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from quasar.core.files import write_json
from quasar.core.jsonl import append_jsonl
from quasar.train.progress import Progress
from quasar.train.run_folder import STATE_FILE
from quasar.train.schedule import Watch

QUALITY_LOG = "quality.jsonl"
"""In the run's folder: one line a measurement."""

Measure = Callable[[Any], dict[str, float]]
"""Quality of a model, by name."""


def make_watcher(
    watch: Watch,
    progress: Progress,
    log: Path,
    measure: Measure | None,
    *,
    at_start: bool = False,
    started: Callable[[], None] = lambda: None,
) -> Any:
    """A `TrainerCallback`; its `trainer` is to be set before the training begins.

    It ends the training when `progress` says so. A measurement comes after saving, so that nothing
    is lost whatever happens in it, and its time does not count. `last` is the newest, empty where
    there is none.

    Args:
        log: file that gets a line for each measurement.
        measure: None: nothing is measured.
        at_start: measure the untrained model too; once, over all resumptions.
        started: called when the first step begins.
    """
    from transformers import TrainerCallback

    class Watcher(TrainerCallback):  # type: ignore[misc]
        trainer: Any = None

        def __init__(self) -> None:
            self._saved = self._measured = 0.0
            self.last: dict[str, float] = {}

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if at_start and not log.exists():
                self.measure()
            self._saved = self._measured = progress.seconds
            progress.start()
            started()

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            progress.step = state.global_step
            if progress.share >= 1.0:
                control.should_training_stop = True
            elif progress.seconds - self._saved > 60 * watch.save_minutes or self._is_due():
                control.should_save = True

        def _is_due(self) -> bool:
            return progress.seconds - self._measured > 60 * watch.evaluate_minutes

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
            if measure is None or not self.trainer.is_world_process_zero():
                return
            begun = time.monotonic()
            self.last = measure(self.trainer.model)
            line = {"step": progress.step, "seconds": round(progress.seconds, 1), **self.last}
            append_jsonl(log, [line])
            self.trainer.log({f"quality/{name}": value for name, value in self.last.items()})
            self.trainer.log({"quality/seconds": time.monotonic() - begun})

    return Watcher()
