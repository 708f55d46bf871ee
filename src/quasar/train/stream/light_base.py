"""Where a streaming training begins when it does not begin from scratch: a compact checkpoint.

Its tokens need not be today's: rows of the embedding are taken over by the tokens' text, and tokens
that it does not know begin like those of a new model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from quasar.core.errors import InputError
from quasar.train.new_model import ModelShape, make_model, shape_of
from quasar.train.settings import ModelSettings
from quasar.train.stream.light_qwen3 import PREFIX, LightQwen3

_EMBEDDING = "embed_tokens.weight"


def from_base(base: str, vocabulary: Mapping[str, int], context: int) -> LightQwen3:
    """The checkpoint as a model with today's vocabulary.

    Raises:
        InputError: it is not there, or of a form that a streaming training has no model for.
    """
    known, tokenizer = make_model(ModelSettings(base=base), seed=0)
    model = LightQwen3(_shape(base, known.config, len(vocabulary), context))
    state = known.state_dict()
    own = tokenizer.get_vocab()
    shared = [(number, own[text]) for text, number in vocabulary.items() if text in own]
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            given = state[PREFIX + name].float()
            if name == _EMBEDDING:
                here, there = (torch.tensor(column) for column in zip(*shared, strict=True))
                parameter[here] = given[there]
            else:
                parameter.copy_(given)
    return model


def _shape(base: str, config: Any, vocabulary: int, context: int) -> ModelShape:
    fits = (
        config.model_type == "qwen3"
        and config.num_key_value_heads == config.num_attention_heads
        and config.tie_word_embeddings
        and config.max_position_embeddings <= context
    )
    if not fits:
        raise InputError(
            f"the base model {base!r} has another form than the models that a stream trains: "
            "train it on data sets (data.paths)."
        )
    return shape_of(config)._replace(vocabulary=vocabulary, context=context)
