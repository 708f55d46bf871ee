"""A small model from scratch, of the same class as the large base."""

from __future__ import annotations

from typing import Any

from quasar.core.errors import InputError
from quasar.models.nano_tokenizer import build_tokenizer
from quasar.models.registry import checkpoint
from quasar.train.sft_settings import ModelSettings

MAX_LENGTH = 1024
"""Context of a new model, tokens."""


def make_model(settings: ModelSettings, seed: int) -> tuple[Any, Any]:
    """Model and tokenizer: new, or the base checkpoint.

    Raises:
        InputError: the base is not there or has no chat template.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, Qwen3Config, Qwen3ForCausalLM

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
    new = settings.new
    heads = max(1, new.hidden_size // new.head_size)
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=new.hidden_size,
        intermediate_size=new.intermediate_size,
        num_hidden_layers=new.layers,
        num_attention_heads=heads,
        num_key_value_heads=heads,
        head_dim=new.head_size,
        max_position_embeddings=MAX_LENGTH,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        attn_implementation=settings.attention,
        dtype=dtype,
    )
    return Qwen3ForCausalLM(config).to(dtype), tokenizer
