"""Batches of a streaming training: examples of similar length together, made ahead in a thread.

A batch is as many examples as fit a budget of tokens, padding included. Many batches are drawn at a
time, sorted by length, cut, and shuffled. Examples that come again come with their qubits renamed.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from quasar.core.seeds import generator
from quasar.train.stream.chunks import ChunkName, parse_name, read_chunk
from quasar.train.stream.pools import Pool, quotas
from quasar.train.stream.renaming import Renaming, draw_names
from quasar.train.stream.settings import StreamSettings

_PADDING = 32  # tokens: widths are multiples of this, so that kernels meet few shapes
_MEGABATCH = 16  # batches drawn at a time
_LOOK_S = 0.25
_PATIENCE_S = 30.0  # with a kind that has no examples yet

Uses = dict[str, npt.NDArray[np.uint8]]
"""Times that each example was drawn, by the name of its file."""


class TokenBatch(NamedTuple):
    """Examples of a step: B of them, T tokens wide, A tokens of answers.

    Attributes:
        ids: tokens, padded at the right, uint16 [B, T].
        places: where the tokens are, in the flattened `ids`, after which one of an answer comes,
            int64 [A].
        groups: of each of these: 2 * (number of its kind) + (1 where the example was seen before),
            int64 [A].
        rows: the same of each example, int64 [B].
        tokens: padding not counted.
    """

    ids: npt.NDArray[np.uint16]
    places: npt.NDArray[np.int64]
    groups: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    tokens: int


class Supply(NamedTuple):
    """What there is of a kind.

    Attributes:
        examples: at hand.
        repeats: times that one was seen, on average.
    """

    examples: int
    repeats: float


class _Drawn(NamedTuple):
    """Examples of several pools; one entry each, [m]."""

    kind: npt.NDArray[np.int64]
    place: npt.NDArray[np.int64]
    again: npt.NDArray[np.bool_]
    size: npt.NDArray[np.int64]


class BatchMaker:
    """Pools of examples and the batches drawn from them; without a thread of its own."""

    def __init__(
        self,
        settings: StreamSettings,
        folder: Path,
        vocabulary: dict[str, int],
        *,
        batch_tokens: int,
        growth: float,
        seed: int,
        step: int = 0,
        uses: Uses | None = None,
    ) -> None:
        """Nothing is read yet.

        Args:
            folder: where the files of examples are.
            vocabulary: number of each token.
            batch_tokens: tokens of a batch, padding included.
            growth: fraction of the training in which examples grow from the shortest tenth to all.
            seed: of order and names.
            step: at which the training goes on: another order than before.
            uses: how often examples were seen before, of an earlier part of the training.
        """
        self.batch_tokens = batch_tokens
        self._settings, self._folder, self._growth = settings, folder, growth
        self._renaming = Renaming(vocabulary)
        self._rng = generator(seed, "batches", step)
        self._pools = {
            kind.name: Pool(
                self._renaming.highest,
                kind.most,
                settings.repeats_of(kind),
                generator(seed, "pool", kind.name, step),
            )
            for kind in settings.kinds
        }
        self._uses = dict(uses or {})
        self._known: set[str] = set()

    def look(self) -> int:
        """Take in new files; returns how many."""
        found = [
            (name, path)
            for path in self._folder.iterdir()
            if path.name not in self._known and (name := parse_name(path.name)) is not None
        ]
        taken = 0
        for name, path in sorted(found, key=lambda item: _age(*item)):
            self._known.add(path.name)
            pool = self._pools.get(name.kind)
            chunk = None if pool is None else read_chunk(path)
            if pool is not None and chunk is not None:
                pool.add(path.name, chunk, self._uses_of(path.name, len(chunk.ends)))
                taken += 1
        return taken

    def draw(self, share: float, *, final: bool = False) -> list[TokenBatch]:
        """The next batches, in a random order; none where there are too few examples for good ones.

        Args:
            share: how far the training is, 0 to 1.
            final: nothing more will come, so a poor batch is better than none.
        """
        pools = list(self._pools.values())
        left = [pool.available for pool in pools]
        shares = [kind.share for kind in self._settings.kinds]
        tokens = sum(pool.mean_size * pool.n for pool in pools) / max(1, sum(p.n for p in pools))
        wanted = max(1, round(_MEGABATCH * self.batch_tokens / max(tokens, 1.0)))
        if sum(left) < (1 if final else max(1, wanted // 4)):
            return []
        grown = 1.0 if not self._growth else 0.1 + 0.9 * min(1.0, share / self._growth)
        drawn = self._drawn(quotas(wanted, shares, left), grown)
        cuts, rest = cut(drawn.size, self.batch_tokens)
        self._give_back(drawn, rest)
        return [self._batch(drawn, cuts[i]) for i in self._rng.permutation(len(cuts))]

    @property
    def complete(self) -> bool:
        """Whether there are examples of every kind that is made."""
        kinds = self._settings.kinds
        return all(self._pools[kind.name].n for kind in kinds if kind.supply)

    def supply(self) -> dict[str, Supply]:
        """What there is, by kind."""
        return {name: Supply(pool.n, pool.mean_uses) for name, pool in self._pools.items()}

    def uses(self) -> Uses:
        """How often examples were seen, also those of files not yet read or no longer at hand."""
        gone = {name: np.zeros(0, np.uint8) for name in self._known}
        now = {n: u for pool in self._pools.values() for n, u in pool.uses().items()}
        return {**self._uses, **gone, **now}

    def _uses_of(self, name: str, examples: int) -> npt.NDArray[np.uint8] | None:
        used = self._uses.get(name)
        if used is None:
            return None
        return used if len(used) == examples else np.full(examples, 255, np.uint8)

    def _drawn(self, counts: Sequence[int], grown: float) -> _Drawn:
        parts = []
        for number, (pool, count) in enumerate(zip(self._pools.values(), counts, strict=True)):
            places, again = pool.draw(count, grown) if count else pool.draw(0)
            size = pool.size[places].astype(np.int64)
            parts.append((np.full(len(places), number), places, again, size))
        return _Drawn(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def _give_back(self, drawn: _Drawn, rest: npt.NDArray[np.int64]) -> None:
        for number, pool in enumerate(self._pools.values()):
            pool.give_back(drawn.place[rest[drawn.kind[rest] == number]])

    def _batch(self, drawn: _Drawn, chosen: npt.NDArray[np.int64]) -> TokenBatch:
        kind, place, again, size = (column[chosen] for column in drawn)
        width = padded(int(size.max()))
        ids = np.zeros((len(chosen), width), np.uint16)
        start = np.zeros(len(chosen), np.int64)
        qubits = np.zeros(len(chosen), np.int64)
        columns = np.arange(width)
        for number, pool in enumerate(self._pools.values()):
            own = np.flatnonzero(kind == number)
            if not own.size:
                continue
            # Rows are examples, columns their tokens: each row reads its stretch of the flat pool.
            there = pool.begin[place[own], None] + columns
            inside = columns < size[own, None]
            ids[own] = np.where(inside, pool.ids[np.where(inside, there, 0)], 0)
            start[own], qubits[own] = pool.start[place[own]], pool.qubits[place[own]]
        # Of two qubits `q[0],q[1]` is the whole register too, which keeps its order.
        new_names = np.flatnonzero(again & (qubits > 2))
        if new_names.size:
            names = draw_names(qubits[new_names], self._renaming.room, self._rng)
            ids[new_names] = self._renaming(ids[new_names], names)
        # Place t predicts token t + 1, so the places of an answer begin one before it.
        learnt = (columns >= start[:, None] - 1) & (columns < size[:, None] - 1)
        rows = 2 * kind + again
        return TokenBatch(
            ids,
            np.flatnonzero(learnt),
            np.repeat(rows, learnt.sum(axis=1)),
            rows,
            int(size.sum()),
        )


def padded(length: int) -> int:
    """Width of a batch whose longest example has this many tokens."""
    return -(-length // _PADDING) * _PADDING


def cut(
    sizes: npt.NDArray[np.int64], budget: int
) -> tuple[list[npt.NDArray[np.int64]], npt.NDArray[np.int64]]:
    """Cut examples into batches of similar length.

    Args:
        sizes: tokens of each example.
        budget: tokens of a batch, padding included; one example may be longer.

    Returns:
        The examples of each batch, and those left over: too few for a batch of their own, unless
        there would be none.
    """
    order = np.argsort(sizes, kind="stable")
    cuts: list[npt.NDArray[np.int64]] = []
    end = len(order)
    while end > 0:
        many = max(1, budget // padded(int(sizes[order[end - 1]])))
        if end < many // 2 and cuts:
            break
        cuts.append(order[max(0, end - many) : end])
        end = max(0, end - many)
    return cuts, order[:end]


def _age(name: ChunkName, path: Path) -> tuple[float, ChunkName]:
    """Sorts files by age."""
    try:
        return path.stat().st_mtime, name
    except FileNotFoundError:
        return 0.0, name


class BatchQueue:
    """Batches made ahead by a thread; a context manager that ends it."""

    def __init__(
        self, maker: BatchMaker, share: Callable[[], float], *, ahead: int, endless: bool
    ) -> None:
        """Nothing starts yet.

        Args:
            share: how far the training is, 0 to 1; asked from the thread.
            ahead: batches that wait to be used.
            endless: new files will come.
        """
        self._maker, self._share, self._endless = maker, share, endless
        self._made: queue.Queue[TokenBatch | BaseException | None] = queue.Queue(ahead)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="batches", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        while self._thread.is_alive():
            self._drain()
            self._thread.join(0.05)

    def get(self, patience_s: float) -> TokenBatch | None:
        """The next batch; None where no more will come.

        Raises:
            TimeoutError: none came in time; ask again.
        """
        try:
            found = self._made.get(timeout=patience_s)
        except queue.Empty:
            raise TimeoutError from None
        if isinstance(found, BaseException):
            raise found
        if found is None:
            self._made.put(None)  # what has ended stays so
        return found

    def supply(self) -> dict[str, Supply]:
        """See `BatchMaker.supply`."""
        with self._lock:
            return self._maker.supply()

    def uses(self) -> Uses:
        """See `BatchMaker.uses`; batches that wait to be used count as seen."""
        with self._lock:
            return self._maker.uses()

    def _run(self) -> None:
        begun = time.monotonic()
        try:
            while not self._stop.is_set():
                with self._lock:
                    new = self._maker.look()
                    begins = self._maker.complete or time.monotonic() - begun > _PATIENCE_S
                    batches = (
                        self._maker.draw(self._share(), final=not self._endless)
                        if begins or not self._endless
                        else []
                    )
                for batch in batches:
                    self._put(batch)
                if not batches and not new:
                    if not self._endless:
                        self._put(None)
                        return
                    self._stop.wait(_LOOK_S)
        except Exception as error:  # raised again where the batch is wanted
            self._put(error)

    def _put(self, item: TokenBatch | BaseException | None) -> None:
        while not self._stop.is_set():
            try:
                self._made.put(item, timeout=0.2)
                return
            except queue.Full:
                continue

    def _drain(self) -> None:
        while True:
            try:
                self._made.get_nowait()
            except queue.Empty:
                return
