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
from quasar.models.guide import GuideFactory
from quasar.prompts.chat import Message

FinishReason = Literal["stop", "length", "error"]


class Sampling(Settings):
    """How completions are drawn.

    Raises:
        InputError: an unknown field, or a value out of range.
    """

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
        outage: the machinery failed, which says nothing about the model; for `error` only.
        expanded: the end of the text, where a guide completed it without the model.
    """

    text: str
    finish_reason: FinishReason
    prompt_tokens: int = 0
    completion_tokens: int = 0
    error: str | None = None
    expanded: str = ""
    outage: bool = False


class Model(Protocol):
    """A language model that answers chats.

    Attributes:
        name: what tables and generations files call it.
        prompt_style: name of the style it was trained on (see `quasar.prompts.styles`).
        max_qubits: largest problem it knows, None: no limit known.

    A back end that can follow guides says so in an attribute `follows_guides`.
    """

    @property
    def name(self) -> str: ...

    @property
    def prompt_style(self) -> str: ...

    @property
    def max_qubits(self) -> int | None: ...

    def complete(
        self,
        chats: Sequence[Sequence[Message]],
        sampling: Sampling,
        *,
        qubits: Sequence[int | None] | None = None,
        guides: Sequence[GuideFactory | None] | None = None,
    ) -> list[list[Completion]]:
        """Answer each chat `sampling.samples` times.

        Args:
            qubits: for each chat, how many qubits its answer must be OpenQASM 3 on, and nothing
                else (see `quasar.models.grammar`); None: a free answer. An answer that reaches
                `sampling.max_tokens` is cut off all the same, and says `length`.
            guides: for each chat, what makes the guide of each of its answers (see
                `quasar.models.guide`); it takes the place of the grammar. Tokens that it forces
                count among the answer's, what it adds at the end does not.

        Returns:
            For each chat, in order, its completions.

        Raises:
            InputError: `qubits` or `guides` do not fit the chats, or this back end cannot hold a
                model to a grammar or a guide.
            InfrastructureError: nothing can be had (endpoint down, no memory).
        """


def failed(reason: str, prompt_tokens: int = 0, *, outage: bool = False) -> Completion:
    """A completion that is not there, and why; see `Completion` for the arguments."""
    return Completion("", "error", prompt_tokens=prompt_tokens, error=reason, outage=outage)


def no_room(model: str, prompt_tokens: int, context: int) -> Completion:
    """The completion of a prompt that fills the model's context."""
    return failed(
        f"the prompt takes {prompt_tokens} tokens, but the context of '{model}' holds {context}: "
        "use a smaller problem, a shorter prompt style or a model with a longer context.",
        prompt_tokens,
    )
