"""The answers that a call asks of a local model: one row a sample, with its prompt and its room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from quasar.models.back_end import Ask
from quasar.models.guide import Guide, GuideFactory, SampleGuide
from quasar.models.protocol import Completion, Sampling, no_room
from quasar.prompts.chat import Message

Answers = dict[tuple[int, int], Completion]
"""Completions by chat and sample."""


@dataclass(frozen=True)
class Row:
    """One answer to be made.

    Attributes:
        chat: position of its chat in the call.
        sample: its number among the samples.
        prompt: token ids.
        max_tokens: of the answer.
        stream: name of its chat's stream of randomness.
        n_qubits: of the grammar that it is held to; None: free, or guided.
        guide: what makes its guide; None: there is none.
    """

    chat: int
    sample: int
    prompt: tuple[int, ...]
    max_tokens: int
    stream: str
    n_qubits: int | None
    guide: GuideFactory | None

    def new_guide(self) -> Guide | None:
        """The guide of this answer; None: there is none."""
        if self.guide is None:
            return None
        guide = self.guide()
        if isinstance(guide, SampleGuide):
            guide.begin(self.sample)
        return guide


@dataclass(frozen=True)
class Room:
    """What a model needs to know to lay out rows.

    Attributes:
        name: of the model, for messages.
        context: tokens of prompt and answer together.
        encode: a chat as token ids, up to where the answer begins.
    """

    name: str
    context: int
    encode: Callable[[Sequence[Message]], Sequence[int]]

    def rows(self, asks: Sequence[Ask], sampling: Sampling) -> tuple[list[Row], Answers]:
        """The rows of a call, chat by chat, and the answers that a full context settles."""
        rows: list[Row] = []
        settled: Answers = {}
        for number, ask in enumerate(asks):
            prompt = tuple(self.encode(ask.chat))
            left = self.context - len(prompt)
            limit = left if sampling.max_tokens is None else min(left, sampling.max_tokens)
            for k in range(sampling.samples):
                if left > 0:
                    rows.append(Row(number, k, prompt, limit, ask.stream, ask.n_qubits, ask.guide))
                else:
                    settled[number, k] = no_room(self.name, len(prompt), self.context)
        return rows, settled


def by_chat(answers: Answers, chats: int, samples: int) -> list[list[Completion]]:
    """Answers in the order in which `Model.complete` returns them."""
    return [[answers[i, k] for k in range(samples)] for i in range(chats)]
