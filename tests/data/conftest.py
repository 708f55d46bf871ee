from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("pyarrow")

from quasar.data.build import build
from support.small_data import small


@pytest.fixture(scope="session")
def small_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished data set; not to be changed."""
    folder = tmp_path_factory.mktemp("data") / "small"
    build(folder, small(), jobs=1)
    return folder
