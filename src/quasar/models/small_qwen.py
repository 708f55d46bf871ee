"""Weights of a small Qwen3 checkpoint, and its forward pass in NumPy.

Covers dense Qwen3 models with tied embeddings whose weights lie in one safetensors file (float32,
float16 or bfloat16), all sums in float32. Does not cover sampling, tokenizers, sliding windows,
scaled rotary positions or experts: `transformers_model` runs those. `kernel` has the same forward
pass compiled, several times faster; this one needs NumPy alone, and is what the other is tested
against.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from quasar.core.errors import InputError

Floats = np.ndarray[Any, np.dtype[np.float32]]
Ids = np.ndarray[Any, np.dtype[np.int64]]

_TYPES = {"F32": np.float32, "F16": np.float16, "BF16": np.uint16}


@dataclass(frozen=True)
class Shape:
    """Sizes of the model, from `config.json`.

    Attributes:
        width: length of a hidden state.
        kv_heads: heads of keys and values, that `heads` of queries share.
        head: length of a head.
        inner: width of the feed-forward part.
        context: tokens of prompt and answer together.
        stop_ids: tokens that end an answer.
    """

    layers: int
    width: int
    heads: int
    kv_heads: int
    head: int
    inner: int
    vocabulary: int
    context: int
    epsilon: float
    theta: float
    stop_ids: tuple[int, ...]


class Forward(Protocol):
    """A way to run the model; `NumpyForward` here, `KernelForward` in `kernel`.

    Attributes:
        engine: what it is called.
    """

    engine: str

    def new_cache(self) -> Any:
        """Room for the keys and values of one sequence."""

    def copy_cache(self, source: Any, target: Any, count: int) -> None:
        """The first `count` positions of one cache into another."""

    def __call__(
        self, tokens: Sequence[Sequence[int]], starts: Sequence[int], caches: Sequence[Any]
    ) -> Floats:
        """Run more tokens of some sequences, and keep their keys and values.

        Args:
            tokens: for each sequence its next tokens, at least one.
            starts: for each how many came before.
            caches: for each its own cache.

        Returns:
            The hidden state after each sequence's last token, [sequences, width].
        """

    def logits(self, hidden: Floats) -> Floats:
        """Scores of all tokens, [sequences, vocabulary]."""

    def scores(self, hidden: Floats, ids: Ids) -> Floats:
        """Scores of some tokens after one sequence, [ids]; hidden [width]."""


def read_shape(folder: Path) -> Shape | None:
    """The sizes of a checkpoint; None where it is not a model of this kind.

    Raises:
        InputError: `config.json` is there and cannot be read.
    """
    path = folder / "config.json"
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {path}: {error}.") from error
    try:
        rotary = found.get("rope_parameters") or {}
        plain = (
            found["model_type"] == "qwen3"
            and found["tie_word_embeddings"] is True
            and found["hidden_act"] == "silu"
            and not found.get("attention_bias")
            and not found.get("use_sliding_window")
            and not found.get("rope_scaling")
            and not found.get("quantization_config")
            and rotary.get("rope_type", "default") == "default"
        )
        stops = found["eos_token_id"]
        return (
            Shape(
                layers=int(found["num_hidden_layers"]),
                width=int(found["hidden_size"]),
                heads=int(found["num_attention_heads"]),
                kv_heads=int(found["num_key_value_heads"]),
                head=int(found["head_dim"]),
                inner=int(found["intermediate_size"]),
                vocabulary=int(found["vocab_size"]),
                context=int(found["max_position_embeddings"]),
                epsilon=float(found["rms_norm_eps"]),
                theta=float(rotary.get("rope_theta") or found["rope_theta"]),
                stop_ids=tuple(map(int, stops if isinstance(stops, list) else [stops])),
            )
            if plain
            else None
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


class Weights:
    """The tensors of a checkpoint, as they are stored."""

    def __init__(self, path: Path) -> None:
        """Map the file; a tensor is read when it is asked for.

        Args:
            path: a `model.safetensors`.

        Raises:
            InputError: it cannot be read.
        """
        self._path = path
        try:
            raw = np.memmap(path, dtype=np.uint8, mode="r")
            length = int.from_bytes(raw[:8].tobytes(), "little")
            self._header = json.loads(raw[8 : 8 + length].tobytes())
            self._data = raw[8 + length :]
            self._header.pop("__metadata__", None)
        except (OSError, ValueError, AttributeError, MemoryError) as error:
            raise InputError(f"cannot read the weights {path}: {error}.") from error

    def stored(self, name: str) -> np.ndarray[Any, Any]:
        """A tensor as stored; bfloat16 as the 16 bits of each number.

        Raises:
            InputError: it is not there, or of a type that is not covered.
        """
        try:
            entry = self._header[name]
            begin, end = entry["data_offsets"]
            kind = _TYPES[entry["dtype"]]
            return np.frombuffer(self._data[begin:end], dtype=kind).reshape(entry["shape"])
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{self._path} has no usable tensor '{name}'.") from error

    def floats(self, name: str) -> Floats:
        """A tensor in float32; exactly what is stored."""
        return to_floats(self.stored(name))


class HeldWeights(Weights):
    """Tensors that are in memory already, such as those of a model in training."""

    def __init__(self, tensors: Mapping[str, np.ndarray[Any, Any]]) -> None:
        """Keep the tensors.

        Args:
            tensors: by their names in the file; bfloat16 as the 16 bits of each number.
        """
        self._tensors = tensors

    def stored(self, name: str) -> np.ndarray[Any, Any]:
        """A tensor as it is held.

        Raises:
            InputError: it is not there.
        """
        try:
            return self._tensors[name]
        except KeyError as error:
            raise InputError(f"the model has no tensor '{name}'.") from error


def to_floats(stored: np.ndarray[Any, Any]) -> Floats:
    """Stored numbers in float32; 16 bits stand for bfloat16."""
    if stored.dtype == np.uint16:
        return (stored.astype(np.uint32) << 16).view(np.float32)
    return stored.astype(np.float32)


def layer_name(layer: int, part: str) -> str:
    """Name of a layer's tensor in the file."""
    return f"model.layers.{layer}.{part}.weight"


