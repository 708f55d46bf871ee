"""What a guide is: it decides as much of an answer as follows from the problem.

The model is asked only where a guide leaves a choice. What a guide allows is its own affair; this
module covers the protocol, and how it is followed in terms of token ids.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

from quasar.core.errors import InputError


class Guide(Protocol):
    """One answer's guide; made for each sample."""

    def allowed(self) -> tuple[str, ...] | None:
        """Texts of the tokens that may come next; a single one is forced; None: any."""

    def advance(self, text: str) -> None:
        """Take note of the token that came."""

    def rest(self) -> str | None:
        """What completes the answer without the model, once it is settled; None before."""


@runtime_checkable
class SampleGuide(Protocol):
    """A guide that decides some things otherwise from sample to sample."""

    def begin(self, sample: int) -> None:
        """Take note of the answer's number among the samples, from 0, before it begins."""


GuideFactory = Callable[[], Guide]


class TokenTexts(Protocol):
    """What following a guide needs to know of a tokenizer."""

    def encode(self, text: str) -> list[int]:
        """Ids of a text."""

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids, special tokens left out."""


class GuideIds:
    """Texts that guides allow, as token ids; kept for the whole life of a model."""

    def __init__(self, tokens: TokenTexts, stop_ids: Sequence[int]) -> None:
        """Take a tokenizer.

        Args:
            stop_ids: tokens that end an answer; a guide names them by their text too.
        """
        self._tokens = tokens
        self._stop_ids = frozenset(stop_ids)
        self._kept: dict[tuple[str, ...], np.ndarray[Any, np.dtype[np.int64]]] = {}

    def text(self, token: int) -> str:
        """Text of one token."""
        return self._tokens.decode([token])

    def spelled(self, text: str) -> list[int]:
        """Ids of a forced text: one, or several where the tokenizer has no such token.

        Raises:
            InputError: it cannot be spelled.
        """
        ids = self._tokens.encode(text)
        ends = len(ids) == 1 and ids[0] in self._stop_ids
        if not ids or not (ends or self._tokens.decode(ids) == text):
            raise InputError(f"the guide names {text!r}, which the model's tokens cannot spell.")
        return ids

    def of(self, texts: tuple[str, ...]) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Ids of allowed tokens, rising.

        Raises:
            InputError: no text, or one of them is not one token.
        """
        found = self._kept.get(texts)
        if found is None:
            if not texts:
                raise InputError("the guide allows no token at all; it must allow one.")
            spelled = [self.spelled(text) for text in texts]
            if any(len(ids) != 1 for ids in spelled):
                wrong = next(t for t, i in zip(texts, spelled, strict=True) if len(i) != 1)
                raise InputError(f"the guide allows {wrong!r}, which is not one token here.")
            found = self._kept[texts] = np.unique(np.array(spelled, dtype=np.int64))
        return found


class GuidedRow:
    """One answer under a guide: what comes next, in token ids.

    Attributes:
        rest: the text that completes the answer, once it is settled.
    """

    def __init__(self, guide: Guide, ids: GuideIds, stop_ids: Sequence[int]) -> None:
        self._guide = guide
        self._ids = ids
        self._stop_ids = frozenset(stop_ids)
        self.rest: str | None = None

    def forced(self, most: int) -> list[int]:
        """The tokens up to the next choice, the end of the answer, or `most` of them.

        The last one may be a token that ends the answer; or `rest` is set.
        """
        found: list[int] = []
        while len(found) < most:
            self.rest = self._guide.rest()
            if self.rest is not None:
                break
            texts = self._guide.allowed()
            if texts is None or len(texts) != 1:
                break
            ids = self._ids.spelled(texts[0])
            found += ids
            if ids[-1] in self._stop_ids:
                break
            self._guide.advance(texts[0])
        return found

    def choice(self) -> np.ndarray[Any, np.dtype[np.int64]] | None:
        """Ids of the tokens to choose from, rising; None: any."""
        texts = self._guide.allowed()
        return None if texts is None else self._ids.of(texts)

    def take(self, token: int, text: str) -> None:
        """Take note of the model's choice."""
        if token not in self._stop_ids:
            self._guide.advance(text)
