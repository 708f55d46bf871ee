"""The worker processes of a stream: started, looked after, and ended with the training.

Each has a seed of its own. One that dies is started again with a new seed, and that is said; one
that dies again and again before it has made some of each of its kinds ends the training with its
last words: the mixture would be another.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple, Self

from quasar.core.errors import InfrastructureError
from quasar.core.files import disk_errors, remove_partial
from quasar.core.processes import SINGLE_THREADED
from quasar.train.stream.chunk_writer import WriterTask
from quasar.train.stream.chunks import SUFFIX, parse_name
from quasar.train.stream.settings import StreamKind, StreamSettings

LOG = "workers.log"
"""In the folder of the files: what the workers say."""
EXCLUDED = "excluded.txt"
"""In the folder of the files: instance ids that never occur, one a line."""
_SEEDS = 100_000  # for each seed of a training
_EARLY_S = 60.0
_MOST_EARLY_DEATHS = 3

logger = logging.getLogger(__name__)


class _ExampleWorker(NamedTuple):
    """A running process; `begun` in seconds of the monotonic clock."""

    process: subprocess.Popen[bytes]
    seed: int
    begun: float


class StreamWorkers:
    """Processes that write files of examples; a context manager that ends them."""

    def __init__(self, settings: StreamSettings, folder: Path, seed: int) -> None:
        """Prepare; nothing starts yet.

        Args:
            folder: where the files go; has `EXCLUDED`.
            seed: of the training; the workers' seeds follow from it and from the files there are.
        """
        self._settings, self._folder = settings, folder
        self._parts = allocate(settings.kinds, settings.workers)
        names = filter(None, (parse_name(path.name) for path in folder.iterdir()))
        own = [n.seed for n in names if n.seed // _SEEDS == seed]
        self._next_seed = max(own, default=seed * _SEEDS) + 1
        self._running: list[_ExampleWorker] = []
        self._early_deaths = 0
        self._log: IO[bytes] | None = None
        self.seeds: list[int] = []
        """Of all workers so far."""

    def __enter__(self) -> Self:
        remove_partial(self._folder)
        with disk_errors(self._folder):
            self._log = (self._folder / LOG).open("ab")
        self._running = [self._start(part) for part in self._parts]
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._running:
            worker.process.kill()
        for worker in self._running:
            _close(worker.process)
        self._running = []
        if self._log is not None:
            self._log.close()

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers."""
        return [worker.process.pid for worker in self._running]

    def look_after(self) -> None:
        """Start again what has died.

        Raises:
            InfrastructureError: workers die before they have made some of each of their kinds.
        """
        for place, worker in enumerate(self._running):
            status = worker.process.poll()
            if status is None:
                continue
            _close(worker.process)
            made = all(
                any(self._folder.glob(f"{kind}-{worker.seed}-*{SUFFIX}"))
                for kind in self._parts[place]
            )
            early = not made and time.monotonic() - worker.begun < _EARLY_S
            self._early_deaths = self._early_deaths + 1 if early else 0
            last = self._last_words()
            if self._early_deaths >= _MOST_EARLY_DEATHS:
                raise InfrastructureError(
                    f"the processes that make examples ({', '.join(self._parts[place])}) end "
                    f"before they have made some of each kind ({last}): see {self._folder / LOG}."
                )
            self._running[place] = self._start(self._parts[place])
            logger.warning(
                "A process that makes examples ended (status %s; %s). Another goes on, seed %s.",
                status,
                last,
                self._running[place].seed,
            )

    def _start(self, part: dict[str, float]) -> _ExampleWorker:
        settings, seed = self._settings, self._next_seed
        self._next_seed += 1
        self.seeds.append(seed)
        making = {kind.name: kind.making for kind in settings.kinds}
        task = WriterTask(
            settings.source,
            {name: (share, making[name]) for name, share in part.items()},
            seed,
            str(self._folder / EXCLUDED),
            str(self._folder),
            settings.max_length,
            settings.chunk_seconds,
        )
        process = subprocess.Popen(
            [sys.executable, "-m", "quasar.train.stream.chunk_writer"],
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=self._log,
            env={**os.environ, **SINGLE_THREADED},
        )
        with suppress(BrokenPipeError):  # it is dead already, which `look_after` will find
            process.stdin.write(json.dumps(task._asdict()).encode() + b"\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
        return _ExampleWorker(process, seed, time.monotonic())

    def _last_words(self) -> str:
        lines = (self._folder / LOG).read_text(encoding="utf-8", errors="replace").splitlines()
        return lines[-1].strip() if lines else "it said nothing"


def _close(process: subprocess.Popen[bytes]) -> None:
    """Close a process that has ended or will at once."""
    process.wait()
    if process.stdin is not None:
        with suppress(BrokenPipeError):
            process.stdin.close()


def allocate(kinds: Sequence[StreamKind], workers: int) -> list[dict[str, float]]:
    """What each worker makes: fraction of its time by kind.

    The workers' time is laid end to end and cut by the kinds' supply, so that a worker mostly has
    one kind, and fewer workers than kinds make all of them in turn.
    """
    total = sum(kind.supply for kind in kinds)
    parts: list[dict[str, float]] = [{} for _ in range(workers)]
    place = 0.0
    for kind in kinds:
        end = place + (kind.supply * workers / total if total else 0.0)
        for worker, part in enumerate(parts):
            share = min(end, worker + 1.0) - max(place, float(worker))
            if share > 1e-9:
                part[kind.name] = share
        place = end
    return parts
