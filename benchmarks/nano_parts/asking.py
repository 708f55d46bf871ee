"""The model's raw answers: how it is asked, and in which way it decodes.

Ways: `free-running`, where the model writes every token; `grammar`, held to OpenQASM 3 on the
problem's qubits; `guided`, where what follows from the problem is forced, and the network beside
the weights decides angles of QAOA; `own-angles`, guided, where the model decides them too.
`complete` is the one place where the way is chosen. A request that the model's style cannot state,
such as too many qubits, counts as an answer without a program.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from benchmarks.nano_parts.kept import Kept
from benchmarks.nano_parts.sets import Record
from rich.progress import track

from quasar.agent.propose import angles_of
from quasar.core.errors import InputError
from quasar.models.protocol import Completion, Model, Sampling
from quasar.problems.base import EncodedProblem
from quasar.problems.load import load_problem
from quasar.prompts.chat import Message, Request
from quasar.prompts.styles import get_style

MAX_TOKENS = 768
GREEDY = Sampling(temperature=0.0, max_tokens=MAX_TOKENS)
DRAWN = Sampling(temperature=1.0, top_p=1.0, max_tokens=MAX_TOKENS)
DEFAULT = Sampling(max_tokens=MAX_TOKENS)
"""As `quasar generate` draws."""

WAYS = ("free-running", "guided", "own-angles", "grammar")
CHUNK = 64
"""Prompts answered and kept at a time."""


class Asked(NamedTuple):
    """A problem, and what circuit is asked for."""

    problem: EncodedProblem
    request: Request = Request()


def complete(
    model: Model,
    chats: Sequence[Sequence[Message]],
    asked: Sequence[Asked],
    sampling: Sampling,
    way: str,
) -> list[list[Completion]]:
    """Answers to chats, in one of `WAYS`: the only place where the way is chosen.

    Raises:
        InputError: an unknown way, or one that this model has not got.
    """
    if way == "free-running":
        return model.complete(chats, sampling)
    if way == "grammar":
        return model.complete(chats, sampling, qubits=[one.problem.n_qubits for one in asked])
    if way in ("guided", "own-angles"):
        style = get_style(model.prompt_style)
        guides = [
            style.guide(problem, request, angles_of(model, request) if way == "guided" else ())
            for problem, request in asked
        ]
        return model.complete(chats, sampling, guides=guides)
    raise InputError(f"there is no way {way!r} of decoding: use {', '.join(WAYS)}.")


def answer(
    model: Model, asked: Sequence[Asked], sampling: Sampling, way: str = "free-running"
) -> list[list[Completion]]:
    """`sampling.samples` answers to each, raw."""
    style = get_style(model.prompt_style)
    chats: dict[int, list[Message]] = {}
    out: list[list[Completion]] = []
    for i, (problem, request) in enumerate(asked):
        try:
            chats[i] = style.render(problem, request)
            out.append([])
        except InputError as error:
            refused = Completion("", "error", error=str(error))
            out.append([refused] * sampling.samples)
    known = [asked[i] for i in chats]
    given = complete(model, list(chats.values()), known, sampling, way) if chats else []
    for i, own in zip(chats, given, strict=True):
        out[i] = own
    return out


class Asker:
    """Asks one model, and keeps the answers.

    Args:
        load: gives the model; called only if there is something to ask.
    """

    def __init__(self, load: Callable[[], Model], kept: Kept) -> None:
        self._load = load
        self._kept = kept
        self._model: Model | None = None

    @property
    def model(self) -> Model:
        """The model, loaded once."""
        if self._model is None:
            self._model = self._load()
        return self._model

    def answers(
        self, label: str, asked: Sequence[Asked], sampling: Sampling, way: str
    ) -> list[list[Completion]]:
        """As `answer`, in chunks that are kept, under a progress bar.

        Args:
            label: says what is asked, to people.
        """
        out: list[list[Completion]] = []
        starts = range(0, len(asked), max(1, CHUNK // sampling.samples))
        for start in track(starts, description=f"{label}, {way}"):
            chunk = asked[start : start + starts.step]
            rows = self._kept.get(
                f"answers-{label}-{way}-{start}",
                f"{sampling.model_dump_json()}\0{_told(chunk)}",
                lambda chunk=chunk: [  # type: ignore[misc]
                    [_row(one) for one in own] for own in answer(self.model, chunk, sampling, way)
                ],
            )
            out += [[Completion(**one) for one in own] for own in rows]
        return out


def _told(asked: Sequence[Asked]) -> str:
    texts = (f"{a.problem.hamiltonian.to_text()} {tuple(a.request)}" for a in asked)
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def _row(made: Completion) -> dict[str, Any]:
    return {
        "text": made.text,
        "finish_reason": made.finish_reason,
        "prompt_tokens": made.prompt_tokens,
        "completion_tokens": made.completion_tokens,
        "error": made.error,
    }


def ask(
    model: Model,
    records: Sequence[Record],
    request: Callable[[Record], Request],
    run: str,
    sampling: Sampling,
    way: str = "free-running",
) -> list[Record]:
    """Generations of a model for records, one line a candidate, raw."""
    asked = [Asked(load_problem(record), request(record)) for record in records]
    return lines(records, answer(model, asked, sampling, way), run)


def lines(
    records: Sequence[Record], answers: Sequence[Sequence[Completion]], run: str
) -> list[Record]:
    """Answers as `quasar evaluate` takes them."""
    return [
        {"run": run, "sample_index": r["sample_index"], "candidate": k, "qasm": one.text}
        for r, own in zip(records, answers, strict=True)
        for k, one in enumerate(own)
    ]


def always(request: Request) -> Callable[[Record], Request]:
    """The same request for every record."""
    return lambda _: request


def chat_digest(chats: Sequence[Sequence[Message]]) -> str:
    """Name of some chats."""
    return hashlib.sha256(json.dumps([list(chat) for chat in chats]).encode()).hexdigest()
