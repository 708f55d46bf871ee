"""The packaged model's tokenizer in plain Python: known pieces of text, the longest first.

Covers tokenizers that `nano_tokenizer.build_tokenizer` makes, read from a checkpoint's
`tokenizer.json`: the ids are those of Hugging Face's tokenizer, several times faster. Does not
cover any other kind (byte-level, SentencePiece): for those there is transformers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Self

from quasar.core.errors import InputError
from quasar.prompts.vocabulary import ASSISTANT, END, PAD, SPECIAL, USER, pattern, tokens

_HEAD = 5
"""Characters by which words are found; measured: 3 to 8 are slower."""


class WordTokens:
    """Text to token ids and back.

    Attributes:
        words: text of each token, by id.
        special_ids: ids of the tokens that are not text.
        unknown_id: stands for a run of characters that no word begins with.
    """

    def __init__(
        self, words: Sequence[str], special: Iterable[str] = SPECIAL, unknown: str = PAD
    ) -> None:
        """Sort the words by how they begin.

        Args:
            words: all tokens, each once, in the order of their ids.
            special: those of them that are not text, and are recognised before all others.
            unknown: one of them, for what no word spells.
        """
        self.words = tuple(words)
        self.ids = {word: number for number, word in enumerate(self.words)}
        special = tuple(special)
        self.special_ids = frozenset(self.ids[word] for word in special)
        self.unknown_id = self.ids[unknown]
        longest_first = sorted(special, key=lambda word: -len(word))
        self._special = re.compile(f"({'|'.join(map(re.escape, longest_first))})")
        self._texts = {w: i for w, i in self.ids.items() if i not in self.special_ids}
        self._lengths = _lengths(self._texts)

    @classmethod
    def packaged(cls) -> Self:
        """The tokenizer of the vocabulary as it is now."""
        return cls(tokens())

    @classmethod
    def read(cls, path: Path) -> Self:
        """The tokenizer of a checkpoint.

        Args:
            path: its `tokenizer.json`.

        Raises:
            InputError: it cannot be read, or is a tokenizer of another kind.
        """
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"cannot read the tokenizer {path}: {error}.") from error
        own = cls._of(found)
        if own is None:
            raise InputError(
                f"{path} is not a word-level tokenizer that takes the longest word first; load the "
                "checkpoint with transformers."
            )
        return own

    @classmethod
    def _of(cls, found: Any) -> Self | None:
        """The tokenizer of a `tokenizer.json`; None where it works in another way."""
        try:
            model, cut = found["model"], found["pre_tokenizer"]
            words = sorted(model["vocab"], key=model["vocab"].__getitem__)
            added = {t["content"]: t for t in found["added_tokens"]}
            known = (
                model["type"] == "WordLevel"
                and [model["vocab"][word] for word in words] == list(range(len(words)))
                and all(t["special"] and t["id"] == model["vocab"][w] for w, t in added.items())
                and not any(t["lstrip"] or t["rstrip"] or t["single_word"] for t in added.values())
                and cut["type"] == "Split"
                and cut["behavior"] == "Isolated"
                and not cut["invert"]
                and found["normalizer"] is None
                and _adds_nothing(found["post_processor"])
                and found["decoder"] == {"type": "Fuse"}
                and cut["pattern"]["Regex"] == pattern(words, tuple(added))
            )
            return cls(words, added, model["unk_token"]) if known else None
        except (KeyError, TypeError, AttributeError):
            return None

    def encode(self, text: str) -> list[int]:
        """Token ids of a text; special tokens in it are recognised."""
        found: list[int] = []
        for number, part in enumerate(self._special.split(text)):
            if number % 2:
                found.append(self.ids[part])
            elif part:
                self._cut(part, found)
        return found

    def _cut(self, text: str, found: list[int]) -> None:
        """Append the ids of a text without special tokens: the longest word at each place."""
        texts, lengths = self._texts, self._lengths
        place, end, last_known = 0, len(text), 0
        while place < end:
            head = text[place : place + _HEAD]
            for length in lengths.get(head) or lengths.get(head[0], ()):
                number = texts.get(text[place : place + length])
                if number is not None:
                    if last_known < place:
                        found.append(self.unknown_id)
                    found.append(number)
                    place = last_known = place + length
                    break
            else:
                place += 1
        if last_known < end:
            found.append(self.unknown_id)

    def decode(self, ids: Iterable[int]) -> str:
        """Text of token ids, special tokens left out."""
        return "".join([self.words[i] for i in ids if i not in self.special_ids])


def chat_text(chat: Iterable[Any], *, to_be_answered: bool = True) -> str:
    """A chat as the packaged model reads it; the same as `nano_tokenizer.CHAT_TEMPLATE` says.

    Args:
        chat: messages with `role` and `content`.
        to_be_answered: end where the model's answer begins.
    """
    parts = [
        f"{ASSISTANT}{message['content']}{END}"
        if message["role"] == "assistant"
        else f"{USER}{message['content']}"
        for message in chat
    ]
    return "".join(parts) + (ASSISTANT if to_be_answered else "")


def _adds_nothing(post_processor: Any) -> bool:
    """Whether a text's ids stay as they are."""
    return post_processor is None or (
        post_processor["type"] == "TemplateProcessing"
        and [list(part) for part in post_processor["single"]] == [["Sequence"]]
    )


def _lengths(texts: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Lengths of the words that may stand where a text goes on so, the longest first.

    By the first `_HEAD` characters for longer words, with the shorter words that those begin with;
    and by one character for places where no such head stands.
    """
    found: dict[str, set[int]] = {}
    texts = set(texts)
    for word in texts:
        short = len(word) < _HEAD
        found.setdefault(word[:1] if short else word[:_HEAD], set()).add(len(word))
    for head, lengths in found.items():
        if len(head) == _HEAD:
            lengths.update(k for k in range(1, _HEAD) if head[:k] in texts)
    return {head: tuple(sorted(lengths, reverse=True)) for head, lengths in found.items()}
