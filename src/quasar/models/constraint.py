"""Holds a local model to the circuit grammar, token by token.

`QasmConstraint` is a logits processor for `generate` of transformers; `advance` and `allowed` do
the same without torch. Each row of a batch has a state of its own; tokens that lead out of the
grammar get probability zero, and the end of the answer is possible only where the program is
complete. What it cannot do is finish in time: an answer that reaches the token limit is cut off,
and may be no program. The work of following the grammar is llguidance's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from quasar.core.errors import InputError
from quasar.models.grammar import qasm_grammar

if TYPE_CHECKING:
    import torch

_PROBE = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nrz(-0.25) q[1];\n'


class QasmGuide:
    """The grammar in terms of one tokenizer; made once for a model."""

    def __init__(
        self, vocabulary: list[bytes], special: Collection[int], stop_ids: Sequence[int]
    ) -> None:
        """Take the vocabulary.

        Args:
            vocabulary: what each token adds to the text, by id.
            special: tokens that are not text.
            stop_ids: tokens that end an answer.

        Raises:
            InputError: llguidance is not installed, or no token ends an answer.
        """
        try:
            import llguidance
        except ImportError as error:
            raise InputError(
                "holding a model to the grammar needs llguidance: "
                "pip install -e '.[grammar]' in your clone of quasar."
            ) from error
        if not stop_ids:
            raise InputError("the model has no token that ends an answer; generate freely instead.")
        self.vocabulary = vocabulary
        self.stop_ids = tuple(stop_ids)
        self._tokenizer = llguidance.LLTokenizer(
            llguidance.TokenizerWrapper(_Vocabulary(vocabulary, stop_ids, {*special, *stop_ids})),
            eos_token=list(stop_ids),
        )
        self._limits = llguidance.LLParserLimits(verbose_errors=False)
        self._fresh = lru_cache(maxsize=64)(self._compile)

    @classmethod
    def of(cls, tokenizer: Any, stop_ids: Sequence[int]) -> Self:
        """The guide of a fast Hugging Face tokenizer.

        Raises:
            InputError: as above, or decoding is more than joining tokens, so that the grammar
                cannot follow it.
        """
        vocabulary = token_bytes(tokenizer)
        _check_joining(tokenizer, vocabulary)
        special = [i for i, token in tokenizer.added_tokens_decoder.items() if token.special]
        return cls(vocabulary, special, stop_ids)

    def matcher(self, n_qubits: int) -> Any:
        """A new state at the beginning of a program on `n_qubits` qubits (an `LLMatcher`).

        Raises:
            InputError: the grammar does not cover that many qubits.
        """
        return self._fresh(n_qubits).deep_copy()

    def _compile(self, n_qubits: int) -> Any:
        import llguidance

        return llguidance.LLMatcher(
            self._tokenizer, qasm_grammar(n_qubits), log_level=0, limits=self._limits
        )


class QasmConstraint:
    """A logits processor; made for each batch.

    Attributes:
        stuck: rows whose tokenizer has no token that goes on; they are ended where they are.
    """

    def __init__(self, guide: QasmGuide, qubits: Sequence[int | None]) -> None:
        """Start every row at the beginning of its program.

        Args:
            qubits: for each row of the batch the qubits of its program; None: a free answer.
        """
        self._stop_ids = guide.stop_ids
        self._matchers: list[Any] = [None if n is None else guide.matcher(n) for n in qubits]
        self._words = -(-len(guide.vocabulary) // 32)
        self._seen: int | None = None
        self._ended = [matcher is None for matcher in self._matchers]
        self.stuck: set[int] = set()

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Scores [B, V] with -inf wherever a token [B, T] must not be followed by it."""
        import torch

        if self._seen is not None:
            for row, tokens in enumerate(input_ids[:, self._seen :].tolist()):
                self.advance(row, tokens)
        self._seen = input_ids.shape[1]
        allowed = torch.from_numpy(self.allowed(scores.shape[1])).to(scores.device)
        return scores.masked_fill(~allowed, float("-inf"))

    def allowed(self, n_tokens: int) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
        """Which tokens may come next, shape [B, `n_tokens`]; ended rows may go on with any."""
        bits = np.full((len(self._matchers), self._words), -1, dtype=np.int32)
        for row, matcher in enumerate(self._matchers):
            if not self._ended[row]:
                place = bits[row]
                matcher.unsafe_compute_mask_ptr(place.ctypes.data, place.nbytes)
        flags = np.unpackbits(bits.view(np.uint8), axis=1, bitorder="little").astype(bool)
        out = np.zeros((len(self._matchers), n_tokens), dtype=bool)
        width = min(n_tokens, flags.shape[1])
        out[:, :width] = flags[:, :width]
        for row, ended in enumerate(self._ended):
            if ended:
                out[row] = True
            elif self._matchers[row].is_error() or not out[row].any():
                self.stuck.add(row)
                out[row] = False
                out[row, list(self._stop_ids)] = True
        return out

    def advance(self, row: int, tokens: Sequence[int]) -> None:
        """Follow a row's next tokens."""
        for token in tokens:
            if self._ended[row]:
                return
            if token in self._stop_ids or not self._matchers[row].consume_token(token):
                self._ended[row] = True