QKV = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj")
GATE_UP = ("mlp.gate_proj", "mlp.up_proj")


def rotations(shape: Shape) -> tuple[Floats, Floats]:
    """Cosine and sine of each position's angles, [context, head / 2]."""
    half = np.arange(0, shape.head, 2, dtype=np.float32) / np.float32(shape.head)
    frequencies = np.float32(1.0) / np.float32(shape.theta) ** half
    angles = np.arange(shape.context, dtype=np.float32)[:, None] * frequencies
    return np.cos(angles), np.sin(angles)


class NumpyForward:
    """See `Forward`. A cache is [2, layers, kv_heads, positions, head]."""

    engine = "numpy"

    def __init__(self, shape: Shape, weights: Weights) -> None:
        """Read the weights, fused where they are used together, ready to be multiplied."""
        self.shape = shape
        self.embedding = weights.floats("model.embed_tokens.weight")
        self.norm_out = weights.floats("model.norm.weight")
        self._cosine, self._sine = rotations(shape)
        self._layers = [_NumpyLayer.read(weights, i) for i in range(shape.layers)]

    def new_cache(self) -> Floats:
        s = self.shape
        return np.empty((2, s.layers, s.kv_heads, s.context, s.head), dtype=np.float32)

    def copy_cache(self, source: Floats, target: Floats, count: int) -> None:
        target[:, :, :, :count] = source[:, :, :, :count]

    def logits(self, hidden: Floats) -> Floats:
        return hidden @ self.embedding.T

    def scores(self, hidden: Floats, ids: Ids) -> Floats:
        return self.embedding[ids] @ hidden

    def __call__(
        self, tokens: Sequence[Sequence[int]], starts: Sequence[int], caches: Sequence[Floats]
    ) -> Floats:
        s, spans, begin = self.shape, [], 0
        for own in tokens:
            spans.append(slice(begin, begin + len(own)))
            begin += len(own)
        places = np.concatenate(
            [np.arange(start, start + len(own)) for own, start in zip(tokens, starts, strict=True)]
        )
        cosine, sine = self._cosine[places, None], self._sine[places, None]
        x = self.embedding[np.concatenate([np.asarray(own) for own in tokens])]
        kv = s.kv_heads * s.head
        for number, layer in enumerate(self._layers):
            q, k, v = np.split(
                _normed(x, layer.norm_in, s.epsilon) @ layer.qkv,
                [s.heads * s.head, s.heads * s.head + kv],
                axis=1,
            )
            q = _turned(q, layer.norm_q, cosine, sine, s)
            k = _turned(k, layer.norm_k, cosine, sine, s)
            v = v.reshape(len(v), s.kv_heads, s.head)
            mixed = np.empty_like(q)
            for span, start, cache in zip(spans, starts, caches, strict=True):
                end = start + span.stop - span.start
                keys, values = cache[0, number], cache[1, number]
                keys[:, start:end] = k[span].transpose(1, 0, 2)
                values[:, start:end] = v[span].transpose(1, 0, 2)
                mixed[span] = _attention(q[span], keys[:, :end], values[:, :end])
            x = x + mixed.reshape(len(x), -1) @ layer.out
            gate, up = np.split(_normed(x, layer.norm_ffn, s.epsilon) @ layer.gate_up, 2, axis=1)
            x = x + (gate / (1 + np.exp(-gate)) * up) @ layer.down
        last = x[[span.stop - 1 for span in spans]]
        return _normed(last, self.norm_out, s.epsilon)


