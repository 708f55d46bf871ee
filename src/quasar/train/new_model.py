"""A small model from scratch, of the same class as the large base."""

from __future__ import annotations

from typing import Any, NamedTuple

from quasar.core.errors import InputError
from quasar.models.nano_tokenizer import build_tokenizer
from quasar.models.registry import checkpoint
from quasar.train.settings import ModelSettings, NewModel

MAX_LENGTH = 1024
"""Context of a new model, tokens."""


class ModelShape(NamedTuple):
    """Sizes of a model.

    Attributes:
        vocabulary: tokens, V.
        hidden_size: width.
        layers: blocks.
        heads: attention heads, as many for keys as for queries.
        head_size: width of a head.
        intermediate_size: width of the feed-forward part.
        context: longest prompt and answer, tokens.
    """

    vocabulary: int
    hidden_size: int
    layers: int
    heads: int
    head_size: int
    intermediate_size: int
    context: int


def new_shape(new: NewModel, vocabulary: int, context: int = MAX_LENGTH) -> ModelShape:
    """Shape of a new model."""
    heads = max(1, new.hidden_size // new.head_size)
    return ModelShape(
        vocabulary,
        new.hidden_size,
        new.layers,
        heads,
        new.head_size,
        new.intermediate_size,
        context,
    )


_QWEN3_NAMES = {
    "vocabulary": "vocab_size",
    "hidden_size": "hidden_size",
    "layers": "num_hidden_layers",
    "heads": "num_attention_heads",
    "head_size": "head_dim",
    "intermediate_size": "intermediate_size",
    "context": "max_position_embeddings",
}


def shape_of(config: Any) -> ModelShape:
    """The inverse of `qwen3_config`."""
    return ModelShape(**{name: getattr(config, field) for name, field in _QWEN3_NAMES.items()})


def qwen3_config(shape: ModelShape, tokenizer: Any, **others: Any) -> Any:
    """A `Qwen3Config` with tied embeddings.

    Args:
        others: fields beside the shape.
    """
    from transformers import Qwen3Config

    return Qwen3Config(
        **{_QWEN3_NAMES[name]: size for name, size in shape._asdict().items()},
        num_key_value_heads=shape.heads,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **others,
    )


def make_model(settings: ModelSettings, seed: int) -> tuple[Any, Any]:
    """Model and tokenizer: new, or the base checkpoint.

    Raises:
        InputError: the base is not there or has no chat template.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, Qwen3ForCausalLM

    dtype = getattr(torch, settings.dtype)
    if settings.base is not None:
        base = checkpoint(settings.base)
        try:
            tokenizer = AutoTokenizer.from_pretrained(base)
            model = AutoModelForCausalLM.from_pretrained(
                base, dtype=dtype, attn_implementation=settings.attention
            )
        except (OSError, ValueError) as error:
            raise InputError(
                f"the base model {settings.base!r} cannot be loaded ({error}): give a folder or a "
                "hub id that can be reached."
            ) from error
        if not tokenizer.chat_template:
            raise InputError(f"the base model {settings.base!r} has no chat template.")
        return model, tokenizer
    torch.manual_seed(seed)
    tokenizer = build_tokenizer(MAX_LENGTH)
    shape = new_shape(settings.new, len(tokenizer))
    config = qwen3_config(shape, tokenizer, attn_implementation=settings.attention, dtype=dtype)
    return Qwen3ForCausalLM(config).to(dtype), tokenizer
