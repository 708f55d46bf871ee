"""Seeded randomness: one root seed, independent named streams below it."""

from __future__ import annotations

import zlib

import numpy as np


def generator(seed: int, *path: str | int) -> np.random.Generator:
    """A random generator for the stream named by `path` below `seed`.

    The same seed and path give the same numbers on every machine; different paths are independent,
    so adding a consumer of randomness never shifts another one's numbers.
    """
    keys = [part if isinstance(part, int) else zlib.crc32(part.encode()) for part in path]
    return np.random.default_rng(np.random.SeedSequence([seed, *keys]))
