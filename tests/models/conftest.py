from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.tiny_model import byte_tokenizer, save_checkpoint, word_tokenizer


@pytest.fixture(scope="session")
def words() -> Any:
    pytest.importorskip("transformers")
    return word_tokenizer()


@pytest.fixture(scope="session")
def bytes_bpe() -> Any:
    pytest.importorskip("transformers")
    return byte_tokenizer()


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    return save_checkpoint(tmp_path_factory.mktemp("tiny"))
