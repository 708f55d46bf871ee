"""`Qwen3ForCausalLM` for training alone: the same weights under the same names, fewer ways through.

Covers what `new_model` makes: tied embeddings, as many key heads as query heads, no window, no
cache, causal attention over padding at the right. Its blocks compile once for all shapes. Anything
else about the model (generating, saving a folder) is left to transformers, which loads the weights
as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from quasar.train.new_model import ModelShape

PREFIX = "model."
"""Before every name in transformers' state."""
_STD = 0.02
_EPSILON = 1e-6
_BASE = 10_000.0  # of the rotary angles


class Norm(nn.Module):  # type: ignore[misc]
    """Root-mean-square norm, computed in float32."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))

    def forward(self, x: Any) -> Any:
        y = x.float()
        y = y * torch.rsqrt(y.square().mean(-1, keepdim=True) + _EPSILON)
        return self.weight * y.to(x.dtype)


class Attention(nn.Module):  # type: ignore[misc]
    """Causal attention with normed queries and keys and rotary positions."""

    def __init__(self, shape: ModelShape) -> None:
        super().__init__()
        self.heads, self.head_size = shape.heads, shape.head_size
        width, inner = shape.hidden_size, shape.heads * shape.head_size
        self.q_proj = nn.Linear(width, inner, bias=False)
        self.k_proj = nn.Linear(width, inner, bias=False)
        self.v_proj = nn.Linear(width, inner, bias=False)
        self.o_proj = nn.Linear(inner, width, bias=False)
        self.q_norm, self.k_norm = Norm(shape.head_size), Norm(shape.head_size)

    def forward(self, x: Any, cos: Any, sin: Any) -> Any:
        b, t, _ = x.shape
        split = (b, t, self.heads, self.head_size)
        q = self.q_norm(self.q_proj(x).view(split)).transpose(1, 2)
        k = self.k_norm(self.k_proj(x).view(split)).transpose(1, 2)
        v = self.v_proj(x).view(split).transpose(1, 2)
        q, k = q * cos + _turned(q) * sin, k * cos + _turned(k) * sin
        y = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.o_proj(y.transpose(1, 2).reshape(b, t, self.heads * self.head_size))


class FeedForward(nn.Module):  # type: ignore[misc]
    """Gated linear unit."""

    def __init__(self, shape: ModelShape) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(shape.hidden_size, shape.intermediate_size, bias=False)
        self.up_proj = nn.Linear(shape.hidden_size, shape.intermediate_size, bias=False)
        self.down_proj = nn.Linear(shape.intermediate_size, shape.hidden_size, bias=False)

    def forward(self, x: Any) -> Any:
        return self.down_proj(functional.silu(self.gate_proj(x)) * self.up_proj(x))


class Block(nn.Module):  # type: ignore[misc]
    """One layer."""

    def __init__(self, shape: ModelShape) -> None:
        super().__init__()
        self.self_attn = Attention(shape)
        self.mlp = FeedForward(shape)
        self.input_layernorm = Norm(shape.hidden_size)
        self.post_attention_layernorm = Norm(shape.hidden_size)

    def forward(self, x: Any, cos: Any, sin: Any) -> Any:
        x = x + self.self_attn(self.input_layernorm(x), cos, sin)
        return x + self.mlp(self.post_attention_layernorm(x))


class LightQwen3(nn.Module):  # type: ignore[misc]
    """The model; parameters are named as in transformers, without `PREFIX`."""

    def __init__(self, shape: ModelShape) -> None:
        """New weights, from PyTorch's random numbers."""
        super().__init__()
        self.shape = shape
        self.embed_tokens = nn.Embedding(shape.vocabulary, shape.hidden_size)
        self.layers = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = Norm(shape.hidden_size)
        half = torch.arange(0, shape.head_size, 2).float() / shape.head_size
        angles = torch.outer(torch.arange(shape.context).float(), _BASE**-half)
        self._turns = torch.cat((angles, angles), dim=-1)
        self._tables: dict[Any, tuple[Any, Any]] = {}
        self._run = list(self.layers)
        for parameter in self.parameters():
            if parameter.ndim == 2:
                nn.init.normal_(parameter, std=_STD)

    def compile_blocks(self, wanted: bool = True) -> None:
        """Compile the blocks, each when it is first used, or go back to the plain ones."""
        self._run = [torch.compile(b, dynamic=True) if wanted else b for b in self.layers]

    def forward(self, ids: Any) -> Any:
        """Hidden states after the last norm, [B, T, width]; ids int64 [B, T]."""
        x = self.embed_tokens(ids)
        cos, sin = (table[: ids.shape[1]] for table in self._rotary(x))
        for block in self._run:
            x = block(x, cos, sin)
        return self.norm(x)

    def answer_loss(self, ids: Any, places: Any) -> Any:
        """Cross-entropy of the tokens after each place, float32 [A].

        Args:
            ids: int64 [B, T].
            places: in the flattened `ids`, int64 [A].
        """
        hidden = self(ids).flatten(0, 1)[places]
        logits = hidden @ self.embed_tokens.weight.t()
        return functional.cross_entropy(logits.float(), ids.flatten()[places + 1], reduction="none")

    def logits(self, ids: Any) -> Any:
        """Logits of the next tokens, [B, T, V]."""
        return self(ids) @ self.embed_tokens.weight.t()

    def _rotary(self, x: Any) -> tuple[Any, Any]:
        key = (x.device, x.dtype)
        if key not in self._tables:
            turns = self._turns.to(x.device)
            self._tables[key] = turns.cos().to(x.dtype), turns.sin().to(x.dtype)
        return self._tables[key]


def _turned(x: Any) -> Any:
    a, b = x.chunk(2, dim=-1)
    return torch.cat((-b, a), dim=-1)


def named(weights: Mapping[str, Any]) -> dict[str, Any]:
    """Weights by transformers' names, for `Qwen3ForCausalLM`; its head is tied to the embedding."""
    return {f"{PREFIX}{name}": tensor for name, tensor in weights.items()}
