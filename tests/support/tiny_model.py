"""Tiny tokenizers and an untrained two-layer model, for tests of whatever runs a language model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

TEMPLATE = (
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
WORDS = (
    *("OPENQASM 3.0;\n", 'include "stdgates.inc";\n', "qubit[", "] q;\n", "bit[", "] c;\n"),
    *(
        " q[",
        "q[",
        "], q[",
        "];\n",
        "] = measure q[",
        "h q[",
        "cx q[",
        "rz(",
        ") q[",
        "<assistant>",
    ),
    *(f"{i:02d}" for i in range(100)),
    *(chr(c) for c in range(32, 127)),
    "\n",
)
CONTEXT = 160


def word_tokenizer(words: tuple[str, ...] = WORDS, decoder: bool = True) -> Any:
    """Tokens are pieces of text, joined without spaces; as the packaged model's."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {
        word: i for i, word in enumerate(["<pad>", "<eos>", "<unk>", *dict.fromkeys(words)])
    }
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    longest_first = sorted((w for w in words if len(w) > 1), key=len, reverse=True)
    pattern = "|".join([*map(_escaped, longest_first), "[\\s\\S]"])
    inner.pre_tokenizer = pre_tokenizers.Split(Regex(pattern), "isolated")
    if decoder:
        inner.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token="<pad>",
        eos_token="<eos>",
        unk_token="<unk>",
        chat_template=TEMPLATE,
    )


def byte_tokenizer() -> Any:
    """A byte-level BPE tokenizer, as Qwen's."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<eos>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    inner.train_from_iterator(["".join(WORDS) * 3, "h q[0];\ncx q[1], q[2];\n" * 5], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, eos_token="<eos>", pad_token="<eos>", chat_template=TEMPLATE
    )


def _escaped(word: str) -> str:
    return "".join(f"\\x{{{ord(c):x}}}" for c in word)


def save_checkpoint(folder: Path) -> Path:
    """An untrained Qwen3 with the word tokenizer; it speaks nonsense, always the same."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.set_num_threads(1)
    torch.manual_seed(0)
    tokenizer = word_tokenizer()
    config = Qwen3Config(
        vocab_size=len(tokenizer) + 5,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        max_position_embeddings=CONTEXT,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        # Far from uniform: an untrained model of the usual size draws nearly at random.
        initializer_range=0.4,
    )
    Qwen3ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
