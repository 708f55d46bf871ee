"""The one protocol of all language models: chats in, completions out.

A back end says what went wrong with one completion in that completion (`error`), so that the others
of a batch are kept; it raises only where nothing can be had at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from pydantic import Field

from quasar.core.settings import Settings
from quasar.prompts.chat import Message

FinishReason = Literal["stop", "length", "error"]


class Sampling(Settings):
    """How completions are drawn."""

    temperature: float = Field(default=0.7, ge=0, le=5)
    """0: the most probable token each time."""
    top_p: float = Field(default=0.8, gt=0, le=1)
    """Smallest set of tokens with at least this probability is drawn from."""
    samples: int = Field(default=1, ge=1)
    """Completions of each prompt."""
    max_tokens: int | None = Field(default=None, ge=1)
    """Longest completion; None: what the model's context leaves."""
    seed: int = Field(default=0, ge=0)
    """Root of all randomness; equal seeds give equal completions where the back end can."""


@dataclass(frozen=True)
class Completion:
    """One answer.

    Attributes:
        text: raw and unrepaired, special tokens left out.
        finish_reason: `stop`: the model ended it; `length`: cut off; `error`: there is none.
        prompt_tokens: of the prompt, 0 where unknown.
        completion_tokens: of the answer, 0 where unknown.
        error: what went wrong, a sentence with the remedy, for `error` only.
    """

    text: str
    finish_reason: FinishReason
    prompt_tokens: int = 0
    completion_tokens: int = 0
    error: str | None = None


class Model(Protocol):
    """A language model that answers chats.

    Attributes:
        name: what tables and generations files call it.
        prompt_style: name of the style it was trained on (see `quasar.prompts.styles`).
        max_qubits: largest problem it knows, None: no limit known.
    """

    @property
    def name(self) -> str: ...

    @property
    def prompt_style(self) -> str: ...

    @property
    def max_qubits(self) -> int | None: ...

    def complete(
        self, chats: Sequence[Sequence[Message]], sampling: Sampling
    ) -> list[list[Completion]]:
        """Answer each chat `sampling.samples` times.

        Returns:
            For each chat, in order, its completions.

        Raises:
            InfrastructureError: nothing can be had (endpoint down, no memory).
        """
