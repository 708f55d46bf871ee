"""Largest subcubes by brute force."""

from itertools import combinations

import numpy as np

from quasar.core.seeds import generator
from quasar.recipes.converged.subcube import largest_subcube


def size_by_brute_force(indices, n):
    found = set(indices)
    best = 0
    for count in range(n + 1):
        for free in combinations(range(n), count):
            masks = [
                sum(1 << f for f in part)
                for k in range(count + 1)
                for part in combinations(free, k)
            ]
            if any(all(base ^ m in found for m in masks) for base in found):
                best = count
    return best


def test_largest_subcube():
    for seed in range(20):
        rng = generator(seed, "cube")
        indices = np.flatnonzero(rng.random(32) < 0.6)
        cube = largest_subcube(indices, 5)
        assert cube.base & cube.free == 0
        inside = [k for k in range(32) if k & ~cube.free == cube.base]
        assert set(inside) <= set(indices.tolist())
        assert cube.free.bit_count() == size_by_brute_force(indices.tolist(), 5)
