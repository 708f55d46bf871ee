"""What all of TRL's trainers are told."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from quasar.train.settings import EvalSettings, Schedule
from quasar.train.trl_run import trainer_arguments


@pytest.mark.skipif(torch.cuda.is_available(), reason="the processor does not matter beside a GPU")
@pytest.mark.parametrize(("processor", "half"), [("AVX2", False), ("AVX512", True)])
def test_activations_are_in_bfloat16_where_that_is_not_slow(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, processor: str, half: bool
) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: processor)
    found = trainer_arguments(tmp_path, Schedule(max_steps=1), EvalSettings())
    assert found["bf16"] == half
