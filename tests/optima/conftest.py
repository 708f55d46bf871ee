"""Results on disk go to a folder of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from quasar.optima.cache import FOLDER_VARIABLE


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"
