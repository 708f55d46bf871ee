"""Answers in the making: tokens chosen, forced and counted, some rows at a time on each thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from quasar.core.seeds import generator
from quasar.models.constraint import QasmConstraint, QasmGuide
from quasar.models.guide import GuidedRow, GuideIds
from quasar.models.protocol import Completion, Sampling, failed
from quasar.models.row_sampler import draw
from quasar.models.rows import Answers, Row
from quasar.models.small_qwen import Floats, Forward, Ids
from quasar.models.word_tokens import WordTokens


@dataclass(frozen=True, eq=False)
class Running:
    """A loaded model, shared by all that run it in this process.

    Attributes:
        forward: how it is run.
        stop_ids: tokens that end an answer.
        caches: room for keys and values that nobody uses now.
    """

    forward: Forward
    tokens: WordTokens
    stop_ids: tuple[int, ...]
    guide_ids: GuideIds
    caches: deque[Any]

    def borrow(self) -> Any:
        """A cache; its contents are anything."""
        try:
            return self.caches.pop()
        except IndexError:
            return self.forward.new_cache()

    def give_back(self, cache: Any) -> None:
        """A cache that is no longer needed."""
        self.caches.append(cache)

    def begin(self, row: Row, sampling: Sampling) -> RowInProgress:
        """An answer that is empty so far."""
        guided = constraint = None
        if (guide := row.new_guide()) is not None:
            guided = GuidedRow(guide, self.guide_ids, self.stop_ids)
        elif row.n_qubits is not None:
            constraint = QasmConstraint(_grammar(self), [row.n_qubits])
        stream = generator(sampling.seed, "completion", row.stream, row.sample)
        return RowInProgress(row, self, stream, guided, constraint)


@lru_cache(maxsize=2)
def _grammar(running: Running) -> QasmGuide:
    """What holds answers to circuits; made once for each model."""
    words = [word.encode() for word in running.tokens.words]
    return QasmGuide(words, running.tokens.special_ids, running.stop_ids)


class RowInProgress:
    """One answer in the making.

    Attributes:
        length: tokens in the cache.
        feed: tokens that came and are not in the cache yet.
        done: the completion, once there is one.
    """

    def __init__(
        self,
        row: Row,
        running: Running,
        stream: np.random.Generator,
        guided: GuidedRow | None,
        constraint: QasmConstraint | None,
    ) -> None:
        self.row = row
        self.cache = running.borrow()
        self.length = len(row.prompt)
        self.feed: list[int] = []
        self.done: Completion | None = None
        self._made: list[int] = []
        self._stream = stream
        self._guided = guided
        self._constraint = constraint
        self._tokens = running.tokens
        self._stop_ids = running.stop_ids

    def offer(self) -> Ids | None:
        """The tokens that may come next, rising; None: any. It may find that there are none."""
        if self._guided is not None:
            return self._guided.choice()
        if self._constraint is None:
            return None
        ids = np.flatnonzero(self._constraint.allowed(len(self._tokens.words))[0])
        if self._constraint.stuck:
            reason = "the tokenizer cannot spell how the program goes on; generate freely instead."
            self.done = failed(reason, len(self.row.prompt))
        return ids

    def choose(self, ids: Ids | None, scores: Floats, sampling: Sampling) -> None:
        """Take the next token by the scores of those that were offered, [ids] or [vocabulary]."""
        if self.done is not None:
            return
        scores = scores[: len(self._tokens.words)] if ids is None else scores
        place = draw(scores, self._stream, sampling.temperature, sampling.top_p)
        token = place if ids is None else int(ids[place])
        if self._guided is not None:
            self._guided.take(token, self._tokens.words[token])
        if self._constraint is not None:
            self._constraint.advance(0, [token])
        self._append([token])
        self.follow()

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


class Decoder:
    """Makes answers on one thread, some at a time, until no row is left."""

    def __init__(
        self,
        running: Running,
        sampling: Sampling,
        rows: deque[Row],
        width: int,
        answers: Answers,
    ) -> None:
        self._running = running
        self._forward = running.forward
        self._sampling = sampling
        self._rows = rows
        self._width = width
        self._answers = answers
        self._active: list[RowInProgress] = []

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
        self._choose(active, hidden)

    def _choose(self, answers: Sequence[RowInProgress], hidden: Floats) -> None:
        """A token for each, by its hidden state; only where any may come are all scores needed."""
        offers = [answer.offer() for answer in answers]
        free = [i for i, ids in enumerate(offers) if ids is None]
        logits = dict(zip(free, self._forward.logits(hidden[free]), strict=True)) if free else {}
        for i, (answer, ids) in enumerate(zip(answers, offers, strict=True)):
            scores = logits[i] if ids is None else self._forward.scores(hidden[i], ids)
            answer.choose(ids, scores, self._sampling)

    def _begin(self, most: int) -> bool:
        """Begin up to `most` answers to one prompt; whether there are any."""
        rows = self._take(most)
        if not rows:
            return False
        answers = [self._running.begin(row, self._sampling) for row in rows]
        self._active += answers
        first = answers[0]
        hidden = self._forward([first.row.prompt], [0], [first.cache])
        for answer in answers:
            if answer is not first:
                self._forward.copy_cache(first.cache, answer.cache, first.length)
            answer.follow()
        at_once = [a for a in answers if a.done is None and not a.feed]
        if at_once:
            self._choose(at_once, np.repeat(hidden, len(at_once), axis=0))
        return True

    def _take(self, most: int) -> list[Row]:
        taken: list[Row] = []
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
                self._running.give_back(answer.cache)
        self._active = [answer for answer in self._active if answer.done is None]
