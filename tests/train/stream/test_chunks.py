"""Files of examples: what goes in comes out, and nothing half-written is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.train.stream.chunks import ChunkName, pack, parse_name, read_chunk, write_chunk

EXAMPLES = st.lists(
    st.tuples(st.lists(st.integers(0, 65_535), min_size=2, max_size=9), st.just(1), st.booleans()),
    min_size=1,
    max_size=5,
)


@settings(max_examples=25)
@given(EXAMPLES)
def test_examples_come_back(tmp_path_factory: pytest.TempPathFactory, examples) -> None:
    folder = tmp_path_factory.mktemp("chunks")
    chunk = read_chunk(write_chunk(folder, ChunkName("some-kind", 7, 0), pack(examples)))
    assert chunk is not None
    parts = np.split(chunk.ids, chunk.ends[:-1])
    back = zip(parts, chunk.starts, chunk.renamable, strict=True)
    assert [(ids.tolist(), int(start), bool(free)) for ids, start, free in back] == examples


@given(st.sampled_from(["a", "agent-q", "agent-q-2", "x-1-2"]), st.integers(0), st.integers(0))
def test_names_come_back(kind: str, seed: int, number: int) -> None:
    name = ChunkName(kind, seed, number)
    assert parse_name(str(name)) == name


@pytest.mark.parametrize(
    "name", [".a-1-2.npz.77", "excluded.txt", "a-1.npz", "a-b-2.npz", ".a-1-2.npz"]
)
def test_other_files_are_no_examples(name: str) -> None:
    assert parse_name(name) is None


@pytest.mark.parametrize("kept", [0, 1, 40, -30, -1])
def test_a_torn_file_is_passed_over(tmp_path: Path, kept: int) -> None:
    path = write_chunk(tmp_path, ChunkName("a", 1, 0), pack([([1, 2, 3], 1, True)] * 50))
    path.write_bytes(path.read_bytes()[:kept])
    assert read_chunk(path) is None


def test_a_file_with_other_contents_is_passed_over(tmp_path: Path) -> None:
    chunk = pack([([1, 2, 3], 1, True), ([4, 5], 1, False)])
    for number, wrong in enumerate(
        (
            chunk._replace(ends=chunk.ends[:1]),
            chunk._replace(starts=np.array([1, 2], np.int32)),
            chunk._replace(ids=chunk.ids[:4]),
            chunk._replace(ids=chunk.ids.astype(np.int64)),
        )
    ):
        assert read_chunk(write_chunk(tmp_path, ChunkName("a", 1, number), wrong)) is None
    assert read_chunk(tmp_path / "a-1-00099.npz") is None


def test_nothing_half_written_bears_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks_off(file, **_arrays) -> None:
        file.write(b"PK")
        raise OSError(5, "broken")

    monkeypatch.setattr(np, "savez", breaks_off)
    with pytest.raises(OSError, match="broken"):
        write_chunk(tmp_path, ChunkName("a", 1, 0), pack([([1, 2], 1, True)]))
    assert list(tmp_path.iterdir()) == []


def test_tokens_are_16_bit_numbers() -> None:
    with pytest.raises(OverflowError, match="16-bit"):
        pack([([1, 65_536], 1, True)])