class _Vocabulary:
    """What llguidance wants to know of a tokenizer."""

    bos_token_id = None

    def __init__(self, tokens: list[bytes], stop_ids: Sequence[int], special: set[int]) -> None:
        self.tokens = tokens
        self.eos_token_id = stop_ids[0]
        self.special_token_ids = sorted(special)
        self._ids = {token: i for i, token in enumerate(tokens) if token and i not in special}
        self._longest = max(map(len, self._ids), default=0)

    def __call__(self, text: bytes) -> list[int]:
        """Longest tokens first; bytes that no token spells are skipped."""
        out, start = [], 0
        while start < len(text):
            for end in range(min(len(text), start + self._longest), start, -1):
                if text[start:end] in self._ids:
                    out.append(self._ids[text[start:end]])
                    start = end
                    break
            else:
                start += 1
        return out


def token_bytes(tokenizer: Any) -> list[bytes]:
    """What each token adds to the text, by id; empty for ids that no token has.

    Covers byte-level tokenizers (GPT-2, Qwen), SentencePiece ones (`▁`, `<0x0A>`) and those whose
    tokens are the text itself.

    Raises:
        InputError: not a fast tokenizer.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise InputError(
            "holding a model to the grammar needs a fast tokenizer (a `tokenizer.json`)."
        )
    decoder = json.dumps(json.loads(backend.to_str()).get("decoder"))
    spell: Callable[[str], bytes] = str.encode  # tokens are the text itself
    if '"ByteLevel"' in decoder:
        spell = _byte_level
    elif "▁" in decoder or "\\u2581" in decoder or '"Metaspace"' in decoder:
        spell = _sentencepiece
    added = tokenizer.added_tokens_decoder
    out = [b""] * len(tokenizer)
    for token, i in tokenizer.get_vocab().items():
        if i < len(out):
            out[i] = token.encode() if i in added else spell(token)
    return out


def _byte_level(token: str) -> bytes:
    table = _byte_of_character()
    return bytes(table[c] for c in token) if all(c in table for c in token) else token.encode()


def _sentencepiece(token: str) -> bytes:
    if len(token) == 6 and token.startswith("<0x") and token.endswith(">"):
        return bytes([int(token[3:5], 16)])
    return token.replace("▁", " ").encode()


@lru_cache(maxsize=1)
def _byte_of_character() -> dict[str, int]:
    """GPT-2's table: printable bytes stand for themselves, the others for 256, 257, ..."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(b): b for b in printable} | {chr(256 + k): b for k, b in enumerate(others)}


def _check_joining(tokenizer: Any, vocabulary: list[bytes]) -> None:
    ids = tokenizer(_PROBE, add_special_tokens=False)["input_ids"]
    joined = b"".join(vocabulary[i] for i in ids).decode("utf-8", "replace")
    decoded = tokenizer.decode(ids, clean_up_tokenization_spaces=False)
    if joined.strip() != decoded.strip():
        raise InputError(
            "this tokenizer's decoding is more than joining its tokens "
            f"({joined[:20]!r} becomes {decoded[:20]!r}), so the grammar cannot follow it; "
            "generate freely instead."
        )
