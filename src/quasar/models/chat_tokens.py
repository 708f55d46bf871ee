"""Chat to token ids by the checkpoint's own chat template, for the local back ends."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from quasar.core.errors import InputError
from quasar.prompts.chat import Message

RAW = "raw"
"""In place of a template: the messages' bare texts, a blank line between them."""


class ChatTokens:
    """Turns chats into prompts as the checkpoint expects them."""

    def __init__(self, tokenizer: Any, model: str, template: str | None = None) -> None:
        """Settle the template.

        Args:
            tokenizer: a Hugging Face tokenizer.
            model: name for error messages.
            template: a Jinja file, or `raw`; None: the checkpoint's own.

        Raises:
            InputError: the checkpoint has no template and none is given, or the file is not there.
        """
        self._tokenizer = tokenizer
        self._raw = template == RAW
        self._template: str | None = None
        if self._raw:
            return
        if template is not None:
            try:
                self._template = Path(template).read_text(encoding="utf-8-sig")
            except (OSError, UnicodeDecodeError) as error:
                raise InputError(f"cannot read the chat template {template}: {error}.") from error
        elif not getattr(tokenizer, "chat_template", None):
            raise InputError(
                f"'{model}' has no chat template, so nothing says how to ask it. Put "
                "`chat_template.jinja` into its folder, name such a file with the option "
                f"chat_template, or set chat_template={RAW} to send the bare text (base models)."
            )

    def encode(self, chat: Sequence[Message]) -> list[int]:
        """Token ids of the prompt, up to where the answer begins.

        Raises:
            InputError: the template refuses the chat (a role it does not know, say).
        """
        if self._raw:
            text = "\n\n".join(message["content"] for message in chat)
            return [int(i) for i in self._tokenizer(text)["input_ids"]]
        # Jinja's errors belong to a library that need not be installed: any of them is the
        # template's refusal.
        try:
            text = self._tokenizer.apply_chat_template(
                list(chat),
                tokenize=False,
                add_generation_prompt=True,
                chat_template=self._template,
            )
        except Exception as error:
            raise InputError(f"the model's chat template refuses this chat: {error}.") from error
        return [int(i) for i in self._tokenizer(text, add_special_tokens=False)["input_ids"]]
