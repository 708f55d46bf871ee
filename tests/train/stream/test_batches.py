"""Batches: examples whole, of like length, within the budget, and only answers learnt."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quasar.train.stream.batches import BatchMaker, BatchQueue, cut, padded
from quasar.train.stream.chunks import ChunkName, write_chunk
from support.small_stream import VOCABULARY, chunk_of, stream

SIZES = st.lists(st.integers(2, 400), min_size=1, max_size=200)


@given(SIZES, st.integers(64, 2048))
def test_batches_hold_their_budget_and_every_example_once(sizes: list[int], budget: int) -> None:
    cuts, rest = cut(np.array(sizes), budget)
    assert sorted([*np.concatenate(cuts).tolist(), *rest.tolist()]) == list(range(len(sizes)))
    for own in cuts:
        width = padded(max(sizes[i] for i in own))
        assert len(own) == 1 or width * len(own) <= budget
    longest = [max(sizes[i] for i in own) for own in cuts]
    shortest = [min(sizes[i] for i in own) for own in cuts]
    assert all(short >= long for short, long in zip(shortest, longest[1:], strict=False))


def maker(folder: Path, sizes: list[int], **changes) -> BatchMaker:
    write_chunk(folder, ChunkName("a", 1, 0), chunk_of(sizes))
    found = BatchMaker(
        stream({"name": "a", "share": 1.0}, **changes),
        folder,
        VOCABULARY,
        batch_tokens=512,
        growth=0.0,
        seed=3,
    )
    assert found.look() >= 1
    return found


def test_examples_are_whole_and_only_their_answers_are_learnt(tmp_path: Path) -> None:
    sizes = list(range(10, 60))
    chunk = chunk_of(sizes)
    known = {tuple(part) for part in np.split(chunk.ids, chunk.ends[:-1])}
    seen = 0
    for batch in maker(tmp_path, sizes).draw(1.0, final=True):
        assert batch.ids.size <= 512
        starts = []
        for row, ids in enumerate(batch.ids):
            size = int(np.flatnonzero(ids).max()) + 1
            assert tuple(ids[:size]) in known
            start = max(1, size // 2)
            starts += range(row * len(ids) + start - 1, row * len(ids) + size - 1)
            seen += 1
        assert batch.places.tolist() == starts
        assert batch.groups.tolist() == [0] * len(starts)
        assert batch.tokens == np.count_nonzero(batch.ids)
    assert seen > 40


def test_examples_that_come_again_have_other_names(tmp_path: Path) -> None:
    made = maker(tmp_path, [20] * 30)
    first = {tuple(row) for batch in made.draw(1.0, final=True) for row in batch.ids}
    second = made.draw(1.0, final=True)
    again = [tuple(row) for batch in second for row in batch.ids]
    assert {g for batch in second for g in batch.rows} == {1}
    assert sum(row in first for row in again) < len(again) / 4
    plain = {int(i) for row in first for i in row}
    assert {int(i) for row in again for i in row} == plain


def test_examples_that_may_not_be_renamed_stay(tmp_path: Path) -> None:
    write_chunk(tmp_path, ChunkName("a", 1, 1), chunk_of([21] * 10, renamable=False))
    made = maker(tmp_path, [20], repeats=2)
    known = {tuple(row) for batch in made.draw(1.0, final=True) for row in batch.ids[:, :21]}
    for batch in made.draw(1.0, final=True):
        for row in batch.ids[:, :21]:
            assert row[20] == 0 or tuple(row) in known


def test_no_example_comes_beyond_its_repeats(tmp_path: Path) -> None:
    made = maker(tmp_path, [20] * 30, repeats=3)
    rows = 0
    while batches := made.draw(1.0, final=True):
        rows += sum(len(batch.ids) for batch in batches)
    assert rows == 90
    assert made.supply()["a"] == (30, 3.0)


def test_a_kind_that_runs_short_leaves_its_place(tmp_path: Path) -> None:
    write_chunk(tmp_path, ChunkName("a", 1, 0), chunk_of([20] * 2000))
    write_chunk(tmp_path, ChunkName("b", 1, 0), chunk_of([21] * 20))
    kinds = ({"name": "a", "share": 0.5}, {"name": "b", "share": 0.5, "repeats": 2})
    made = BatchMaker(stream(*kinds), tmp_path, VOCABULARY, batch_tokens=1024, growth=0.0, seed=0)
    made.look()
    seen = np.zeros(4, int)
    for _ in range(4):
        for batch in made.draw(1.0):
            seen += np.bincount(batch.rows, minlength=4)
    assert seen[2:].sum() == 40
    assert seen[:2].sum() > 1000


def test_too_few_examples_are_waited_for(tmp_path: Path) -> None:
    made = maker(tmp_path, [20] * 5)
    assert made.draw(1.0) == []
    assert len(made.draw(1.0, final=True)) == 1


def test_uses_survive_a_restart_with_the_files(tmp_path: Path) -> None:
    made = maker(tmp_path, [20] * 30, repeats=1)
    made.draw(1.0, final=True)
    again = BatchMaker(
        stream({"name": "a", "share": 1.0}, repeats=1),
        tmp_path,
        VOCABULARY,
        batch_tokens=512,
        growth=0.0,
        seed=3,
        uses=made.uses(),
    )
    again.look()
    assert again.draw(1.0, final=True) == []


def test_a_thread_makes_them_ahead_until_nothing_is_left(tmp_path: Path) -> None:
    made = maker(tmp_path, [20] * 100, repeats=2)
    rows = 0
    with BatchQueue(made, lambda: 1.0, ahead=2, endless=False) as batches:
        while (batch := batches.get(5.0)) is not None:
            rows += len(batch.ids)
    assert rows == 200


def test_what_goes_wrong_in_the_thread_is_raised_where_batches_are_wanted(tmp_path: Path) -> None:
    def fails() -> float:
        raise RuntimeError("no share")

    made = maker(tmp_path, [20] * 100)
    with BatchQueue(made, fails, ahead=2, endless=True) as batches:
        with pytest.raises(RuntimeError, match="no share"):
            batches.get(5.0)
        with pytest.raises(TimeoutError):
            batches.get(0.01)
