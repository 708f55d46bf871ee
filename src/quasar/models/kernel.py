"""The forward pass of `small_qwen` compiled from `kernel.c`, where that could be built.

The weights keep the 16 bits in which they are stored, since a token costs the time of reading them
all; sums are in float32. A token's result does not depend on what else is in the batch. A call runs
on one thread and lets other Python threads run meanwhile.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from quasar.core.compiled import KERNEL, library_of
from quasar.models.small_qwen import (
    GATE_UP,
    QKV,
    Floats,
    Shape,
    Weights,
    layer_name,
    rotations,
    to_floats,
)

LIBRARY = library_of(KERNEL)
_PANEL = 32
"""Outputs of a matrix that lie side by side; as in `kernel.c`."""

_CHUNK = 48
"""Tokens at a time: what lies between two layers then stays in the processor's second cache."""


class _LayerPointers(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_void_p)
        for name in ("qkv", "out", "gate_up", "down", "norm_in", "norm_q", "norm_k", "norm_ffn")
    ]


class _Model(ctypes.Structure):
    _fields_ = [
        *(
            (name, ctypes.c_int32)
            for name in ("layers", "width", "heads", "kv_heads", "head", "ffn", "wide")
        ),
        ("eps", ctypes.c_float),
        ("layer", ctypes.POINTER(_LayerPointers)),
        *((name, ctypes.c_void_p) for name in ("embedding", "norm_out", "cosine", "sine")),
    ]


@cache
def library(path: Path = LIBRARY) -> ctypes.CDLL | None:
    """The compiled kernel; None where it was not built or this processor cannot run it."""
    try:
        found = ctypes.CDLL(str(path))
        if not found.supported():
            return None
    except (OSError, AttributeError):
        return None
    pointer, number = ctypes.c_void_p, ctypes.c_int32
    found.scratch_floats.argtypes = [pointer, number, number]
    found.scratch_floats.restype = ctypes.c_int64
    found.forward.argtypes = [pointer, pointer, pointer, pointer, number, pointer, number]
    found.forward.argtypes += [pointer, number, pointer, pointer]
    found.multiply.argtypes = [number, pointer, pointer, number, number, number, pointer]
    found.copy_cache.argtypes = [pointer, pointer, pointer, number, number]
    for name in ("forward", "multiply", "copy_cache"):
        getattr(found, name).restype = None
    return found


