"""Checkpoints of a streaming training: weights, optimiser, counts, uses of the examples.

A checkpoint counts once its `STATE_FILE` is there, which is written last.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from quasar.core.errors import InfrastructureError
from quasar.core.files import disk_errors, write_json
from quasar.train.run import STATE_FILE, last_checkpoint
from quasar.train.stream.batches import Uses
from quasar.train.stream.learner import Learner

_TENSORS = "state.pt"
_USES = "uses.npz"


class Saved(NamedTuple):
    """What a checkpoint says beside the tensors.

    Attributes:
        step: steps done.
        seconds: of training.
        totals: of `Tally`.
        seeds: of the workers so far.
        uses: times that examples were drawn, by file.
    """

    step: int = 0
    seconds: float = 0.0
    totals: dict[str, Any] | None = None
    seeds: tuple[int, ...] = ()
    uses: Uses | None = None


def save_checkpoint(folder: Path, learner: Learner, saved: Saved, keep: int) -> Path:
    """Write a checkpoint, and remove older ones than the newest `keep`.

    Args:
        folder: of all checkpoints of the run.
    """
    target = folder / f"checkpoint-{saved.step}"
    with disk_errors(folder):
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        torch.save(learner.optimizer.state(), target / _TENSORS)
        _write_uses(target / _USES, saved.uses or {})
        state = {**saved._asdict(), "uses": None}
        write_json(target / STATE_FILE, state, indent=None)
    older = sorted(folder.glob("checkpoint-*"), key=lambda p: int(p.name.rpartition("-")[2]))
    for path in older[:-keep]:
        shutil.rmtree(path, ignore_errors=True)
    return target


def load_checkpoint(folder: Path, learner: Learner) -> Saved:
    """Go on from the newest checkpoint; an empty `Saved` where there is none.

    Raises:
        InfrastructureError: it cannot be read.
    """
    found = last_checkpoint(folder)
    if found is None:
        return Saved()
    try:
        state = json.loads((found / STATE_FILE).read_text(encoding="utf-8"))
        tensors = torch.load(found / _TENSORS, map_location=learner.device, weights_only=True)
        uses = _read_uses(found / _USES)
    except (OSError, ValueError, RuntimeError, EOFError) as error:
        raise InfrastructureError(
            f"the checkpoint {found} cannot be read ({error}): remove it to go on from the one "
            "before."
        ) from error
    learner.optimizer.load(tensors)
    return Saved(state["step"], state["seconds"], state["totals"], tuple(state["seeds"]), uses)


def _write_uses(path: Path, uses: Uses) -> None:
    names, counts = list(uses), list(uses.values())
    np.savez(
        path,
        names=np.array(names, dtype=np.str_),
        ends=np.cumsum([len(own) for own in counts], dtype=np.int64),
        counts=np.concatenate([np.zeros(0, np.uint8), *counts]),
    )


def _read_uses(path: Path) -> Uses:
    with np.load(path, allow_pickle=False) as file:
        names, ends, counts = file["names"], file["ends"], file["counts"]
    parts = np.split(counts, ends[:-1]) if len(ends) else []
    return {str(name): own for name, own in zip(names, parts, strict=True)}
