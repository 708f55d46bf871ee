"""Files of packed examples, which one process writes and another reads while it goes on.

A file is whole or not there: it is written under a hidden name and renamed. What cannot be read all
the same (a disk that filled up, a copy that broke off) is passed over. Names are
`KIND-SEED-NUMBER.npz`.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from quasar.core.files import replacing

SUFFIX = ".npz"


class Chunk(NamedTuple):
    """Examples of one kind, m of them, one after the other.

    Attributes:
        ids: tokens of all examples, uint16.
        ends: where each example ends in `ids`, int64 [m].
        starts: where each answer begins, counted from its example's beginning, int32 [m].
        renamable: whether the example's qubits may be renamed, bool [m].
    """

    ids: npt.NDArray[np.uint16]
    ends: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int32]
    renamable: npt.NDArray[np.bool_]


class ChunkName(NamedTuple):
    """What a file's name says."""

    kind: str
    seed: int
    number: int

    def __str__(self) -> str:
        return f"{self.kind}-{self.seed}-{self.number:05d}{SUFFIX}"


def parse_name(file: str) -> ChunkName | None:
    """What a file is called; None where it is no file of examples."""
    if file.startswith(".") or not file.endswith(SUFFIX):
        return None
    kind, _, rest = file.removesuffix(SUFFIX).rpartition("-")
    kind, _, seed = kind.rpartition("-")
    if not kind or not seed.isdecimal() or not rest.isdecimal():
        return None
    return ChunkName(kind, int(seed), int(rest))


def pack(examples: Sequence[tuple[Sequence[int], int, bool]]) -> Chunk:
    """Pack examples: tokens, where the answer begins, whether qubits may be renamed.

    Raises:
        OverflowError: a token beyond 65,535.
    """
    lengths = [len(ids) for ids, _, _ in examples]
    flat = np.fromiter((i for ids, _, _ in examples for i in ids), np.int64, sum(lengths))
    if flat.size and flat.max() > np.iinfo(np.uint16).max:
        raise OverflowError("tokens of a stream are 16-bit numbers")
    return Chunk(
        flat.astype(np.uint16),
        np.cumsum(lengths, dtype=np.int64),
        np.array([start for _, start, _ in examples], np.int32),
        np.array([renamable for _, _, renamable in examples], np.bool_),
    )


def write_chunk(folder: Path, name: ChunkName, chunk: Chunk) -> Path:
    """Write a file of examples.

    Raises:
        InfrastructureError: the disk is full.
        InputError: no permission to write there.
    """
    target = folder / str(name)
    with replacing(target) as partial, partial.open("wb") as file:
        np.savez(file, **chunk._asdict())
    return target


def read_chunk(path: Path) -> Chunk | None:
    """Read a file of examples; None where it is torn or gone."""
    try:
        with np.load(path, allow_pickle=False) as file:
            chunk = Chunk(*(file[field] for field in Chunk._fields))
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    sizes = np.diff(chunk.ends, prepend=0)
    whole = (
        chunk.ids.dtype == np.uint16
        and len(chunk.ends) == len(chunk.starts) == len(chunk.renamable) > 0
        and int(chunk.ends[-1]) == len(chunk.ids)
        and bool((chunk.starts > 0).all() and (chunk.starts < sizes).all())
    )
    return chunk if whole else None
