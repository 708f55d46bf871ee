"""What a streaming training makes of its weights: a model of transformers, and its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from quasar.models.profile import Profile
from quasar.prompts.compact import MAX_QUBITS
from quasar.train.model_folder import save_model
from quasar.train.new_model import Shape, qwen3_config
from quasar.train.sft_settings import SftSettings
from quasar.train.stream.learner import Learner
from quasar.train.stream.light_qwen3 import named
from quasar.train.stream.settings import StreamSettings

_HEAD, _EMBEDDING = "lm_head.weight", "model.embed_tokens.weight"
"""One and the same tensor, which is saved once."""


def stream_of(settings: SftSettings) -> StreamSettings:
    """The settings of the stream.

    Raises:
        ValueError: the settings are of a training on data sets.
    """
    if settings.data.stream is None:
        raise ValueError("these settings have no data.stream")
    return settings.data.stream


def profile_of(settings: SftSettings) -> Profile:
    """The profile of the trained model."""
    return Profile(
        name=settings.model.name,
        prompt_style="compact",
        max_qubits=MAX_QUBITS,
        multi_turn=True if stream_of(settings).multi_turn else None,
    )


def as_transformers(learner: Learner) -> tuple[Any, Any]:
    """The weights as `Qwen3ForCausalLM` in bfloat16 on the CPU, and the tokenizer."""
    from transformers import Qwen3ForCausalLM

    from quasar.models.nano_tokenizer import build_tokenizer

    shape: Shape = learner.model.shape
    tokenizer = build_tokenizer(shape.context)
    model = Qwen3ForCausalLM(qwen3_config(shape, tokenizer))
    state = named({name: w.to("cpu", torch.bfloat16) for name, w in learner.weights().items()})
    model.to(torch.bfloat16).load_state_dict({**state, _HEAD: state[_EMBEDDING]})
    return model, tokenizer


def save_light(learner: Learner, settings: SftSettings, folder: Path) -> None:
    """The model as a folder that `AutoModelForCausalLM.from_pretrained` loads, in bfloat16."""
    model, tokenizer = as_transformers(learner)
    weights = {name: w for name, w in model.state_dict().items() if name != _HEAD}
    save_model(model, weights, tokenizer, profile_of(settings), folder)
