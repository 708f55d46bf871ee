"""The prompt styles by name. Adding one is one file, its test, and one line here."""

from __future__ import annotations

from collections.abc import Callable

from quasar.core.errors import InputError
from quasar.prompts.chat import PromptStyle
from quasar.prompts.compact_style import Compact
from quasar.prompts.few_shot import FewShot
from quasar.prompts.published import Published

STYLES: dict[str, Callable[[], PromptStyle]] = {
    "published": Published,
    "few-shot": FewShot,
    "compact": Compact,
}


def get_style(name: str) -> PromptStyle:
    """The style of a name.

    Raises:
        InputError: unknown name; the message lists the known ones.
    """
    try:
        return STYLES[name]()
    except (KeyError, TypeError):
        raise InputError(
            f"unknown prompt style {name!r}; known: {', '.join(STYLES)}. A published checkpoint "
            "takes 'published', any other chat model 'few-shot'."
        ) from None
