"""A model that says what it was told to: for tests and dry runs of everything above it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from quasar.core.errors import InputError
from quasar.models.back_end import Ask, BackEnd
from quasar.models.protocol import Completion, Sampling
from quasar.prompts.chat import Message

Answer = str | Completion
Script = Sequence[Answer] | Callable[[Sequence[Message], int], Answer]


class ScriptedModel(BackEnd):
    """Answers from a script.

    Attributes:
        name: see `quasar.models.protocol.Model`, as for the two below.
        chats: every chat asked so far, in order.
        qubits: for each of them the qubits that its answer was to be held to.
    """

    def __init__(
        self,
        script: Script,
        *,
        name: str = "scripted",
        prompt_style: str = "few-shot",
        max_qubits: int | None = None,
    ) -> None:
        """Set the answers.

        Args:
            script: answers used up in order, chat by chat and sample by sample; or a function of
                the chat and the sample's number (0-based). A text stands for a completion that
                ends by itself; nothing holds it to the qubits asked for.
        """
        self.name = name
        self.prompt_style = prompt_style
        self.max_qubits = max_qubits
        self.chats: list[list[Message]] = []
        self.qubits: list[int | None] = []
        self._script = script
        self._used = 0

    def answer(self, asks: Sequence[Ask], sampling: Sampling) -> list[list[Completion]]:
        """The next answers of the script.

        Raises:
            InputError: the script is used up.
        """
        self.qubits += [ask.n_qubits for ask in asks]
        self.chats += [list(ask.chat) for ask in asks]
        return [
            [_completion(self._next(ask.chat, sample)) for sample in range(sampling.samples)]
            for ask in asks
        ]

    def _next(self, chat: Sequence[Message], sample: int) -> Answer:
        if callable(self._script):
            return self._script(chat, sample)
        if self._used == len(self._script):
            raise InputError(f"the script of '{self.name}' has {self._used} answers, all used up.")
        self._used += 1
        return self._script[self._used - 1]


def _completion(answer: Answer) -> Completion:
    return Completion(answer, "stop") if isinstance(answer, str) else answer