def covers(shape: Shape) -> bool:
    """Whether the kernel is written for such sizes."""
    return (
        shape.width % _PANEL == 0
        and shape.inner % (_PANEL // 2) == 0
        and shape.head % 8 == 0
        and shape.heads % shape.kv_heads == 0
    )


class KernelForward:
    """See `small_qwen.Forward`; to be used by several threads at a time."""

    engine = "kernel"

    def __init__(self, shape: Shape, weights: Weights, compiled: ctypes.CDLL) -> None:
        """Pack the weights.

        Args:
            compiled: from `library`.
        """
        self.shape = shape
        self._library = compiled
        self._kept: list[np.ndarray[Any, Any]] = []
        stored = weights.stored("model.embed_tokens.weight")
        self._wide = any(
            weights.stored(name).dtype != np.uint16 for name in _matrices(shape.layers)
        )
        self.embedding = to_floats(stored)
        cosine, sine = rotations(shape)
        self._head = self._packed([stored])
        layers = (_LayerPointers * shape.layers)(
            *(_LayerPointers(*self._layer(weights, i)) for i in range(shape.layers))
        )
        self._layers = layers
        self._model = _Model(
            shape.layers,
            shape.width,
            shape.heads,
            shape.kv_heads,
            shape.head,
            shape.inner,
            self._wide,
            shape.epsilon,
            layers,
            self._pointer(self.embedding),
            self._pointer(weights.floats("model.norm.weight")),
            self._pointer(cosine),
            self._pointer(sine),
        )
        self._room = -(-shape.context // 8) * 8

    def _layer(self, weights: Weights, number: int) -> tuple[int, ...]:
        def packed(*parts: str) -> int:
            return self._packed([weights.stored(layer_name(number, part)) for part in parts])

        def norm(part: str) -> int:
            return self._pointer(weights.floats(layer_name(number, part)))

        return (
            packed(*QKV),
            packed("self_attn.o_proj"),
            packed(*GATE_UP),
            packed("mlp.down_proj"),
            norm("input_layernorm"),
            norm("self_attn.q_norm"),
            norm("self_attn.k_norm"),
            norm("post_attention_layernorm"),
        )

    def _packed(self, parts: Sequence[np.ndarray[Any, Any]]) -> int:
        """Address of a matrix [out, in] in the kernel's layout; zeros fill the last panel."""
        if self._wide:
            parts = [to_floats(part) for part in parts]
        matrix = np.concatenate(parts)
        spare = -len(matrix) % _PANEL
        if spare:
            matrix = np.concatenate([matrix, np.zeros((spare, matrix.shape[1]), matrix.dtype)])
        panels = matrix.reshape(-1, _PANEL, matrix.shape[1])
        if not self._wide:
            # Two numbers to a word: eight outputs in the lower halves, the next in the upper.
            panels = panels.reshape(-1, 2, 2, 8, matrix.shape[1]).transpose(0, 1, 3, 2, 4)
            panels = panels.reshape(-1, _PANEL, matrix.shape[1])
        return self._pointer(np.ascontiguousarray(panels.transpose(0, 2, 1)))

    def _pointer(self, array: np.ndarray[Any, Any]) -> int:
        self._kept.append(np.ascontiguousarray(array))
        return int(self._kept[-1].ctypes.data)

    def new_cache(self) -> Floats:
        s = self.shape
        return np.empty(2 * s.layers * s.kv_heads * self._room * s.head, dtype=np.float16)

    def copy_cache(self, source: Floats, target: Floats, count: int) -> None:
        self._library.copy_cache(
            ctypes.byref(self._model), source.ctypes.data, target.ctypes.data, self._room, count
        )

    def __call__(
        self, tokens: Sequence[Sequence[int]], starts: Sequence[int], caches: Sequence[Floats]
    ) -> Floats:
        ends = list(accumulate(map(len, tokens)))
        n, rows = ends[-1], len(tokens)
        ids = np.array([i for own in tokens for i in own], dtype=np.int32)
        if ids.min() < 0 or ids.max() >= len(self.embedding):
            raise IndexError("a token that the model does not have")
        places = np.array(
            [s + k for own, s in zip(tokens, starts, strict=True) for k in range(len(own))],
            dtype=np.int32,
        )
        if places.max() >= self.shape.context:
            raise IndexError("more tokens than the model's context holds")
        slots = np.repeat(np.arange(rows, dtype=np.int32), [len(own) for own in tokens])
        addresses = np.array([cache.ctypes.data for cache in caches], dtype=np.uintp)
        last = np.array(ends, dtype=np.int32) - 1
        hidden = np.empty((rows, self.shape.width), dtype=np.float32)
        model, room = ctypes.byref(self._model), self._room
        size = self._library.scratch_floats(model, min(n, _CHUNK), room)
        scratch = np.empty(size, dtype=np.float32)
        done = 0
        for begin in range(0, n, _CHUNK):
            end = min(begin + _CHUNK, n)
            want = last[(last >= begin) & (last < end)] - begin
            self._library.forward(
                model,
                ids[begin:end].ctypes.data,
                places[begin:end].ctypes.data,
                slots[begin:end].ctypes.data,
                end - begin,
                addresses.ctypes.data,
                room,
                want.ctypes.data,
                len(want),
                hidden[done:].ctypes.data,
                scratch.ctypes.data,
            )
            done += len(want)
        return hidden

    def logits(self, hidden: Floats) -> Floats:
        hidden = np.ascontiguousarray(hidden)
        width = -(-len(self.embedding) // _PANEL) * _PANEL
        out = np.empty((len(hidden), width), dtype=np.float32)
        self._library.multiply(
            self._wide,
            self._head,
            hidden.ctypes.data,
            len(hidden),
            self.shape.width,
            width,
            out.ctypes.data,
        )
        return out[:, : len(self.embedding)]


def _matrices(layers: int) -> list[str]:
    parts = (*QKV, "self_attn.o_proj", *GATE_UP, "mlp.down_proj")
    names = [layer_name(i, part) for i in range(layers) for part in parts]
    return [*names, "model.embed_tokens.weight"]
