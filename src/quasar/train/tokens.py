"""Examples to token ids with labels, made once in parallel and kept on disk.

Only the answer and the token that ends it carry labels. Examples longer than the limit are left
out, never cut. Tokens are packed in the narrowest integers that hold the vocabulary, two bytes
each for the packaged model, and written chunk by chunk: memory does not grow with the data set.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from quasar.core.errors import InputError
from quasar.core.files import new_folder
from quasar.core.parallel import map_ordered
from quasar.core.version import __version__
from quasar.data.storage import read_records
from quasar.prompts.chat import Message
from quasar.train.examples import ExampleSettings, make_example

if TYPE_CHECKING:
    from datasets import Dataset

IGNORED = -100
"""Label of a token that carries no loss."""
_CHUNK = 500  # records handed to a worker at a time
_COLUMNS = (
    "recipe",
    "index",
    "optimization_type",
    "number_of_qubits",
    "number_of_layers",
    "cost_hamiltonian",
    "circuit_with_params",
    "solution",
)
_FORMAT = 3  # goes up when the same records and settings would give other tokens


def tokenised(
    paths: Sequence[Path],
    tokenizer: Any,
    settings: ExampleSettings,
    *,
    split: str = "train",
    max_length: int,
    jobs: int = 1,
    cache: Path | None = None,
    limits: Mapping[str, int] | None = None,
) -> Dataset:
    """Columns `input_ids`, `labels`, `length`.

    Args:
        paths: data sets (folders with `data/SPLIT-*.parquet`).
        tokenizer: with a chat template.
        max_length: longest prompt and answer, tokens.
        cache: folder in which each data set's tokens are kept for the next call.
        limits: most records of a path, by its name; default all.

    Raises:
        InputError: a data set cannot be read or has no such split.
    """
    from datasets import concatenate_datasets

    most = limits or {}
    parts = [
        _one(path, tokenizer, settings, split, max_length, jobs, cache, most.get(path.name))
        for path in paths
    ]
    return concatenate_datasets(parts)


def _one(
    path: Path,
    tokenizer: Any,
    settings: ExampleSettings,
    split: str,
    max_length: int,
    jobs: int,
    cache: Path | None,
    limit: int | None,
) -> Dataset:
    from datasets import Dataset, load_from_disk

    files = split_files(path, split)
    key = _key(files, tokenizer, settings, max_length, limit)
    kept = None if cache is None else cache / f"{path.name}-{split}-{key}"
    if kept is not None and (kept / "dataset_info.json").exists():
        return load_from_disk(str(kept))
    work = partial(_encode, tokenizer=tokenizer, settings=settings, max_length=max_length)
    chunks = _chunks(files, settings, limit)
    with tempfile.TemporaryDirectory(dir=_parent(kept), prefix=".tokens-") as folder:
        packed = Path(folder) / "tokens.arrow"
        _write(packed, map_ordered(work, chunks, jobs=jobs), len(tokenizer))
        if kept is None:
            return Dataset.from_file(str(packed), in_memory=True)
        with new_folder(kept, force=True) as finished:
            Dataset.from_file(str(packed)).save_to_disk(str(finished))
    return load_from_disk(str(kept))


def read_split(path: Path, split: str) -> list[dict[str, Any]]:
    """All records of a split.

    Raises:
        InputError: there is no such split.
    """
    return [record for file in split_files(path, split) for record in read_records(file)]


def encode_example(
    chat: Sequence[Message], answer: str, tokenizer: Any, *, whole: bool = True
) -> tuple[list[int], list[int]]:
    """Token ids and labels of one example; without `whole`, the answer goes on after them."""
    prompt = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    turns = [*chat, {"role": "assistant", "content": answer}]
    text = tokenizer.apply_chat_template(turns, tokenize=False)
    if not text.startswith(prompt):
        raise InputError(
            "the chat template writes the prompt differently when an answer follows; training on "
            "answers alone needs a template in which the prompt is the beginning."
        )
    written = text[len(prompt) :] if whole else answer
    own, rest = tokenizer([prompt, written], add_special_tokens=False)["input_ids"]
    return own + rest, [IGNORED] * len(own) + rest


def split_files(path: Path, split: str) -> list[Path]:
    """The files of a split.

    Raises:
        InputError: there is none.
    """
    found = sorted((path / "data").glob(f"{split}-*.parquet"))
    if not found:
        raise InputError(
            f"{path} has no split {split!r}: build it with `quasar data build`, or see "
            "`[data] paths` in the configuration."
        )
    return found


def _key(
    files: Sequence[Path],
    tokenizer: Any,
    settings: ExampleSettings,
    max_length: int,
    limit: int | None,
) -> str:
    stated = [
        [(str(f), f.stat().st_size, f.stat().st_mtime_ns) for f in files],
        settings.model_dump(mode="json"),
        tokenizer.chat_template,
        hashlib.sha256(json.dumps(tokenizer.get_vocab(), sort_keys=True).encode()).hexdigest(),
        [max_length, limit, __version__, _FORMAT],
    ]
    return hashlib.sha256(json.dumps(stated).encode()).hexdigest()[:16]


def _chunks(
    files: Sequence[Path], settings: ExampleSettings, limit: int | None
) -> Iterator[list[dict[str, Any]]]:
    import pyarrow.parquet as pq

    left = limit if limit is not None else 1 << 62
    columns = _COLUMNS if settings.prompt_style == "compact" else None
    for file in files:
        for batch in pq.ParquetFile(file).iter_batches(_CHUNK, columns=columns):
            records = batch.to_pylist()[:left]
            left -= len(records)
            if records:
                yield records


class _Packed(NamedTuple):
    """Examples, m of them, one after the other.

    Attributes:
        ids: tokens of all.
        ends: where each ends in `ids`, [m].
        starts: where its answer begins, from its own beginning, [m].
    """

    ids: npt.NDArray[np.uint32]
    ends: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]


def _encode(
    records: Sequence[Mapping[str, Any]],
    *,
    tokenizer: Any,
    settings: ExampleSettings,
    max_length: int,
) -> _Packed:
    found: list[list[int]] = []
    starts: list[int] = []
    for record in records:
        example = make_example(record, settings)
        if example is not None:
            ids, labels = encode_example(
                example.chat, example.answer, tokenizer, whole=example.whole
            )
            if len(ids) <= max_length:
                found.append(ids)
                starts.append(labels.count(IGNORED))
    lengths = np.array([len(ids) for ids in found], np.int64)
    flat = np.fromiter((i for ids in found for i in ids), np.uint32, int(lengths.sum()))
    return _Packed(flat, np.cumsum(lengths), np.array(starts, np.int64))


def _write(path: Path, chunks: Iterable[_Packed], vocabulary: int) -> None:
    """An arrow file with the columns of `tokenised`."""
    import pyarrow as pa

    narrow = vocabulary <= np.iinfo(np.int16).max
    unsigned, signed = (np.uint16, np.int16) if narrow else (np.uint32, np.int32)
    schema = pa.schema(
        [
            ("input_ids", pa.list_(pa.from_numpy_dtype(unsigned))),
            ("labels", pa.list_(pa.from_numpy_dtype(signed))),
            ("length", pa.int32()),
        ]
    )
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, schema) as stream:
        for ids, ends, starts in chunks:
            begins = np.concatenate([[0], ends[:-1]]).astype(np.int64) if len(ends) else ends
            lengths = ends - begins
            within = np.arange(len(ids)) - np.repeat(begins, lengths)
            labels = np.where(within < np.repeat(starts, lengths), IGNORED, ids.astype(np.int64))
            offsets = pa.array(np.concatenate([begins[:1], ends]) if len(ends) else [0], pa.int32())
            columns = [
                pa.ListArray.from_arrays(offsets, pa.array(ids.astype(unsigned))),
                pa.ListArray.from_arrays(offsets, pa.array(labels.astype(signed))),
                pa.array(lengths, pa.int32()),
            ]
            stream.write_batch(pa.record_batch(columns, schema=schema))


def _parent(kept: Path | None) -> Path | None:
    """Where the file is packed: beside what is kept, since it may be large."""
    if kept is None:
        return None
    kept.parent.mkdir(parents=True, exist_ok=True)
    return kept.parent
