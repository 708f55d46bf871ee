"""The packaged model, and any other checkpoint of its form, run with NumPy alone.

Covers folders with a small Qwen3 model, its word-level tokenizer and its chat form, on the CPU.
Does not cover adapters or GPUs: `transformers_model` runs the same checkpoints.

Every answer has a cache of its own, so that prompts need not be of one length; several answers to
one prompt share the work on it. The answers of a call are spread over threads that never wait for
each other: a busy machine makes the model slower, and no more than that. Tokens are drawn as
`row_sampler` says.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from quasar.core.errors import InfrastructureError, InputError
from quasar.core.processes import cores
from quasar.core.seeds import generator
from quasar.models.constraint import QasmConstraint, QasmGuide
from quasar.models.guide import GuidedRow, GuideFactory, GuideIds, guides_of
from quasar.models.kernel import KernelForward, covers, library
from quasar.models.nano_tokenizer import CHAT_TEMPLATE
from quasar.models.profile import Profile, find_profile
from quasar.models.protocol import (
    Completion,
    Sampling,
    chat_streams,
    failed,
    no_room,
    qubits_of,
)
from quasar.models.row_sampler import draw
from quasar.models.small_qwen import Floats, Forward, NumpyForward, Shape, Weights, read_shape
from quasar.models.word_tokens import WordTokens, chat_text
from quasar.prompts.chat import Message

_Fingerprint = tuple[tuple[str, int, int], ...]
_FILES = (
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
    "model.safetensors",
)
_KEPT_CACHES = 16
_ROWS_A_THREAD = 3
"""Answers for which another thread is worth while: up to here a thread takes hardly longer."""


class NanoSettings(Profile):
    """How the model is run; the profile's fields go before `quasar.json`."""

    engine: Literal["auto", "kernel", "numpy"] = "auto"
    """`kernel`: compiled when the package was built; `numpy`: slower, the same to rounding; `auto`:
    the kernel where there is one."""
    threads: int | None = Field(default=None, ge=1)
    """Threads at most; None: one a core."""
    batch_size: int = Field(default=8, ge=1)
    """Answers that a thread makes at a time."""


@dataclass(frozen=True)
class Checkpoint:
    """What a folder holds, beside the weights.

    Attributes:
        context: tokens of prompt and answer together.
        stop_ids: tokens that end an answer.
    """

    folder: Path
    shape: Shape
    tokens: WordTokens
    context: int
    stop_ids: tuple[int, ...]

    @classmethod
    def find(cls, folder: Path) -> Checkpoint | None:
        """The checkpoint in a folder; None where it is not of this form, or cannot be read."""
        return _find(folder.resolve(), _fingerprint(folder))


@lru_cache(maxsize=4)
def _find(folder: Path, fingerprint: _Fingerprint) -> Checkpoint | None:
    if not (folder / "model.safetensors").is_file():
        return None
    try:
        shape = read_shape(folder)
        if shape is None:
            return None
        tokens = WordTokens.read(folder / "tokenizer.json")
    except InputError:
        return None
    own = _json(folder / "tokenizer_config.json")
    drawing = _json(folder / "generation_config.json")
    template = own.get("chat_template")
    if template is None and (folder / "chat_template.jinja").is_file():
        template = (folder / "chat_template.jinja").read_text(encoding="utf-8")
    if template != CHAT_TEMPLATE or len(tokens.words) > shape.vocabulary:
        return None
    named = drawing.get("eos_token_id", list(shape.stop_ids))
    stops = [*named] if isinstance(named, list) else [named]
    if own.get("eos_token") in tokens.ids:
        stops.append(tokens.ids[own["eos_token"]])
    limit = own.get("model_max_length")
    context = min(shape.context, int(limit)) if limit else shape.context
    return Checkpoint(folder, shape, tokens, context, tuple(dict.fromkeys(map(int, stops))))


