"""Which examples a step sees: short ones first, and examples of similar length together.

Batches of one length waste no padding; short sequences first let a small model learn what to look
up before it has to look far. Every example of the pool is drawn once before any comes again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from quasar.core.seeds import generator

_POOL_BATCHES = 40  # drawn at a time, sorted, cut, shuffled


class LengthCurriculum:
    """Batches of indices, without end.

    A function of seed, lengths and progress, so that a resumed training sees the batches that it
    would have seen.
    """

    def __init__(
        self,
        lengths: Sequence[int],
        batch_size: int,
        share: Callable[[int], float],
        *,
        growth: float = 0.0,
        seed: int = 0,
        skip: int = 0,
    ) -> None:
        """Keep the lengths.

        Args:
            lengths: tokens of each example.
            batch_size: examples of a batch.
            share: how far the training is, 0 to 1, when this many batches have been drawn.
            growth: fraction of the training over which the pool grows from the shortest tenth to
                all examples; 0: all from the start.
            seed: of the order.
            skip: batches that were drawn before.
        """
        self._order = np.argsort(np.asarray(lengths), kind="stable")
        self._lengths = np.asarray(lengths)
        self._batch_size = batch_size
        self._share = share
        self._growth = growth
        self._rng = generator(seed, "curriculum")
        self._used = np.zeros(len(lengths), dtype=np.int64)
        self._skip = skip
        self._drawn = 0

    def pool_size(self) -> int:
        """Examples, the shortest first, that may be drawn now."""
        share = 1.0
        if self._growth > 0:
            share = 0.1 + 0.9 * min(1.0, self._share(self._drawn) / self._growth)
        return max(min(self._batch_size, len(self._order)), round(share * len(self._order)))

    def __iter__(self) -> Iterator[list[int]]:
        while True:
            pool = self._order[: self.pool_size()]
            # Those used least come first; chance decides among them.
            keys = self._used[pool] + self._rng.random(pool.size)
            drawn = pool[np.argsort(keys)[: self._batch_size * _POOL_BATCHES]]
            self._used[drawn] += 1
            drawn = drawn[np.argsort(self._lengths[drawn], kind="stable")]
            # A short batch would be filled up with examples of another length by a data loader.
            whole = drawn.size - drawn.size % self._batch_size or drawn.size
            for start in self._rng.permutation(np.arange(0, whole, self._batch_size)):
                self._drawn += 1
                if self._drawn > self._skip:
                    yield drawn[start : start + self._batch_size].tolist()
