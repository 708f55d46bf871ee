"""What a model is called, how it wants to be asked, and how large a problem it knows.

A checkpoint's folder may say so itself in `quasar.json`, as those trained by this project do:
`{"name": "nano", "prompt_style": "published", "max_qubits": 12}`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from pydantic import Field

from quasar.core.errors import InputError
from quasar.core.settings import Settings

PROFILE_FILE = "quasar.json"
DEFAULT_STYLE = "few-shot"
"""For models that were not trained on a style: the task and examples in plain words."""


class Profile(Settings):
    """Contents of `quasar.json`; any part may be left out."""

    name: str | None = Field(default=None, min_length=1)
    """What tables and generations files call the model; None: its folder's or hub name."""
    prompt_style: str | None = Field(default=None, min_length=1)
    """Prompt style it was trained on; None: `few-shot`."""
    max_qubits: int | None = Field(default=None, ge=1)
    """Largest problem it was trained on; None: not known."""
    angles: Literal["network", "model"] | None = None
    """What decides angles of QAOA in guided answers: the network beside the weights, or the model;
    None: the network where there is one."""
    multi_turn: bool | None = None
    """Whether it can go on from what the verifier says; None: by its style (`compact` cannot)."""

    def over(self, other: Profile) -> Profile:
        """This profile, with what it leaves out taken from another."""
        return Profile(
            name=self.name or other.name,
            prompt_style=self.prompt_style or other.prompt_style,
            max_qubits=self.max_qubits or other.max_qubits,
            angles=self.angles or other.angles,
            multi_turn=other.multi_turn if self.multi_turn is None else self.multi_turn,
        )


KNOWN = {
    "Benyucong/rl_quantum_4b": Profile(prompt_style="published"),
    "Qwen/Qwen3-4B-Instruct-2507": Profile(prompt_style="few-shot"),
}
"""Published checkpoints by their hub ids."""

SHORT_NAMES = {
    "rl_quantum_4b": "Benyucong/rl_quantum_4b",
    "qwen3-4b-instruct": "Qwen/Qwen3-4B-Instruct-2507",
}


def find_profile(model: str, given: Profile | None = None) -> Profile:
    """The profile of a checkpoint, with name and prompt style always set.

    Args:
        model: local folder or hub id.
        given: what the user says; it takes precedence over what the checkpoint says.

    Raises:
        InputError: `quasar.json` is there and cannot be read; the message names the file.
    """
    found = KNOWN.get(model, Profile())
    path = Path(model) / PROFILE_FILE
    if path.is_file():
        found = _read(path).over(found)
    own = Profile(name=Path(model).resolve().name if Path(model).is_dir() else model)
    basis = found.over(own).over(Profile(prompt_style=DEFAULT_STYLE))
    return given.over(basis) if given else basis


def _read(path: Path) -> Profile:
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is not a JSON file: {error}.") from error
    if not isinstance(data, dict):
        raise InputError(f"{path} must hold one JSON object with name, prompt_style, max_qubits.")
    try:
        return Profile.parse(data)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
