"""The shared benchmark records, where a checkout has them.

They are no part of the repository: the folder is named by QUASAR_AGENTQ, or lies at
`../shared/agentq` beside the repository. Tests that need them skip otherwise.
"""

from __future__ import annotations

import gzip
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest


def agentq_folder() -> Path:
    """Folder of the shared files; skips the calling test where it is absent."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "agentq"
    folder = Path(os.environ.get("QUASAR_AGENTQ", beside))
    if not (folder / "records.jsonl.gz").is_file():
        pytest.skip(f"no benchmark records in {folder}: set QUASAR_AGENTQ to their folder")
    return folder


@cache
def _lines(path: Path) -> tuple[dict[str, Any], ...]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return tuple(json.loads(line) for line in stream)


def load_lines(name: str) -> tuple[dict[str, Any], ...]:
    """All lines of one of the shared `.jsonl.gz` files; skips where they are absent."""
    return _lines(agentq_folder() / name)


def shared_texts() -> list[str]:
    """Its programs; none where it is absent. For what runs outside of pytest."""
    try:
        return [generation["qasm"] for generation in load_lines("generations.jsonl.gz")]
    except pytest.skip.Exception:
        return []


def load_records() -> tuple[dict[str, Any], ...]:
    """The 123 records as they stand in the file; skips where they are absent."""
    return load_lines("records.jsonl.gz")


def problem_data(record: dict[str, Any]) -> dict[str, Any]:
    """The record as a problem file with its JSON strings read."""
    return {
        "problem_type": record["problem_type"],
        "graph": json.loads(record["graph"]),
        "problem_specific_attributes": json.loads(record["problem_specific_attributes"] or "null"),
    }


CandidateKey = tuple[str, int, int]


def _key(row: dict[str, Any]) -> CandidateKey:
    return row["run"], row["sample_index"], row["candidate"]


def load_generations() -> dict[CandidateKey, str]:
    """QASM of every archived answer; skips where they are absent."""
    return {_key(row): row["qasm"] for row in load_lines("generations.jsonl.gz")}


def load_expected() -> dict[CandidateKey, dict[str, Any]]:
    """What an independent scorer found for each of them; skips where absent."""
    return {_key(row): row for row in load_lines("expected_candidates.jsonl.gz")}
