"""Seeded streams: the same name gives the same numbers, another name or seed others."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from quasar.core.seeds import generator


def test_the_same_path_gives_the_same_numbers() -> None:
    for path in [(), (3,), ("a",), ("a", 3), (3, "a")]:
        one, two = (generator(1, *path).integers(0, 2**62, 8) for _ in range(2))
        np.testing.assert_array_equal(one, two)


def test_other_seeds_paths_and_orders_give_others() -> None:
    streams = [(1,), (2,), (1, 3), (1, "a"), (1, "b"), (1, "a", 3), (1, 3, "a"), (1, "ab")]
    drawn = [generator(*stream).integers(0, 2**62, 8) for stream in streams]
    assert not any((one == two).any() for one, two in combinations(drawn, 2))


def test_numbers_are_the_same_on_every_machine() -> None:
    """A result is repeated by its seed; the hash of a text would differ from run to run."""
    assert generator(0, "sample", 5).integers(0, 1000, 4).tolist() == [466, 409, 369, 57]
