"""`quasar bench`: names, errors, and the smallest run of the verifier's benchmark."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from quasar.cli import bench
from quasar.cli.main import app
from quasar.core.errors import InputError

ROOT = Path(__file__).resolve().parents[2]


def run(*args: str) -> str:
    result = CliRunner().invoke(app, ["bench", *args])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def test_names_are_listed_with_what_they_measure() -> None:
    lines = run().splitlines()
    assert any(line.startswith("verify ") and "fast" in line for line in lines)
    assert {"verify", "experiments"} <= json.loads(run("--json"))["benchmarks"].keys()


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"unknown benchmark .speed.; choose one of .*verify"):
        run("speed")


def test_without_a_checkout_it_says_where_the_benchmarks_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bench, "__file__", str(tmp_path / "a/b/c/bench.py"))
    with pytest.raises(InputError, match="clone the repository"):
        run("verify")


@pytest.mark.slow
@pytest.mark.parametrize("shared", [True, False])
def test_the_verifiers_benchmark(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shared: bool
) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    module = importlib.import_module("benchmarks.verify")
    monkeypatch.setattr("benchmarks._common.RESULTS", tmp_path)
    if shared and not (module.SHARED / "records.jsonl.gz").is_file():
        pytest.skip(f"no generations in {module.SHARED}")
    folder = module.SHARED if shared else tmp_path
    monkeypatch.setattr(module.own_data, "__defaults__", (1, 2))
    options = "--limit 20 --sample 1 --rounds 1 --max-qubits 6 --workers 1".split()
    module.main([*options, "--data", str(folder)])
    result = json.loads((tmp_path / "verify.json").read_text())
    assert result["source"] == ("shared generations" if shared else "own sample")
    assert [row["way"][:3] for row in result["rows"]] == ["(a)", "(b)", "(c)", "(d)"]
    assert all(row["per second"] > 0 for row in result["rows"])
    assert result["agreement"]["compared"] == 1
    assert result["agreement"]["energy"] < 1e-9
    assert [row["qubits"] for row in result["growth"]] == [4, 6]
    assert result["machine"]["processor"]
