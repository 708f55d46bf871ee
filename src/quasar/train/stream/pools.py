"""The examples that a streaming training has at hand, and which of them come next.

Of every kind those come first that were seen least, and none more often than its limit; a kind
that has too few left gives its place to the others (`quotas`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from quasar.train.stream.chunks import Chunk

Indices = npt.NDArray[np.int64]
_ROOM = 1 << 12


class Drawn(NamedTuple):
    """Examples of one pool.

    Attributes:
        places: where they are in the pool, [m].
        again: whether each was seen before, [m].
    """

    places: Indices
    again: npt.NDArray[np.bool_]


class Pool:
    """Examples of one kind, the newest files of them.

    Attributes:
        n: examples at hand.
        ids: tokens of all, one example after the other.
        begin: where each begins in `ids`, [n].
        size: tokens of each, [n].
        start: where each answer begins, from its example's beginning, [n].
        qubits: qubits of each; 0 where they may not be renamed, [n].
        used: times that each was drawn, [n].
    """

    def __init__(self, highest: Indices, most: int, repeats: int, seed: Any) -> None:
        """An empty pool.

        Args:
            highest: highest qubit that each token names, [V]; -1: none.
            most: examples kept.
            repeats: times that an example is drawn at most.
            seed: of the draws.
        """
        self._highest, self._most, self._repeats = highest, most, repeats
        self._rng = np.random.default_rng(seed)
        self.ids: npt.NDArray[np.uint16] = np.empty(_ROOM, np.uint16)
        self.begin: Indices = np.empty(_ROOM, np.int64)
        self.size: npt.NDArray[np.int32] = np.empty(_ROOM, np.int32)
        self.start: npt.NDArray[np.int32] = np.empty(_ROOM, np.int32)
        self.qubits: npt.NDArray[np.uint8] = np.empty(_ROOM, np.uint8)
        self.used: npt.NDArray[np.uint8] = np.empty(_ROOM, np.uint8)
        self.n = 0
        self._filled = 0
        self._files: list[tuple[str, int]] = []

    def add(self, name: str, chunk: Chunk, used: npt.NDArray[np.uint8] | None = None) -> None:
        """Take in a file; the oldest ones leave where there are too many examples.

        Args:
            name: of the file.
            used: times that each of its examples was drawn before; None: never.
        """
        m, tokens = len(chunk.ends), len(chunk.ids)
        begins = np.concatenate([[0], chunk.ends[:-1]])
        self._make_room(self.n + m, self._filled + tokens)
        here = slice(self.n, self.n + m)
        self.ids[self._filled : self._filled + tokens] = chunk.ids
        self.begin[here] = begins + self._filled
        self.size[here] = chunk.ends - begins
        self.start[here] = chunk.starts
        highest = np.maximum.reduceat(self._highest[chunk.ids], begins)
        self.qubits[here] = np.where(chunk.renamable, highest + 1, 0)
        self.used[here] = 0 if used is None else used
        self.n, self._filled = self.n + m, self._filled + tokens
        self._files.append((name, m))
        self._forget()

    @property
    def available(self) -> int:
        """Examples that may be drawn."""
        return int(np.count_nonzero(self.used[: self.n] < self._repeats))

    @property
    def mean_uses(self) -> float:
        """Times that an example was drawn, on average."""
        return float(self.used[: self.n].mean()) if self.n else 0.0

    @property
    def mean_size(self) -> float:
        """Tokens of an example, on average."""
        return self._filled / self.n if self.n else 0.0

    def draw(self, count: int, share: float = 1.0) -> Drawn:
        """Different examples, those seen least first; chance decides among them.

        Args:
            count: of examples; fewer are drawn where fewer may be.
            share: draw from this fraction of the examples, the shortest, unless that are too few.
        """
        free = np.flatnonzero(self.used[: self.n] < self._repeats)
        pool_size = max(count, round(share * free.size))
        if pool_size < free.size:
            free = free[np.argpartition(self.size[free], pool_size)[:pool_size]]
        if count < free.size:
            keys = self.used[free] + self._rng.random(free.size)
            free = free[np.argpartition(keys, count)[:count]]
        again = self.used[free] > 0
        self.used[free] += 1
        return Drawn(free, again)

    def give_back(self, places: Indices) -> None:
        """Examples that were drawn and not used after all."""
        self.used[places] -= 1

    def uses(self) -> dict[str, npt.NDArray[np.uint8]]:
        """Times that each example was drawn, by file."""
        if not self._files:
            return {}
        counts = np.split(self.used[: self.n].copy(), np.cumsum([m for _, m in self._files])[:-1])
        return {name: own for (name, _), own in zip(self._files, counts, strict=True)}

    def _make_room(self, examples: int, tokens: int) -> None:
        if tokens > len(self.ids):
            self.ids = np.resize(self.ids, 2 * tokens)
        if examples > len(self.size):
            for name in ("begin", "size", "start", "qubits", "used"):
                setattr(self, name, np.resize(getattr(self, name), 2 * examples))

    def _forget(self) -> None:
        gone = 0
        while len(self._files) > 1 and self.n - gone > self._most:
            gone += self._files.pop(0)[1]
        if not gone:
            return
        tokens = int(self.begin[gone]) if gone < self.n else self._filled
        for name in ("begin", "size", "start", "qubits", "used"):
            values = getattr(self, name)
            values[: self.n - gone] = values[gone : self.n].copy()
        self.ids[: self._filled - tokens] = self.ids[tokens : self._filled].copy()
        self.n, self._filled = self.n - gone, self._filled - tokens
        self.begin[: self.n] -= tokens


def quotas(wanted: int, shares: Sequence[float], left: Sequence[int]) -> list[int]:
    """How many examples of each kind come next.

    In proportion to the weights; what a kind has too few of goes to the others in proportion.

    Args:
        wanted: examples of all kinds.
        shares: of the kinds, positive.
        left: examples that each kind has left.
    """
    given = np.zeros(len(shares))
    rest = np.asarray(left, float)
    weights = np.asarray(shares, float)
    missing = float(wanted)
    open_ = rest > 0
    while missing > 0.5 and open_.any():
        fair = np.where(open_, missing * weights / weights[open_].sum(), 0.0)
        taken = np.minimum(fair, rest)
        given, rest = given + taken, rest - taken
        missing -= float(taken.sum())
        open_ = open_ & (rest > 1e-9)
    return _whole(given, left)


def _whole(given: npt.NDArray[np.float64], left: Sequence[int]) -> list[int]:
    """Round so that the sum stays, by the largest remainders."""
    floor = np.floor(given + 1e-9).astype(int)
    short = round(float(given.sum())) - int(floor.sum())
    for place in np.argsort(floor - given, kind="stable")[:short]:
        floor[place] = min(floor[place] + 1, left[place])
    return [int(count) for count in floor]
