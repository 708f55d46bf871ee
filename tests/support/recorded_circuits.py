"""Reference circuits of the benchmark's records, as gates, without the project's own parser."""

from __future__ import annotations

import re
from typing import Any

from quasar.circuits.circuit import Gate
from support.agentq import load_records

_STATEMENT = re.compile(r"(\w+)(?:\(([^)]*)\))? (q\[\d+\](?:, q\[\d+\])*);")


def records(optimization_type: str) -> list[dict[str, Any]]:
    """Records of one kind; skips the calling test where they are absent."""
    return [r for r in load_records() if r["optimization_type"] == optimization_type]


def statements(text: str) -> list[Gate]:
    """Gates of a flat program, in order."""
    out = []
    for line in text.splitlines():
        match = _STATEMENT.fullmatch(line)
        if match and match[1] not in {"bit", "qubit"}:
            angles = tuple(map(float, match[2].split(","))) if match[2] else ()
            out.append(Gate(match[1], tuple(map(int, re.findall(r"\[(\d+)\]", match[3]))), angles))
    return out
