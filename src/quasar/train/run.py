"""What any training is beside its steps: its folder, clock, learning rate, measurements, result.

Supervised fine-tuning, its streamed form and reinforcement all are a `Run`. Knows neither PyTorch
nor TRL; what their trainers need is added in `trl_run`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

from quasar.core.errors import InputError
from quasar.core.files import disk_errors, write_json
from quasar.core.jsonl import append_jsonl
from quasar.core.manifest import manifest
from quasar.models.profile import PROFILE_FILE, Profile
from quasar.train.model_card import describe
from quasar.train.progress import TrainingProgress, rate
from quasar.train.settings import TrainingSettings

SETTINGS_FILE = "settings.json"
STATE_FILE = "quasar_state.json"
"""In each checkpoint, written last: what a resumption needs beyond TRL's own state."""
QUALITY_LOG = "quality.jsonl"
"""In the run's folder: one line a measurement."""
S = TypeVar("S", bound=TrainingSettings)
_RENAMED = {"quasar.train.fresh": "quasar.train.stream.fresh"}


class Run(Generic[S]):
    """One training, from its settings to the folder of its model.

    Attributes:
        progress: the clock.
        quality: the newest measurement, empty before the first.
    """

    libraries: tuple[str, ...] = ()
    """Whose versions the manifest states."""

    def __init__(self, settings: S) -> None:
        self.settings = settings
        self.out = settings.out
        self.checkpoints = settings.out / "checkpoints"
        self.quality: dict[str, float] = {}
        schedule = settings.schedule
        self.progress = TrainingProgress(schedule.max_steps, schedule.max_minutes)

    @property
    def rate(self) -> float:
        """Factor on the learning rates now."""
        schedule = self.settings.schedule
        return rate(self.progress.fraction, schedule.warmup, schedule.decay)

    def record_quality(self, found: Mapping[str, float]) -> None:
        """Keep a measurement, and write it to `QUALITY_LOG`."""
        self.quality = dict(found)
        at = {"step": self.progress.step, "seconds": round(self.progress.seconds, 1)}
        append_jsonl(self.out / QUALITY_LOG, [at | self.quality])

    def first_quality(self) -> dict[str, float]:
        """The first measurement, over all resumptions."""
        with (self.out / QUALITY_LOG).open(encoding="utf-8") as file:
            found: dict[str, float] = json.loads(file.readline())
        return {name: value for name, value in found.items() if name not in {"step", "seconds"}}

    def write_model(
        self, model: Any, weights: Mapping[str, Any], tokenizer: Any, profile: Profile
    ) -> None:
        """The folder `model/`, as `AutoModelForCausalLM.from_pretrained` loads it.

        Args:
            weights: in bfloat16, by name.
        """
        folder = self.out / "model"
        model.save_pretrained(folder, state_dict=dict(weights))
        path = folder / "config.json"  # says how the model was held in memory
        config = json.loads(path.read_text(encoding="utf-8"))
        write_json(path, config | {"dtype": "bfloat16", "use_cache": True})
        tokenizer.save_pretrained(folder)
        write_json(folder / PROFILE_FILE, profile.model_dump(exclude_none=True))

    def describe(self, problems: int, **more: Any) -> dict[str, Any]:
        """Write manifest and card beside the weights; returns the manifest.

        Args:
            problems: that measurements asked.
            more: what only some trainings have to say.
        """
        settings = self.settings
        content = manifest(settings.model_dump(mode="json"), settings.schedule.seed, self.libraries)
        content |= {
            "steps": self.progress.step,
            "training_seconds": round(self.progress.seconds, 1),
            **more,
            "validation": self.quality,
            "validation_problems": problems,
        }
        describe(self.out / "model", content)
        return content


def claim(out: Path, stated: dict[str, Any]) -> None:
    """Make the run's folder, or make sure that it belongs to these settings.

    Args:
        stated: what makes the run the run it is, JSON-able.

    Raises:
        InputError: the folder holds a run with other settings, or cannot be written.
    """
    path = out / SETTINGS_FILE
    if path.exists():
        if _today(json.loads(path.read_text(encoding="utf-8"))) != stated:
            raise InputError(
                f"{out} holds a run with other settings: give another --set out=FOLDER, "
                "or remove it."
            )
        return
    with disk_errors(out):
        try:
            out.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, FileNotFoundError, NotADirectoryError) as error:
            raise InputError(
                f"no folder can be made at {out} ({error.strerror}): give another --set out=FOLDER."
            ) from error
        write_json(path, stated)  # other processes of the run read it as soon as it is there


def _today(stated: Any) -> Any:
    """Settings of a run that version 0.1 began, as they are spelled today."""
    if isinstance(stated, dict):
        return {key: _today(value) for key, value in stated.items()}
    return _RENAMED.get(stated, stated) if isinstance(stated, str) else stated


def last_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint that was written to its end."""
    whole = [p.parent for p in folder.glob(f"checkpoint-*/{STATE_FILE}")]
    return max(whole, key=lambda p: int(p.name.rpartition("-")[2])) if whole else None
