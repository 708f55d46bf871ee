"""Trainings that end in the middle, and whether they went on as if they had not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def interrupt(
    monkeypatch: pytest.MonkeyPatch, trainer: type, step: int, train: Callable[[], Any]
) -> None:
    """Train until a step begins, then end as Ctrl-C does.

    Args:
        trainer: TRL's class that `train` makes an instance of.
    """
    from transformers import TrainerCallback

    class Interrupt(TrainerCallback):  # type: ignore[misc]
        def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if state.global_step == step:
                raise KeyboardInterrupt

    original = trainer.__init__

    def interrupted(self: Any, *args: Any, **kwargs: Any) -> None:
        kwargs["callbacks"] = [*kwargs["callbacks"], Interrupt()]
        original(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(trainer, "__init__", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train()


def same_weights(first: Path, second: Path) -> dict[str, Any]:
    """The weights of two model folders, which have to be the same."""
    import torch
    from transformers import AutoModelForCausalLM

    weights, others = (
        AutoModelForCausalLM.from_pretrained(folder).state_dict() for folder in (first, second)
    )
    for name, own in weights.items():
        assert torch.allclose(own, others[name], atol=1e-3), name
    return dict(weights)