@dataclass(frozen=True, eq=False)
class _Running:
    """A loaded model, shared by all that run it in this process.

    Attributes:
        caches: room for keys and values that nobody uses now.
    """

    forward: Forward
    guide_ids: GuideIds
    caches: deque[Any]


@lru_cache(maxsize=2)
def _running(folder: Path, fingerprint: _Fingerprint, engine: str) -> _Running:
    found = _find(folder, fingerprint)
    if found is None:
        raise InputError(_another_form(folder))
    caches: deque[Any] = deque(maxlen=_KEPT_CACHES)
    return _Running(_forward(found, engine), GuideIds(found.tokens, found.stop_ids), caches)


@dataclass(frozen=True)
class _Row:
    """One answer to be made: of chat `chat` the sample number `sample`."""

    chat: int
    sample: int
    prompt: tuple[int, ...]
    max_tokens: int
    stream: str
    n_qubits: int | None
    guide: GuideFactory | None


class NanoModel:
    """A `quasar.models.protocol.Model`; the properties are documented there."""

    follows_guides = True

    def __init__(self, folder: str | Path, settings: NanoSettings | None = None) -> None:
        """Load tokenizer and weights.

        Raises:
            InputError: the folder holds no checkpoint of this form, or it cannot be read; or the
                kernel is asked for and not there.
            InfrastructureError: it does not fit into memory.
        """
        settings = settings or NanoSettings()
        found = Checkpoint.find(Path(folder))
        if found is None:
            raise InputError(_another_form(folder))
        profile = find_profile(str(folder), settings)
        self.name = str(profile.name)
        self.prompt_style = str(profile.prompt_style)
        self.max_qubits = profile.max_qubits
        self.multi_turn = profile.multi_turn
        self.batch_size = settings.batch_size
        self._checkpoint = found
        self._tokens = found.tokens
        self._threads = settings.threads or cores()
        self._grammar: QasmGuide | None = None
        try:
            self._running = _running(found.folder, _fingerprint(found.folder), settings.engine)
        except MemoryError as error:
            raise InfrastructureError(f"'{folder}' does not fit into memory.") from error

    @property
    def resolved(self) -> dict[str, Any]:
        """What its settings came to, for manifests."""
        return {
            "device": "cpu",
            "dtype": "float32",
            "context": self._checkpoint.context,
            "engine": self._running.forward.engine,
        }

    def complete(
        self,
        chats: Sequence[Sequence[Message]],
        sampling: Sampling,
        *,
        qubits: Sequence[int | None] | None = None,
        guides: Sequence[GuideFactory | None] | None = None,
    ) -> list[list[Completion]]:
        """See `quasar.models.protocol.Model`.

        An answer depends on the seed, its chat and its number among the samples; with the kernel on
        nothing else. A prompt that leaves no room in the context gives completions with an `error`.
        """
        context = self._checkpoint.context
        makers = guides_of(chats, guides)
        widths = [
            n if maker is None else None
            for n, maker in zip(qubits_of(chats, qubits), makers, strict=True)
        ]
        if self._grammar is None and any(n is not None for n in widths):
            self._grammar = QasmGuide(
                [word.encode() for word in self._tokens.words],
                self._tokens.special_ids,
                self._checkpoint.stop_ids,
            )
        rows: deque[_Row] = deque()
        answers: dict[tuple[int, int], Completion] = {}
        streams = chat_streams(chats)
        for number, chat in enumerate(chats):
            prompt = tuple(self._tokens.encode(chat_text(chat)))
            room = context - len(prompt)
            limit = room if sampling.max_tokens is None else min(room, sampling.max_tokens)
            for k in range(sampling.samples):
                if room > 0:
                    stream, n, maker = streams[number], widths[number], makers[number]
                    rows.append(_Row(number, k, prompt, limit, stream, n, maker))
                else:
                    answers[number, k] = no_room(self.name, len(prompt), context)
        self._spread(rows, sampling, answers)
        return [[answers[i, k] for k in range(sampling.samples)] for i in range(len(chats))]

    def _spread(
        self,
        rows: deque[_Row],
        sampling: Sampling,
        answers: dict[tuple[int, int], Completion],
    ) -> None:
        """Make the answers on some threads, this one among them."""
        threads = min(self._threads, -(-len(rows) // _ROWS_A_THREAD))
        width = min(self.batch_size, -(-len(rows) // max(1, threads)))
        failures: list[BaseException] = []

        def work() -> None:
            try:
                _Desk(self, sampling, rows, width, answers).run()
            except BaseException as error:
                rows.clear()  # nobody begins anything more
                failures.append(error)

        others = [threading.Thread(target=work, daemon=True) for _ in range(threads - 1)]
        for other in others:
            other.start()
        work()
        try:
            for other in others:
                other.join()
        finally:
            rows.clear()
        if failures:
            raise failures[0]

    # --- what a desk needs -----------------------------------------------------------------------

    @property
    def forward(self) -> Forward:
        """How the model is run."""
        return self._running.forward

    def borrow(self) -> Any:
        """A cache; its contents are anything."""
        try:
            return self._running.caches.pop()
        except IndexError:
            return self._running.forward.new_cache()

    def give_back(self, cache: Any) -> None:
        """A cache that is no longer needed."""
        self._running.caches.append(cache)

    def answer(self, row: _Row, sampling: Sampling, cache: Any) -> _Answer:
        """An answer that is empty so far."""
        guided = constraint = None
        if row.guide is not None:
            guided = GuidedRow(row.guide(), self._running.guide_ids, self._checkpoint.stop_ids)
        elif row.n_qubits is not None and self._grammar is not None:
            constraint = QasmConstraint(self._grammar, [row.n_qubits])
        stream = generator(sampling.seed, "completion", row.stream, row.sample)
        own = (self._tokens, self._checkpoint.stop_ids)
        return _Answer(row, cache, stream, guided, constraint, *own)


class _Answer:
    """One answer in the making.

    Attributes:
        length: tokens in the cache.
        feed: tokens that came and are not in the cache yet.
        done: the completion, once there is one.
    """

    def __init__(
        self,
        row: _Row,
        cache: Any,
        stream: np.random.Generator,
        guided: GuidedRow | None,
        constraint: QasmConstraint | None,
        tokens: WordTokens,
        stop_ids: Sequence[int],
    ) -> None:
        self.row = row
        self.cache = cache
        self.length = len(row.prompt)
        self.feed: list[int] = []
        self.done: Completion | None = None
        self._made: list[int] = []
        self._stream = stream
        self._guided = guided
        self._constraint = constraint
        self._tokens = tokens
        self._stop_ids = stop_ids

    def choose(self, logits: Floats, sampling: Sampling) -> None:
        """Take the next token by the scores [vocabulary] of all."""
        logits = logits[: len(self._tokens.words)]
        ids = self._choice(len(logits))
        if self.done is not None:
            return
        scores = logits if ids is None else logits[ids]
        place = draw(scores, self._stream, sampling.temperature, sampling.top_p)
        token = place if ids is None else int(ids[place])
        if self._guided is not None:
            self._guided.take(token, self._tokens.words[token])
        if self._constraint is not None:
            self._constraint.advance(0, [token])
        self._append([token])
        self.follow()

    def _choice(self, vocabulary: int) -> np.ndarray[Any, np.dtype[np.int64]] | None:
        if self._guided is not None:
            return self._guided.choice()
        if self._constraint is None:
            return None
        ids = np.flatnonzero(self._constraint.allowed(vocabulary)[0])
        if self._constraint.stuck:
            reason = "the tokenizer cannot spell how the program goes on; generate freely instead."
            self.done = failed(reason, len(self.row.prompt))
        return ids

    def follow(self) -> None:
        """Take the tokens on which the guide leaves no choice."""
        if self.done is not None or self._guided is None:
            return
        self._append(self._guided.forced(self.row.max_tokens - len(self._made)))
        if self.done is None and self._guided.rest is not None:
            self._end("stop", self._guided.rest)

    def _append(self, tokens: Sequence[int]) -> None:
        for token in tokens:
            if token in self._stop_ids:
                return self._end("stop")
            self._made.append(token)
            self.feed.append(token)
        if len(self._made) >= self.row.max_tokens:
            return self._end("length")
        return None

    def _end(self, reason: Literal["stop", "length"], rest: str = "") -> None:
        made = self._made[: self.row.max_tokens]
        text = self._tokens.decode(made) + rest
        self.done = Completion(text, reason, len(self.row.prompt), len(made), expanded=rest)


class _Desk:
    """Makes answers on one thread, some at a time, until no row is left."""

    def __init__(
        self,
        model: NanoModel,
        sampling: Sampling,
        rows: deque[_Row],
        width: int,
        answers: dict[tuple[int, int], Completion],
    ) -> None:
        self._model = model
        self._forward = model.forward
        self._sampling = sampling
        self._rows = rows
        self._width = width
        self._answers = answers
        self._active: list[_Answer] = []

    def run(self) -> None:
        """Work until all is done."""
        while True:
            while len(self._active) < self._width and self._begin(self._width - len(self._active)):
                self._clear()
            if not self._active:
                return
            self._step()
            self._clear()

    def _step(self) -> None:
        """One token, or a run of forced ones, of each answer."""
        active = self._active
        hidden = self._forward(
            [a.feed for a in active], [a.length for a in active], [a.cache for a in active]
        )
        for answer in active:
            answer.length += len(answer.feed)
            answer.feed = []
        logits = self._forward.logits(hidden)
        for answer, scores in zip(active, logits, strict=True):
            answer.choose(scores, self._sampling)

    def _begin(self, most: int) -> bool:
        """Begin up to `most` answers to one prompt; whether there are any."""
        rows = self._take(most)
        if not rows:
            return False
        answers = [self._model.answer(row, self._sampling, self._model.borrow()) for row in rows]
        self._active += answers
        first = answers[0]
        hidden = self._forward([first.row.prompt], [0], [first.cache])
        scores = None
        for answer in answers:
            if answer is not first:
                self._forward.copy_cache(first.cache, answer.cache, first.length)
            answer.follow()
            if answer.done is None and not answer.feed:
                scores = self._forward.logits(hidden)[0] if scores is None else scores
                answer.choose(scores, self._sampling)
        return True

    def _take(self, most: int) -> list[_Row]:
        taken: list[_Row] = []
        while len(taken) < most:
            try:
                row = self._rows.popleft()
            except IndexError:
                break
            if taken and row.prompt != taken[0].prompt:
                self._rows.appendleft(row)
                break
            taken.append(row)
        return taken

    def _clear(self) -> None:
        """Put away the answers that are done."""
        for answer in self._active:
            if answer.done is not None:
                self._answers[answer.row.chat, answer.row.sample] = answer.done
                self._model.give_back(answer.cache)
        self._active = [answer for answer in self._active if answer.done is None]


def _forward(found: Checkpoint, engine: str) -> Forward:
    weights = Weights(found.folder / "model.safetensors")
    compiled = library() if engine != "numpy" and covers(found.shape) else None
    if compiled is not None:
        return KernelForward(found.shape, weights, compiled)
    if engine == "kernel":
        raise InputError(
            "the compiled kernel is not there: install the package where there is a C compiler, or "
            "use engine=numpy."
        )
    return NumpyForward(found.shape, weights)


def _another_form(folder: str | Path) -> str:
    return (
        f"'{folder}' holds no model of the packaged one's form: load it with back_end=transformers."
    )


def _fingerprint(folder: Path) -> _Fingerprint:
    """Changes whenever a file of the checkpoint does."""
    found = []
    for name in _FILES:
        try:
            file = (folder / name).stat()
        except OSError:
            continue
        found.append((name, file.st_mtime_ns, file.st_size))
    return tuple(found)


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
