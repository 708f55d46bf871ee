"""The forward pass of `small_qwen` compiled from `kernel.c`, where that could be built.

A token costs the time of reading all weights. They keep the 16 bits in which they are stored, sums
in float32; or the layers' matrices are rounded to ten bits as they are loaded, which is faster
(`ten_bits.h`). A token's result does not depend on what else is in the batch. A call runs on one
thread and lets other Python threads run meanwhile.
"""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from quasar.core.compiled import KERNEL, is_of, library_of
from quasar.models.small_qwen import (
    GATE_UP,
    QKV,
    Floats,
    Ids,
    Shape,
    Weights,
    layer_name,
    rotations,
    to_floats,
)

LIBRARY = library_of(KERNEL)
_PANEL = 32
"""Outputs of a matrix that lie side by side; as in `kernel.c`."""

_TEN_BITS = 2
"""Kind of matrices, as in `kernel.c`; 0: bfloat16, 1: float32."""

_EMBEDDING = "model.embed_tokens.weight"
_MATRICES = (*QKV, "self_attn.o_proj", *GATE_UP, "mlp.down_proj")

_LINE = 64
"""Bytes of a cache line."""

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
            for name in ("layers", "width", "heads", "kv_heads", "head", "ffn", "kind")
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
    except OSError:
        return None
    if not (is_of(found, KERNEL) and found.supported()):
        return None
    pointer, number = ctypes.c_void_p, ctypes.c_int32
    found.scratch_floats.argtypes = [pointer, number, number]
    found.scratch_floats.restype = ctypes.c_int64
    found.forward.argtypes = [pointer, pointer, pointer, pointer, number, pointer, number]
    found.forward.argtypes += [pointer, number, pointer, pointer]
    found.multiply.argtypes = [number, pointer, pointer, number, number, number, pointer]
    found.scores_of.argtypes = [pointer, pointer, pointer, number, pointer]
    found.packed_bytes.argtypes = [number, number, number]
    found.packed_bytes.restype = ctypes.c_int64
    found.pack.argtypes = [number, number, pointer, number, number, number, pointer]
    found.copy_cache.argtypes = [pointer, pointer, pointer, number, number]
    for name in ("forward", "multiply", "scores_of", "pack", "copy_cache"):
        getattr(found, name).restype = None
    return found


def has_ten_bits() -> bool:
    """Whether there is a kernel that multiplies with weights of ten bits."""
    compiled = library()
    return compiled is not None and bool(compiled.has_ten_bits())


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

    def __init__(
        self, shape: Shape, weights: Weights, compiled: ctypes.CDLL, *, ten_bits: bool = False
    ) -> None:
        """Pack the weights.

        Args:
            compiled: from `library`.
            ten_bits: the layers' matrices rounded to ten bits; `has_ten_bits` says where.
        """
        self.shape = shape
        self.engine = "ten-bits" if ten_bits else "kernel"
        self._library = compiled
        self._kept: list[np.ndarray[Any, Any]] = []
        stored = weights.stored(_EMBEDDING)
        names = [layer_name(i, part) for i in range(shape.layers) for part in _MATRICES]
        self._wide = any(weights.stored(name).dtype != np.uint16 for name in [*names, _EMBEDDING])
        self._kind = _TEN_BITS if ten_bits else int(self._wide)
        self.embedding = to_floats(stored)
        cosine, sine = rotations(shape)
        self._room = -(-shape.context // 8) * 8
        self._arena = _Arena(self._size(shape))
        self._head = self._packed([stored], int(self._wide))
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
            self._kind,
            shape.epsilon,
            layers,
            self._pointer(self.embedding),
            self._pointer(weights.floats("model.norm.weight")),
            self._pointer(cosine),
            self._pointer(sine),
        )

    def _size(self, shape: Shape) -> int:
        """Bytes of all packed matrices."""
        heads, kv_heads = shape.heads * shape.head, shape.kv_heads * shape.head
        matrices = [
            (self._kind, shape.width, heads + 2 * kv_heads),
            (self._kind, heads, shape.width),
            (self._kind, shape.width, 2 * shape.inner),
            (self._kind, shape.inner, shape.width),
        ] * shape.layers
        matrices.append((int(self._wide), shape.width, len(self.embedding)))
        return sum(_up(self._library.packed_bytes(*matrix)) for matrix in matrices)

    def _layer(self, weights: Weights, number: int) -> tuple[int, ...]:
        def packed(*parts: str) -> int:
            stored = [weights.stored(layer_name(number, part)) for part in parts]
            return self._packed(stored, self._kind)

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

    def _packed(self, parts: Sequence[np.ndarray[Any, Any]], kind: int) -> int:
        """Address of matrices [out, in], one below the other, in the kernel's layout."""
        inner, count = parts[0].shape[1], sum(map(len, parts))
        packed = self._arena.take(_up(self._library.packed_bytes(kind, inner, count)))
        first = 0
        for part in parts:
            own = np.ascontiguousarray(to_floats(part) if self._wide else part)
            self._library.pack(kind, self._wide, own.ctypes.data, inner, first, len(own), packed)
            first += len(own)
        return packed

    def _pointer(self, array: np.ndarray[Any, Any]) -> int:
        self._kept.append(np.ascontiguousarray(array))
        return int(self._kept[-1].ctypes.data)

    def new_cache(self) -> Floats:
        s = self.shape
        count = 2 * s.layers * s.kv_heads * self._room * s.head
        # Mostly unused: of ordinary pages, which the system gives as they are written to.
        return np.frombuffer(mmap.mmap(-1, 2 * count), dtype=np.float16)

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

    def scores(self, hidden: Floats, ids: Ids) -> Floats:
        out = np.empty(len(ids), dtype=np.float32)
        self._library.scores_of(
            ctypes.byref(self._model),
            hidden.ctypes.data,
            ids.ctypes.data,
            len(ids),
            out.ctypes.data,
        )
        return out


class _Arena:
    """Memory of zeros in one piece: large pages, where the system has them, are read faster."""

    def __init__(self, size: int) -> None:
        self._memory = np.empty(size + _LINE, dtype=np.uint8)
        self._memory.fill(0)
        self._next = _up(self._memory.ctypes.data)

    def take(self, size: int) -> int:
        """Address of so many bytes, a multiple of a cache line."""
        begin = self._next
        self._next += size
        return begin


def _up(number: int) -> int:
    return -(-number // _LINE) * _LINE
