from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("trl")

from quasar.data.build import build
from support.small_data import small


@pytest.fixture(scope="session")
def training_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small converged data set with all three splits; not to be changed."""
    folder = tmp_path_factory.mktemp("train") / "small"
    settings = small(recipe="converged", count=60, search="canonical", max_basis_share=1.0)
    build(folder, settings, jobs=1)
    return folder
