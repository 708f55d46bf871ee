from __future__ import annotations

from pathlib import Path

import pytest

from support.tiny_model import save_checkpoint


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    return save_checkpoint(tmp_path_factory.mktemp("tiny"))
