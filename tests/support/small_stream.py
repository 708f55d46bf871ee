"""Settings of streaming trainings for tests, and chunks made of nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from quasar.prompts.vocabulary import tokens
from quasar.train.sft_settings import SftSettings
from quasar.train.stream.chunks import Chunk, pack
from quasar.train.stream.settings import StreamSettings

VOCABULARY = {text: number for number, text in enumerate(tokens())}


def stream(*kinds: dict[str, Any], **changes: Any) -> StreamSettings:
    return StreamSettings.parse({"source": "support.fresh_stub", "kinds": list(kinds), **changes})


def streaming(out: Path, *, data: dict[str, Any] | None = None, **schedule: Any) -> SftSettings:
    """A tiny model, 60 steps on a CPU."""
    return SftSettings.parse(
        {
            "out": str(out),
            "threads": 1,
            "model": {
                "name": "tiny",
                "new": {"hidden_size": 64, "layers": 2, "head_size": 32, "intermediate_size": 64},
            },
            "data": {
                "stream": {
                    "source": "support.fresh_stub",
                    "chunk_seconds": 0.1,
                    "kinds": [
                        {"name": "short", "share": 0.8},
                        {"name": "long", "share": 0.2, "qubits": [6, 7]},
                    ],
                    **(data or {}),
                }
            },
            "schedule": {
                "max_steps": 60,
                "batch_tokens": 1024,
                "optimizer": "muon",
                "learning_rate": 4e-3,
                **schedule,
            },
            "eval": {"log_steps": 10, "problems": 0},
        }
    )


def chunk_of(sizes: Sequence[int], *, qubits: int = 4, renamable: bool = True) -> Chunk:
    """Examples of these sizes; answers take the second half."""
    named = [VOCABULARY[f";q{q}"] for q in range(qubits)]
    rng = np.random.default_rng(sum(sizes))
    return pack(
        [
            ([*named, *rng.choice(named, size - qubits).tolist()], max(1, size // 2), renamable)
            for size in sizes
        ]
    )
