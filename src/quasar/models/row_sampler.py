"""Draws tokens so that each answer depends on its own seed only, not on its neighbours in a batch.

The samplers of `generate` share one random stream among the rows of a batch, so there an answer
changes with the batch. Here each row brings a stream: one number u in [0, 1) a token, and the
token is the one at which the cumulated probability, in order of token ids, passes u. What is left
of the batch's influence is the rounding of the logits: on one machine in float32 about one token in
10**6 is drawn otherwise, in bfloat16 many more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


class RowSampler:
    """A logits processor that leaves each row one token; decode greedily after it."""

    def __init__(
        self, streams: Sequence[np.random.Generator], temperature: float, top_p: float
    ) -> None:
        """Keep the streams.

        Args:
            streams: one for each row of the batch.
            temperature: 0 leaves the choice to greedy decoding.
            top_p: the smallest set of tokens with at least this probability is drawn from.
        """
        self._streams = list(streams)
        self._temperature = temperature
        self._top_p = top_p

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Scores [B, V] with -inf everywhere but at the token drawn for each row."""
        import torch

        if self._temperature == 0:
            return scores
        probabilities = torch.softmax(scores.double() / self._temperature, dim=-1)
        if self._top_p < 1:
            ordered, places = probabilities.sort(dim=-1, descending=True, stable=True)
            # A token is in the set when those before it do not reach top_p yet.
            outside = ordered.cumsum(dim=-1) - ordered >= self._top_p
            probabilities = probabilities.masked_fill(outside.scatter(-1, places, outside), 0.0)
        total = probabilities.cumsum(dim=-1)
        u = torch.tensor([[stream.random()] for stream in self._streams], dtype=torch.float64)
        kept = total[:, -1:].contiguous()
        drawn = torch.searchsorted(total, u.to(scores.device) * kept, right=True)
        # Rounding may lift the goal to the whole: the last token with a share is then meant.
        drawn = torch.minimum(drawn, torch.searchsorted(total, kept))
        return torch.full_like(scores, float("-inf")).scatter(-1, drawn, 0.0)
