"""One worker process of a stream: makes examples and writes them to files until nobody wants more.

Started by `workers` as `python -m quasar.train.stream.chunk_writer`; reads one line of JSON
(`WriterTask`) from standard input, which then stays open for as long as the training lives. When it
closes, also because the training was killed, the worker ends at once. Uses one thread and no
PyTorch.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from quasar.train.stream.chunks import ChunkName, pack, write_chunk

_FIRST = 0.3  # of a usual file's time: the training need not wait long for its first examples
_POLL_S = 1.0


class WriterTask(NamedTuple):
    """What a worker makes.

    Attributes:
        source: module with `fresh_examples` and `FreshKind`.
        kinds: fraction of the time, and settings, of each kind, by name.
        seed: of this worker alone.
        excluded: file of instance ids that never occur, one a line.
        folder: where the files go.
        max_length: longest example, tokens.
        chunk_seconds: work that goes into one file, s.
    """

    source: str
    kinds: dict[str, tuple[float, dict[str, Any]]]
    seed: int
    excluded: str
    folder: str
    max_length: int
    chunk_seconds: float


def work(task: WriterTask) -> Iterator[Path]:
    """Write one file after another, without end; the kind that is furthest behind comes next.

    Raises:
        InputError: the disk is full or the folder cannot be written; settings the source refuses.
    """
    source = importlib.import_module(task.source)
    excluded = frozenset(Path(task.excluded).read_text(encoding="utf-8").split())
    streams = {
        kind: source.fresh_examples(kind, source.FreshKind.parse(making), task.seed, excluded)
        for kind, (_, making) in task.kinds.items()
    }
    shares = {kind: share for kind, (share, _) in task.kinds.items()}
    spent = dict.fromkeys(task.kinds, 0.0)
    numbers = dict.fromkeys(task.kinds, 0)
    while True:
        kind = min(spent, key=lambda k: spent[k] / shares[k])
        begun = time.monotonic()
        seconds = task.chunk_seconds * (1.0 if numbers[kind] else _FIRST)
        found = _examples(streams[kind], task.max_length, seconds)
        name = ChunkName(kind, task.seed, numbers[kind])
        spent[kind] += time.monotonic() - begun
        numbers[kind] += 1
        yield write_chunk(Path(task.folder), name, pack(found))


def _examples(stream: Iterator[Any], longest: int, seconds: float) -> list[tuple[Any, int, bool]]:
    """At least one example, and as many as come within `seconds` of the first.

    None from the stream says that the next ones take long: what there is goes into a file first.
    """
    found: list[tuple[Any, int, bool]] = []
    begun = time.monotonic()
    while not found or time.monotonic() < begun + seconds:
        example = next(stream)
        if example is None:
            if found:
                break
            continue
        ids, start, renamable = example
        if len(ids) <= longest:
            if not found:
                begun = time.monotonic()
            found.append((ids, start, renamable))
    return found


def _end_with_the_training(parent: int) -> None:
    """End this process when its standard input does, or when its parent is gone."""

    def wait_for_the_end() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        os._exit(0)

    def look_at_the_parent() -> None:
        while os.getppid() == parent:
            time.sleep(_POLL_S)
        os._exit(0)

    for watch in (wait_for_the_end, look_at_the_parent):
        threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    """Work until the training ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the training decides when to end
    parent = os.getppid()
    task = WriterTask(**json.loads(sys.stdin.buffer.readline()))
    _end_with_the_training(parent)
    for _ in work(task):
        pass


if __name__ == "__main__":
    main()
