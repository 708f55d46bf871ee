"""Which problems the packaged model is measured on; none of them was seen in training.

* `held-out`: `benchmarks/held_out/*.jsonl.gz`, test splits of the training data.
* `records`: the benchmark's records, where a checkout has them (`QUASAR_AGENTQ`).
* `large`: 60 problems of 17 to 24 variables, made anew from the seeds in `large.json`.
* the test split of a data set, by `--data`.

Does not cover dense random Ising models, which belong to their part (`dense`).
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from benchmarks._common import ROOT

from quasar.core.seeds import generator
from quasar.problems.base import EncodedProblem
from quasar.problems.load import load_problem
from quasar.train.tokens import read_split

Record = dict[str, Any]
T = TypeVar("T")
HELD_OUT = ROOT / "benchmarks" / "held_out"


class Item(NamedTuple):
    """One problem of a set.

    Attributes:
        key: its number in the set, which does not depend on how many are measured.
        problem: with its Hamiltonian.
        record: the record it comes from; None where it was drawn.
    """

    key: str
    problem: EncodedProblem
    record: Record | None = None


def read(path: Path) -> list[Record]:
    """Records of a file of lines."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def held_out() -> list[Record]:
    """Converged records of the test splits, numbered anew."""
    files = sorted(HELD_OUT.glob("*.jsonl.gz"))
    records = [r for file in files for r in read(file) if r["recipe"] == "converged"]
    return [{**record, "sample_index": str(i)} for i, record in enumerate(records)]


def some(records: Sequence[T], limit: int | None) -> list[T]:
    """All records, or so many drawn at random, the same ones every time."""
    order = generator(0, "nano", "records").permutation(len(records))
    chosen = sorted(order[: len(records) if limit is None else limit].tolist())
    return [records[i] for i in chosen]


def agentq_folder() -> Path | None:
    """Folder with the benchmark's records and archived answers, if there is one."""
    for folder in (os.environ.get("QUASAR_AGENTQ"), ROOT.parent / "shared" / "agentq"):
        if folder and (Path(folder) / "records.jsonl.gz").exists():
            return Path(folder)
    return None


def problem_sets() -> dict[str, list[Record]]:
    """The held-out problems, and the benchmark's records where a checkout has them."""
    folder = agentq_folder()
    records = {} if folder is None else {"records": read(folder / "records.jsonl.gz")}
    return {"held-out": held_out(), **records}


def test_split(path: Path) -> list[Record]:
    """Converged records of a data set's split `test`."""
    records = [r for r in read_split(path, "test") if r["recipe"] == "converged"]
    return [{**record, "sample_index": str(i)} for i, record in enumerate(records)]


def items(records: Sequence[Record]) -> list[Item]:
    """Records with their problems."""
    return [Item(str(r["sample_index"]), load_problem(r), r) for r in records]