@dataclass(frozen=True, eq=False)
class _NumpyLayer:
    """Matrices [in, out] of one layer, stored by output."""

    qkv: Floats
    out: Floats
    gate_up: Floats
    down: Floats
    norm_in: Floats
    norm_q: Floats
    norm_k: Floats
    norm_ffn: Floats

    @classmethod
    def read(cls, weights: Weights, layer: int) -> _NumpyLayer:
        def get(*parts: str) -> Floats:
            found = [weights.floats(layer_name(layer, part)) for part in parts]
            return found[0] if len(found) == 1 else np.concatenate(found)

        return cls(
            qkv=get(*QKV).T,
            out=get("self_attn.o_proj").T,
            gate_up=get(*GATE_UP).T,
            down=get("mlp.down_proj").T,
            norm_in=get("input_layernorm"),
            norm_q=get("self_attn.q_norm"),
            norm_k=get("self_attn.k_norm"),
            norm_ffn=get("post_attention_layernorm"),
        )


def _normed(x: Floats, weight: Floats, epsilon: float) -> Floats:
    """`x` over its root mean square, along the last axis."""
    square = np.mean(x * x, axis=-1, keepdims=True)
    normed: Floats = weight * (x * (np.float32(1.0) / np.sqrt(square + np.float32(epsilon))))
    return normed


def _turned(x: Floats, weight: Floats, cosine: Floats, sine: Floats, shape: Shape) -> Floats:
    """Heads normed, then rotated by their positions; [tokens, heads, head]."""
    x = _normed(x.reshape(len(x), -1, shape.head), weight, shape.epsilon)
    a, b = np.split(x, 2, axis=-1)
    return np.concatenate([a * cosine - b * sine, b * cosine + a * sine], axis=-1)


def _attention(q: Floats, keys: Floats, values: Floats) -> Floats:
    """Of queries [T, heads, D] to keys and values [kv_heads, end, D], the last T of them theirs."""
    count, heads, size = q.shape
    kv_heads, end, _ = keys.shape
    grouped = q.transpose(1, 0, 2).reshape(kv_heads, -1, size)
    scores = grouped @ keys.transpose(0, 2, 1) * np.float32(size**-0.5)
    if count > 1:
        later = np.arange(end) > np.arange(end - count, end)[:, None]
        scores[np.broadcast_to(np.tile(later, (heads // kv_heads, 1)), scores.shape)] = -np.inf
    scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
    mixed: Floats = (scores / scores.sum(axis=-1, keepdims=True)) @ values
    return mixed.reshape(heads, count, size).transpose(1, 0, 2)
