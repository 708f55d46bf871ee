"""A small data set for the tests, built once a session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from quasar.data.build import DATA
from quasar.data.settings import BuildSettings
from quasar.data.storage import read_records

SMALL: dict[str, Any] = {
    "recipe": "agent-q",
    "count": 30,
    "seed": 5,
    "max_qubits": 5,
    "shard_size": 4,
    "rows_per_file": 8,
    "splits": {"train": 0.6, "validation": 0.2, "test": 0.2},
}


def small(**changes: Any) -> BuildSettings:
    """The settings, with changes."""
    return BuildSettings.parse({**SMALL, **changes})


def records_of(folder: Path) -> list[dict[str, Any]]:
    """All records of a finished data set, by index."""
    files = (folder / DATA).glob("*.parquet")
    return sorted((r for f in files for r in read_records(f)), key=lambda r: r["index"])
