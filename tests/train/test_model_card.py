"""What goes with a checkpoint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from quasar.models.registry import checkpoint
from quasar.train.model_card import BASE_MANIFEST, CARD, MANIFEST, describe


def manifest(base: str | None, **more: Any) -> dict[str, Any]:
    """Of a short training."""
    return {
        "settings": {
            "model": {"name": "small", "base": base},
            "data": {"paths": ["data/one"], "examples": {"prompt_style": "compact"}},
        },
        "steps": 2,
        "examples_seen": 8,
        "training_seconds": 30.0,
        "validation": {"parses": 0.5},
        "validation_problems": 4,
        **more,
    }


def test_the_manifest_of_the_base_goes_along(tmp_path: Path) -> None:
    base, made = tmp_path / "base", tmp_path / "made"
    base.mkdir()
    made.mkdir()
    (base / MANIFEST).write_text('{"seed": 7}')
    describe(made, manifest(str(base), before={}))
    assert json.loads((made / MANIFEST).read_text())["steps"] == 2
    assert json.loads((made / BASE_MANIFEST).read_text()) == {"seed": 7}
    card = (made / CARD).read_text()
    assert "Reinforced (GRPO) from" in card
    assert BASE_MANIFEST in card


@pytest.mark.parametrize(("base", "words"), [(None, "from scratch"), ("hub/name", "Fine-tuned")])
def test_a_base_without_a_manifest_is_only_named(
    tmp_path: Path, base: str | None, words: str
) -> None:
    describe(tmp_path, manifest(base))
    assert not (tmp_path / BASE_MANIFEST).exists()
    card = (tmp_path / CARD).read_text()
    assert words in card
    assert BASE_MANIFEST not in card
    assert "| parses | 0.5000 |" in card


def test_the_packaged_model_has_both_its_manifests() -> None:
    folder = Path(checkpoint("nano"))
    last, first = (json.loads((folder / name).read_text()) for name in (MANIFEST, BASE_MANIFEST))
    assert last["settings"]["model"]["base"] is not None
    assert first["settings"]["model"]["base"] is None
    assert first["examples_seen"] > last["examples_seen"]
