"""Manifests: which commit made something, also where the tree has lost its history."""

from __future__ import annotations

from pathlib import Path

import pytest

import quasar
from quasar.core import manifest as module


def test_a_tree_without_history_may_be_told_its_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "__file__", str(tmp_path / "src" / "quasar" / "core" / "a.py"))
    monkeypatch.delenv(module.COMMIT_VARIABLE, raising=False)
    assert module.commit() is None
    monkeypatch.setenv(module.COMMIT_VARIABLE, "0123456789ab")
    found = module.manifest({"a": 1}, seed=3, libraries=("numpy", "no-such-library"))
    assert found["commit"] == "0123456789ab"
    assert found["quasar"] == quasar.__version__
    assert found["versions"]["no-such-library"] == "absent"
