"""Data sets named by their configurations: built once, found again, waited for by others."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from quasar.core.errors import InputError
from quasar.core.progress import Progress
from quasar.data.build import MANIFEST
from quasar.train.data_sets import ensure_built


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "data-few.toml"
    path.write_text('recipe = "converged"\ncount = 6\nmax_qubits = 4\n[algorithms]\nvqe = 1.0\n')
    return path


def test_built_once_and_found_again(config: Path, tmp_path: Path) -> None:
    paths = ["runs/elsewhere", str(config)]
    found = ensure_built(paths, tmp_path / "data", Progress())
    assert found == ["runs/elsewhere", str(tmp_path / "data" / "few")]
    manifest = tmp_path / "data" / "few" / MANIFEST
    before = manifest.stat().st_mtime_ns
    assert ensure_built(paths, tmp_path / "data", Progress()) == found
    assert manifest.stat().st_mtime_ns == before


def test_other_processes_wait(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "1")
    found: list[list[str]] = []
    waiting = threading.Thread(
        target=lambda: found.append(ensure_built([str(config)], tmp_path / "data", Progress()))
    )
    waiting.start()
    time.sleep(0.3)
    assert waiting.is_alive()
    assert not (tmp_path / "data").exists()
    folder = tmp_path / "data" / "few"
    folder.mkdir(parents=True)
    (folder / MANIFEST).write_text("{}")
    waiting.join(timeout=10)
    assert found == [[str(folder)]]


@pytest.mark.parametrize("text", ['recipe = "converged"\n', "count = 3\n", "recipe = \n"])
def test_what_is_no_configuration(text: str, tmp_path: Path) -> None:
    bad = tmp_path / "data-bad.toml"
    bad.write_text(text)
    with pytest.raises(InputError, match="data-bad"):
        ensure_built([str(bad)], tmp_path / "data", Progress())
