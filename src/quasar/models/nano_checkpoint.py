"""The folder of a small Qwen3 model with a word-level tokenizer: what is in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from quasar.core.errors import InputError
from quasar.models.nano_tokenizer import CHAT_TEMPLATE
from quasar.models.small_qwen import Shape, read_shape
from quasar.models.word_tokens import WordTokens

Fingerprint = tuple[tuple[str, int, int], ...]
_FILES = (
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
    "model.safetensors",
)


@dataclass(frozen=True)
class Checkpoint:
    """What a folder holds, beside the weights.

    Attributes:
        context: tokens of prompt and answer together.
        stop_ids: tokens that end an answer.
    """

    folder: Path
    shape: Shape
    tokens: WordTokens
    context: int
    stop_ids: tuple[int, ...]

    @classmethod
    def find(cls, folder: Path) -> Checkpoint | None:
        """The checkpoint in a folder; None where it is not of this form, or cannot be read."""
        return find_checkpoint(folder.resolve(), fingerprint_of(folder))


@lru_cache(maxsize=4)
def find_checkpoint(folder: Path, fingerprint: Fingerprint) -> Checkpoint | None:
    """As `Checkpoint.find`, of a folder whose files have this fingerprint."""
    if not (folder / "model.safetensors").is_file():
        return None
    try:
        shape = read_shape(folder)
        if shape is None:
            return None
        tokens = WordTokens.read(folder / "tokenizer.json")
    except InputError:
        return None
    own = _json(folder / "tokenizer_config.json")
    drawing = _json(folder / "generation_config.json")
    template = own.get("chat_template")
    if template is None and (folder / "chat_template.jinja").is_file():
        template = (folder / "chat_template.jinja").read_text(encoding="utf-8")
    if template != CHAT_TEMPLATE or len(tokens.words) > shape.vocabulary:
        return None
    named = drawing.get("eos_token_id", list(shape.stop_ids))
    stops = [*named] if isinstance(named, list) else [named]
    if own.get("eos_token") in tokens.ids:
        stops.append(tokens.ids[own["eos_token"]])
    limit = own.get("model_max_length")
    context = min(shape.context, int(limit)) if limit else shape.context
    return Checkpoint(folder, shape, tokens, context, tuple(dict.fromkeys(map(int, stops))))


def fingerprint_of(folder: Path) -> Fingerprint:
    """Changes whenever a file of the checkpoint does."""
    found = []
    for name in _FILES:
        try:
            file = (folder / name).stat()
        except OSError:
            continue
        found.append((name, file.st_mtime_ns, file.st_size))
    return tuple(found)


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
