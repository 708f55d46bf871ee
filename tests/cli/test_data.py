"""`quasar data` as a script sees it: output keys and exit codes, and Ctrl-C in a real process."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from support.command import quasar
from support.commands import start

pytest.importorskip("pyarrow")

ENVIRONMENT = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "d"
    code, out, err = quasar(
        "data", "build", "--recipe", "agent-q", "--count", 8, "--max-qubits", 4, "--out", folder,
        "--jobs", 1, "--json",
    )  # fmt: skip
    assert code == 0, err
    result = json.loads(out)
    assert result["records"] == 8
    assert sum(result["splits"].values()) == 8
    return folder


def test_built_data_validates(built: Path) -> None:
    code, out, _ = quasar("data", "validate", built, "--jobs", 1, "--json")
    assert code == 0
    assert json.loads(out) == {"records": 8, "checked": 8, "faults": 0, "findings": []}


def test_damaged_data_gives_exit_code_3(built: Path, tmp_path: Path) -> None:
    import shutil

    from quasar.data import storage

    folder = tmp_path / "d"
    shutil.copytree(built, folder)
    path = folder / "data" / "train-00000.parquet"
    records = list(storage.read_records(path))
    records[2]["signature"] = "0" * 32
    storage.write_records(path, records, {})
    code, out, _ = quasar("data", "validate", folder, "--jobs", 1)
    assert code == 3
    assert "train-00000.parquet, row 2" in out
    assert "signature" in out


def test_shared_instances_give_exit_code_3(built: Path, tmp_path: Path) -> None:
    code, out, _ = quasar("data", "leakage", built, "--jobs", 1, "--json")
    if "validation" in out or "test" in out:
        assert code == 0
    quasar("data", "export", built, "--out", tmp_path / "r.jsonl", "--count", 2)
    code, out, _ = quasar("data", "leakage", built, tmp_path / "r.jsonl", "--jobs", 1, "--json")
    assert code == 3
    assert json.loads(out)["comparisons"][0]["leaking_records"] == 2


def test_a_data_set_is_made_again_from_its_manifest(built: Path, tmp_path: Path) -> None:
    manifest = built / "manifest.json"
    out = tmp_path / "again"
    code, _, err = quasar("data", "build", "--config", manifest, "--out", out, "--jobs", 1)
    assert code == 0, err
    hashes = [json.loads((f / "manifest.json").read_text())["content_sha256"] for f in (built, out)]
    assert hashes[0] == hashes[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["build", "--out", "{}/x", "--count", "3"], "--recipe"),
        (["build", "--out", "{}/x", "--recipe", "agent-q"], "--count"),
        (["build", "--out", "{}/x", "--config", "{}/absent.toml"], "absent.toml"),
        (["validate", "{}"], "no finished data set"),
        (["card", "{}"], "no finished data set"),
        (["leakage", "{}/absent"], "nothing at"),
        (["leakage", "{}", "--split", "test"], "name B too"),
        (["import", "{}/absent.jsonl", "--out", "{}/x"], "nothing at"),
    ],
)
def test_wrong_usage_gives_exit_code_2(arguments: list[str], words: str, tmp_path: Path) -> None:
    code, _, err = quasar("data", *(a.format(tmp_path) for a in arguments))
    assert code == 2
    assert words in err


def test_ctrl_c_ends_at_once_and_says_how_to_go_on(tmp_path: Path) -> None:
    options = ("--count", "5000", "--out", tmp_path / "d", "--jobs", "2")
    run = start("data", "build", "--recipe", "agent-q", *options, env=ENVIRONMENT)
    deadline = time.monotonic() + 60
    while not (tmp_path / "d" / ".build" / "settings.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(1.5)
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does: to the workers too
    _, err = run.communicate(timeout=30)
    assert run.returncode == 130
    assert "run the same command again" in err
    assert "Traceback" not in err
