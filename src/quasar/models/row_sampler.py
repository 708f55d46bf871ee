"""Draws tokens so that each answer depends on its own seed only, not on its neighbours in a batch.

The samplers of `generate` share one random stream among the rows of a batch, so there an answer
changes with the batch. Here each row brings a stream: one number u in [0, 1) a token, and the
token is the one at which the cumulated probability, in order of token ids, passes u. Where only one
token is possible, no number is used up. What is left of the batch's influence is the rounding of
the logits: on one machine in float32 about one token in 10**6 is drawn otherwise, in bfloat16 many
more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

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
        open_rows = (torch.isfinite(scores).sum(dim=-1) > 1).tolist()
        probabilities = torch.softmax(scores.double() / self._temperature, dim=-1)
        if self._top_p < 1:
            ordered, places = probabilities.sort(dim=-1, descending=True, stable=True)
            # A token is in the set when those before it do not reach top_p yet.
            outside = ordered.cumsum(dim=-1) - ordered >= self._top_p
            probabilities = probabilities.masked_fill(outside.scatter(-1, places, outside), 0.0)
        total = probabilities.cumsum(dim=-1)
        numbers = [
            [stream.random() if is_open else 0.0]
            for stream, is_open in zip(self._streams, open_rows, strict=True)
        ]
        u = torch.tensor(numbers, dtype=torch.float64)
        kept = total[:, -1:].contiguous()
        drawn = torch.searchsorted(total, u.to(scores.device) * kept, right=True)
        # Rounding may lift the goal to the whole: the last token with any weight is then meant.
        drawn = torch.minimum(drawn, torch.searchsorted(total, kept))
        return torch.full_like(scores, float("-inf")).scatter(-1, drawn, 0.0)


def draw(
    scores: np.ndarray[Any, np.dtype[Any]],
    stream: np.random.Generator,
    temperature: float,
    top_p: float,
) -> int:
    """The place of the token drawn among the scores [V] of one row; the same as above in NumPy."""
    if len(scores) == 1:
        return 0
    if temperature == 0:
        return int(scores.argmax())
    shares = scores.astype(np.float64) / temperature
    shares = np.exp(shares - shares.max())
    shares /= shares.sum()
    kept = None
    if top_p < 1:
        # The set's least probability, times at most V of them, makes up what the set leaves out.
        likely = np.flatnonzero(shares > 0.5 * (1 - top_p) / len(shares))
        likely = likely[np.argsort(-shares[likely], kind="stable")]
        ordered = shares[likely]
        kept = np.sort(likely[ordered.cumsum() - ordered < top_p])
        shares = shares[kept]
    total = shares.cumsum()
    place = int(total.searchsorted(stream.random() * total[-1], side="right"))
    place = min(place, int(total.searchsorted(total[-1])))
    return place if kept is None else int(kept[place])
