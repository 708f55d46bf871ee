"""Pools: least used first, never beyond the limit, shares kept where the supply allows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quasar.train.stream.pools import Pool, quotas
from quasar.train.stream.renaming import Renaming
from support.small_stream import VOCABULARY, chunk_of

HIGHEST = Renaming(VOCABULARY).highest


def pool_of(*sizes: int, most: int = 1000, repeats: int = 4) -> Pool:
    pool = Pool(HIGHEST, most, repeats, 0)
    pool.add("a", chunk_of(sizes))
    return pool


def test_what_was_seen_least_comes_first() -> None:
    pool = pool_of(*[10] * 30)
    first, second, third = (set(pool.draw(10).places.tolist()) for _ in range(3))
    assert len(first | second | third) == 30
    drawn = pool.draw(10)
    assert drawn.again.all()
    pool.add("b", chunk_of([12] * 5))
    drawn = pool.draw(5)
    assert sorted(drawn.places.tolist()) == [30, 31, 32, 33, 34]
    assert not drawn.again.any()


@given(st.lists(st.integers(1, 40), min_size=1, max_size=12), st.integers(1, 5))
def test_nothing_is_seen_beyond_the_limit(counts: list[int], repeats: int) -> None:
    pool = pool_of(*range(10, 30), repeats=repeats)
    total = 0
    for count in counts:
        drawn = pool.draw(count)
        assert len(set(drawn.places.tolist())) == len(drawn.places)
        total += len(drawn.places)
        assert pool.used[: pool.n].max() <= repeats
    assert total == pool.used[: pool.n].sum() <= 20 * repeats
    assert pool.available == np.count_nonzero(pool.used[: pool.n] < repeats)


def test_short_ones_first_while_they_last() -> None:
    pool = pool_of(*range(10, 110))
    assert pool.size[pool.draw(5, 0.1).places].max() < 20
    assert pool.size[pool.draw(40, 0.1).places].max() < 50
    assert len(pool.draw(100, 0.1).places) == 100


def test_examples_keep_their_tokens_and_qubits() -> None:
    pool = Pool(HIGHEST, 100, 4, 0)
    first, second = chunk_of([9, 12], qubits=3), chunk_of([8], qubits=5, renamable=False)
    pool.add("a", first)
    pool.add("b", second)
    assert pool.qubits[:3].tolist() == [3, 3, 0]
    ends = pool.begin[:3] + pool.size[:3]
    assert pool.ids[pool.begin[1] : ends[1]].tolist() == first.ids[9:].tolist()
    assert pool.ids[pool.begin[2] : ends[2]].tolist() == second.ids.tolist()
    assert pool.start[:3].tolist() == [4, 6, 4]


def test_the_oldest_files_leave() -> None:
    pool = pool_of(*[10] * 40, most=100)
    pool.draw(40)
    for name in "bcd":
        pool.add(name, chunk_of([11 + ord(name) - ord("b")] * 40))
    assert pool.n == 80
    assert list(pool.uses()) == ["c", "d"]
    assert sorted(set(pool.size[:80].tolist())) == [12, 13]
    last = pool.begin[79] + pool.size[79]
    assert pool.ids[pool.begin[40] : last].tolist() == chunk_of([13] * 40).ids.tolist()


def test_what_is_given_back_may_come_again() -> None:
    pool = pool_of(10, 10, 10, repeats=1)
    drawn = pool.draw(3)
    assert pool.available == 0
    pool.give_back(drawn.places[:2])
    assert pool.available == 2
    assert not pool.draw(3).again.any()


def test_uses_come_back() -> None:
    pool = pool_of(10, 10, 10)
    pool.draw(2)
    again = Pool(HIGHEST, 1000, 4, 5)
    again.add("a", chunk_of([10, 10, 10]), pool.uses()["a"])
    assert again.uses()["a"].tolist() == pool.uses()["a"].tolist()
    assert again.mean_uses == pytest.approx(2 / 3)


def test_a_scarce_kind_leaves_its_place_to_the_others_in_proportion() -> None:
    assert quotas(100, [60, 30, 10], [1000, 1000, 1000]) == [60, 30, 10]
    assert quotas(100, [60, 30, 10], [1000, 1000, 1]) == [66, 33, 1]
    assert quotas(100, [60, 30, 10], [1000, 3, 0]) == [97, 3, 0]
    assert quotas(100, [60, 30, 10], [5, 3, 2]) == [5, 3, 2]
    assert quotas(100, [60, 30, 10], [0, 0, 0]) == [0, 0, 0]


KINDS = st.lists(st.tuples(st.floats(0.01, 100), st.integers(0, 500)), min_size=1, max_size=6)


@given(st.integers(1, 1000), KINDS)
def test_quotas_are_as_many_as_wanted_or_as_there_are(wanted: int, kinds) -> None:
    shares, left = [share for share, _ in kinds], [there for _, there in kinds]
    found = quotas(wanted, shares, left)
    assert sum(found) == min(wanted, sum(left))
    assert all(0 <= own <= there for own, there in zip(found, left, strict=True))
    free = [i for i, own in enumerate(found) if own < left[i]]
    for i in free:  # those that are not short are in proportion
        for j in free:
            assert abs(found[i] - found[j] * shares[i] / shares[j]) <= 1 + shares[i] / shares[j]
