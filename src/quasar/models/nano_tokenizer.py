"""The packaged model's tokenizer for transformers: one token for each piece of the compact style.

`word_tokens.WordTokens` gives the same ids without transformers and in a tenth of the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from quasar.prompts.vocabulary import ASSISTANT, END, PAD, SPECIAL, USER, pattern, tokens

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{% if message['role'] == 'assistant' %}"
    f"{ASSISTANT}{{% generation %}}{{{{ message['content'] }}}}{END}{{% endgeneration %}}"
    f"{{% else %}}{USER}{{{{ message['content'] }}}}"
    "{% endif %}{% endfor %}"
    f"{{% if add_generation_prompt %}}{ASSISTANT}{{% endif %}}"
)
"""A turn is a token that says whose it is, and its text; an answer ends with a token of its own."""


def build_tokenizer(
    max_length: int = 1024, words: Sequence[str] | None = None
) -> PreTrainedTokenizerFast:
    """The tokenizer, from the vocabulary alone: nothing is learnt.

    Args:
        max_length: longest prompt and answer together, tokens.
        words: all tokens, each once; default: those of the compact style.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {text: number for number, text in enumerate(words or tokens())}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=PAD))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(pattern(words)), "isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.add_special_tokens(list(SPECIAL))
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=END,
        unk_token=PAD,
        chat_template=CHAT_TEMPLATE,
        model_max_length=max_length,
        clean_up_tokenization_spaces=False,
        padding_side="left",
    )
