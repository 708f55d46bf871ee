"""Reference circuits of the benchmark's records, where the records are at hand."""

from __future__ import annotations

import gzip
import json
import os
import re
from pathlib import Path

import pytest

from quasar.circuits.circuit import Gate

FOLDER = Path(
    os.environ.get("QUASAR_AGENTQ", Path(__file__).resolve().parents[2] / "shared" / "agentq")
)
_STATEMENT = re.compile(r"(\w+)(?:\(([^)]*)\))? (q\[\d+\](?:, q\[\d+\])*);")


def records(optimization_type: str) -> list[dict]:
    """Records of one kind; skips the test where the folder is absent."""
    path = FOLDER / "records.jsonl.gz"
    if not path.is_file():
        pytest.skip("the benchmark's records are not here: set QUASAR_AGENTQ")
    with gzip.open(path, "rt") as lines:
        found = [json.loads(line) for line in lines]
    return [r for r in found if r["optimization_type"] == optimization_type]


def statements(text: str) -> list[Gate]:
    """Gates of a flat program, in order."""
    out = []
    for line in text.splitlines():
        match = _STATEMENT.fullmatch(line)
        if match and match[1] not in {"bit", "qubit"}:
            angles = tuple(map(float, match[2].split(","))) if match[2] else ()
            out.append(Gate(match[1], tuple(map(int, re.findall(r"\[(\d+)\]", match[3]))), angles))
    return out
