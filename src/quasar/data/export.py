"""Records of a data set as lines of JSON, for what reads records files."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from quasar.core.errors import InputError
from quasar.core.files import write_bytes
from quasar.core.seeds import generator
from quasar.data import storage
from quasar.data.source import Source


def export(
    folder: Path, out: Path, *, split: str | None = None, count: int | None = None, seed: int = 0
) -> int:
    """Write records, each with its index as `sample_index`; returns how many.

    Args:
        split: only this one.
        count: number of records to choose at random, kept in their order; default: all.

    Raises:
        InputError: no such data or split, fewer records than asked for, or another kind of file.
        InfrastructureError: the disk is full.
    """
    storage.require_parquet()
    if not out.name.endswith((".jsonl", ".jsonl.gz")):
        raise InputError(f"{out} must end in .jsonl or .jsonl.gz.")
    source = Source(folder / "data", split)
    chosen: frozenset[int] | None = None
    if count is not None:
        total = sum(1 for _ in source.records(("split",)))
        if count > total:
            raise InputError(f"{folder} has {total} such records, not {count}.")
        picked = generator(seed, "export").choice(total, size=count, replace=False)
        chosen = frozenset(picked.tolist())
    lines = [
        json.dumps({"sample_index": record["index"], **record}, ensure_ascii=False) + "\n"
        for position, (_, record) in enumerate(source.records())
        if chosen is None or position in chosen
    ]
    content = "".join(lines).encode()
    # No time stamp in the header: equal records give equal files.
    write_bytes(out, gzip.compress(content, mtime=0) if out.suffix == ".gz" else content)
    return len(lines)
