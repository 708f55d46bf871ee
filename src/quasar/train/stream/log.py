"""What a streaming training has seen and what it lost, and the lines of its log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from quasar.train.stream.batches import Supply, TokenBatch
from quasar.train.stream.learner import Sums

TRAIN_LOG = "train.jsonl"
"""In the run's folder: one line every few steps."""


class Tally:
    """Counts over the whole training, and over the steps since the last line of the log."""

    def __init__(self, kinds: Sequence[str], totals: Mapping[str, Any] | None = None) -> None:
        """Begin, or go on.

        Args:
            kinds: names, in the order of `TokenBatch.groups`.
            totals: of an earlier part of the training (`totals`).
        """
        self._kinds = list(kinds)
        known = dict(totals or {})
        self._tokens, self._padded, self._answers = (
            int(known.get(name, 0)) for name in ("tokens", "padded_tokens", "answer_tokens")
        )
        seen = known.get("examples", {})
        self._seen = np.array([[0, seen.get(kind, 0)] for kind in self._kinds], np.int64)
        self.waited = 0.0
        self._since = (0.0, 0, 0.0)

    def add(self, batch: TokenBatch) -> None:
        """Count a batch."""
        self._tokens += batch.tokens
        self._padded += batch.ids.size
        self._answers += len(batch.places)
        self._seen += np.bincount(batch.rows, minlength=self._seen.size).reshape(self._seen.shape)

    def totals(self) -> dict[str, Any]:
        """Examples and tokens seen so far, JSON-able."""
        return {
            "tokens": self._tokens,
            "padded_tokens": self._padded,
            "answer_tokens": self._answers,
            "examples": dict(zip(self._kinds, self._seen.sum(axis=1).tolist(), strict=True)),
        }

    def begin(self, seconds: float) -> None:
        """Start measuring speed.

        Args:
            seconds: of training so far.
        """
        self._since = (seconds, self._tokens, self.waited)

    def line(
        self, seconds: float, sums: Sums, counts: Sums, supply: Mapping[str, Supply]
    ) -> dict[str, Any]:
        """What goes into the log, and a new beginning of the measured speed.

        `loss` is that of an answer's token; of each kind also over examples seen for the first time
        (`loss_new`), which is what the model makes of examples it does not know.

        Args:
            seconds: of training so far.
            sums: losses by group since the last line.
            counts: tokens of answers by group since the last line.
            supply: what there is, by kind.
        """
        then, tokens, waited = self._since
        elapsed = max(seconds - then, 1e-9)
        totals = self.totals()
        found: dict[str, Any] = {
            "loss": _ratio(sums.sum(), counts.sum()),
            "tokens": totals["tokens"],
            "tokens_per_s": round((self._tokens - tokens) / elapsed),
            "waiting": round(min(1.0, (self.waited - waited) / elapsed), 4),
            "padding": round(1.0 - self._tokens / max(1, self._padded), 4),
            "kinds": {},
        }
        for number, kind in enumerate(self._kinds):
            own = slice(2 * number, 2 * number + 2)
            found["kinds"][kind] = {
                "seen": totals["examples"][kind],
                "available": supply[kind].examples,
                "repeats": round(supply[kind].repeats, 2),
                "loss": _ratio(sums[own].sum(), counts[own].sum()),
                "loss_new": _ratio(sums[own][0], counts[own][0]),
            }
        self.begin(seconds)
        return found


def _ratio(total: Any, count: Any) -> float | None:
    return round(float(total / count), 5) if count else None
