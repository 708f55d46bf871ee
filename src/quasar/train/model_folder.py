"""The folder of a trained model, as `AutoModelForCausalLM.from_pretrained` loads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from quasar.models.profile import PROFILE_FILE, Profile


def save_model(
    model: Any, weights: Mapping[str, Any], tokenizer: Any, profile: Profile, folder: Path
) -> None:
    """A folder that `AutoModelForCausalLM.from_pretrained` loads.

    Args:
        weights: of `all_weights`.
    """
    model.save_pretrained(folder, state_dict=dict(weights))
    path = folder / "config.json"  # says how the model was held in memory
    config = json.loads(path.read_text(encoding="utf-8")) | {"dtype": "bfloat16", "use_cache": True}
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    tokenizer.save_pretrained(folder)
    (folder / PROFILE_FILE).write_text(
        json.dumps(profile.model_dump(exclude_none=True), indent=2) + "\n", encoding="utf-8"
    )
