"""The folder of a training run: whose it is, and where to go on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from quasar.core.errors import InputError
from quasar.core.files import disk_errors, write_json

SETTINGS_FILE = "settings.json"
STATE_FILE = "quasar_state.json"
"""In each checkpoint, written last: what a resumption needs beyond TRL's own state."""
_RENAMED = {"quasar.train.fresh": "quasar.train.stream.fresh"}


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
        out.mkdir(parents=True, exist_ok=True)
        write_json(path, stated)  # other processes of the run read it as soon as it is there


def _today(stated: Any) -> Any:
    """Settings of a run that was begun by version 0.1, in today's spelling."""
    if isinstance(stated, dict):
        return {_RENAMED.get(key, key): _today(value) for key, value in stated.items()}
    return _RENAMED.get(stated, stated) if isinstance(stated, str) else stated


def last_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint that was written to its end."""
    whole = [p.parent for p in folder.glob(f"checkpoint-*/{STATE_FILE}")]
    return max(whole, key=lambda p: int(p.name.rpartition("-")[2])) if whole else None
