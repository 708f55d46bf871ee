"""Order of the examples: every one once, like lengths together, short first, resumable."""

from itertools import islice

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.train.curriculum import LengthCurriculum

LENGTHS = [int(x) for x in np.random.default_rng(0).integers(10, 400, 1000)]


def test_every_example_is_drawn_once_before_any_comes_again():
    batches = list(islice(LengthCurriculum(LENGTHS[:800], 10, lambda _: 0.0), 80))
    assert sorted(i for batch in batches for i in batch) == list(range(800))


def test_like_lengths_share_a_batch():
    spread = [
        np.ptp([LENGTHS[i] for i in b])
        for b in islice(LengthCurriculum(LENGTHS, 10, lambda _: 1.0), 100)
    ]
    assert np.mean(spread) < 0.1 * np.ptp(LENGTHS)


def test_short_examples_come_first():
    order = LengthCurriculum(LENGTHS, 10, lambda drawn: drawn / 200, growth=0.5)
    batches = list(islice(order, 200))
    longest = [max(LENGTHS[i] for i in batch) for batch in batches]
    assert max(longest[:10]) <= np.quantile(LENGTHS, 0.11)
    assert max(longest[110:]) >= np.quantile(LENGTHS, 0.99)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 150), st.integers(0, 5))
def test_a_resumed_order_is_the_order_it_would_have_been(skip, seed):
    def order(skipped):
        return LengthCurriculum(
            LENGTHS, 8, lambda drawn: drawn / 160, growth=0.7, seed=seed, skip=skipped
        )

    whole = list(islice(order(0), skip + 5))
    assert list(islice(order(skip), 5)) == whole[skip:]


def test_fewer_examples_than_a_batch():
    assert sorted(next(iter(LengthCurriculum([5, 6, 7], 8, lambda _: 0.0)))) == [0, 1, 2]
