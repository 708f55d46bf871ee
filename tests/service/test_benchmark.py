"""The smallest runs of the service's benchmark."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.syspath_prepend(str(ROOT))
    module = importlib.import_module("benchmarks.serve")
    monkeypatch.setattr("benchmarks._common.RESULTS", tmp_path)
    verify = importlib.import_module("benchmarks.verify")
    monkeypatch.setattr(verify.own_data, "__defaults__", (1, 2))
    return module


@pytest.mark.slow
def test_the_four_ways_agree(benchmark: Any, tmp_path: Path) -> None:
    options = "--candidates 8 --workers 1 --connections 2 --rounds 1 --qubits 3 --arrivals 20"
    benchmark.main([*options.split(), "--data", str(tmp_path)])
    result = json.loads((tmp_path / "serve.json").read_text())
    ways = [row["way"][:3] for row in result["rows"]]  # (e) where the sample has three qubits
    assert ways[:4] == ["(a)", "(b)", "(c)", "(d)"]
    assert all(row["per second"] > 0 for row in result["rows"])
    assert result["rows"][2]["p99 ms"] >= result["rows"][2]["p50 ms"] > 0


def test_a_soak_finds_every_poisoned_candidate_infeasible(benchmark: Any, tmp_path: Path) -> None:
    options = "--candidates 6 --workers 2 --soak 30 --poison 0.4 --max-seconds 0.5"
    options += " --kill-every 2"
    benchmark.main([*options.split(), "--max-memory-mib", "300", "--data", str(tmp_path)])
    result = json.loads((tmp_path / "serve_soak.json").read_text())
    assert sum(row["candidates"] for row in result["rows"]) == 30
    assert result["poisoned"] > 5
    assert result["workers_ended"].get("lost", 0) <= result["workers_killed"]
    assert result["workers_at_the_end"] == 2
