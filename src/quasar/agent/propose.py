"""A language model's circuits for a problem: prompt, completions, the programs in them.

What the model wrote is kept raw beside the program taken out of it; nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from quasar.core.errors import InputError
from quasar.core.hamiltonian import MAX_EXACT_QUBITS
from quasar.models.guide import GuideFactory
from quasar.models.protocol import Completion, Model, Sampling
from quasar.problems.base import EncodedProblem
from quasar.prompts.chat import AngleSource, Message, Request
from quasar.prompts.extract import Extraction, extract
from quasar.prompts.styles import get_style


class NoAnswer(InputError):
    """The model has no answer to this problem; it may have to others."""


@dataclass(frozen=True, kw_only=True)
class Proposal(Completion):
    """A completion with its place in a conversation and the program in it.

    Attributes:
        sample: number of the conversation, from 1.
        turn: number of the answer in it, from 1.
        chat: what it answers.
        extraction: the program in it; None where there is none.
        guide: what made the guide that it followed, and later turns follow; None: there was none.
    """

    sample: int
    turn: int
    chat: tuple[Message, ...]
    extraction: Extraction | None
    guide: GuideFactory | None = field(default=None, repr=False, compare=False)

    @property
    def qasm(self) -> str | None:
        """The program, None where there is none."""
        return None if self.extraction is None else self.extraction.qasm

    @property
    def name(self) -> str:
        """What tables call it."""
        turn = "" if self.turn == 1 else f", turn {self.turn}"
        return f"answer {self.sample}{turn}"


class Question(NamedTuple):
    """A chat that ends in the user's turn, about a problem of `n_qubits` qubits.

    Attributes:
        guide: what makes a guide for each answer; None: the model answers by itself.
        later: the same for later turns, in which angles are the model's: what a network would say
            was said.
    """

    chat: tuple[Message, ...]
    n_qubits: int
    guide: GuideFactory | None = None
    later: GuideFactory | None = None


class Proposer:
    """Asks a model, in the style it was trained on."""

    def __init__(
        self,
        model: Model,
        sampling: Sampling | None = None,
        *,
        constrained: bool = False,
        guided: bool | None = None,
    ) -> None:
        """Settle how to ask.

        Args:
            sampling: its `samples` do not count, see `propose`.
            constrained: hold answers to the grammar of circuits on the problem's qubits.
            guided: leave to the model what takes thought, and write out what follows from it
                (`quasar.prompts.plan_guide`); None: where the model and its style can, unless it is
                constrained.

        Raises:
            InputError: the model's prompt style is not known, it is to be both guided and
                constrained, or it cannot be guided.
        """
        if guided and constrained:
            raise InputError("a guided answer needs no grammar: ask for one of the two.")
        self._guided = guided
        self.model = model
        self._sampling = sampling or Sampling()
        self._constrained = constrained
        self.style = get_style(model.prompt_style)

    def question(self, problem: EncodedProblem, request: Request | None = None) -> Question:
        """The model's prompt for a problem.

        Raises:
            InputError: more qubits than the model knows, or a request that its style cannot state.
        """
        check_known(problem.n_qubits, self.model.name, self.model.max_qubits)
        asked = (request or Request()).checked()
        chat = self.style.render(problem, asked)
        return Question(tuple(chat), problem.n_qubits, *self._guides(problem, asked))

    def _guides(
        self, problem: EncodedProblem, request: Request
    ) -> tuple[GuideFactory | None, GuideFactory | None]:
        """Those of the first turn and of later ones."""
        if not is_guided(self.model, self._constrained, self._guided):
            return None, None
        guide = self.style.guide(problem, request, angles_of(self.model, request))
        if self._guided and guide is None:
            raise InputError(
                f"'{self.model.name}' cannot be guided: that takes a model of the style 'compact' "
                "that is run here."
            )
        return guide, self.style.guide(problem, request)

    def propose(self, questions: Sequence[Question], samples: int) -> list[list[Proposal]]:
        """Answer each question `samples` times, all in one batch.

        Raises:
            InputError: the model cannot be held to the grammar, or the endpoint refuses us.
            InfrastructureError: nothing can be had.
        """
        answers = self._ask(questions, samples)
        return [
            [_proposal(made, question, k, 1) for k, made in enumerate(row, start=1)]
            for question, row in zip(questions, answers, strict=True)
        ]

    def again(self, replies: Sequence[tuple[Proposal, str]], n_qubits: int) -> list[Proposal]:
        """The next turn of conversations about one problem.

        Args:
            replies: the last answer of each, and what the user says to it.

        Raises:
            InputError: the chat template refuses that many turns, or as for `propose`.
            InfrastructureError: nothing can be had.
        """
        questions = [
            Question(self._continued(last, words), n_qubits, last.guide, last.guide)
            for last, words in replies
        ]
        rows = self._ask(questions, 1)
        return [
            _proposal(row[0], question, last.sample, last.turn + 1)
            for (last, _), question, row in zip(replies, questions, rows, strict=True)
        ]

    def _ask(self, questions: Sequence[Question], samples: int) -> list[list[Completion]]:
        sampling = self._sampling.model_copy(update={"samples": samples})
        qubits = [question.n_qubits for question in questions] if self._constrained else None
        chats = [question.chat for question in questions]
        guides = [question.guide for question in questions]
        if all(guide is None for guide in guides):
            return self.model.complete(chats, sampling, qubits=qubits)
        return self.model.complete(chats, sampling, qubits=qubits, guides=guides)

    def _continued(self, last: Proposal, words: str) -> tuple[Message, ...]:
        said: Message = {"role": "assistant", "content": self.style.recalled(last.text)}
        return (*last.chat, said, {"role": "user", "content": words})


def angles_of(model: Model, request: Request) -> tuple[AngleSource, ...]:
    """What decides angles of QAOA in guided answers, where the model leaves that to something."""
    found: tuple[AngleSource, ...] = getattr(model, "angle_sources", lambda _: ())(request.style)
    return found


def is_guided(model: Model, constrained: bool, guided: bool | None) -> bool:
    """Whether answers are guided, where `guided` may leave it to what the model can."""
    if guided is not None:
        return guided
    able = getattr(model, "follows_guides", False) and model.prompt_style == "compact"
    return bool(able) and not constrained


def check_known(n_qubits: int, model: str, limit: int | None) -> None:
    """Refuse a problem of more qubits than a model was trained on.

    Raises:
        InputError: it has more than `limit`.
    """
    if limit is not None and n_qubits > limit:
        raise InputError(
            f"the problem has {n_qubits} qubits, but '{model}' was trained on up to {limit}: use "
            f"--model designer, which takes up to {MAX_EXACT_QUBITS}, or a larger model."
        )


def _proposal(made: Completion, question: Question, sample: int, turn: int) -> Proposal:
    return Proposal(
        **vars(made),
        sample=sample,
        turn=turn,
        chat=question.chat,
        extraction=extract(made.text),
        guide=question.later,
    )
