"""`quasar data import`: the public data set, or any records in its schema, as a data set of ours.

The public fields stay as they came; our own are measured again: encoding and variable order are
recognised, circuits parsed and simulated, instances identified. Records that cannot be used are
listed with the reason and left out. A source's own splits are kept; one without splits gets ours.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from quasar.core.errors import CircuitError, InfrastructureError, InputError, ProblemError
from quasar.core.files import new_folder, write_json, write_text
from quasar.core.manifest import manifest
from quasar.core.parallel import Tick, chunked, map_ordered
from quasar.data import storage
from quasar.data.build import DATA, MANIFEST, DataSet, describe, write_splits
from quasar.data.card import write_card
from quasar.data.identity import instance_id, split_of
from quasar.data.record import canonical, measure, own_fields
from quasar.data.schema import PUBLIC
from quasar.data.settings import BuildSettings
from quasar.data.source import Place, Source
from quasar.problems.load import load_problem

REJECTED = "rejected.jsonl"
"""File of the records left out, with the reasons."""
_CHUNK = 16  # records handed to a worker at a time
_LIBRARIES = ("numpy", "networkx", "qiskit", "qulacs", "pyarrow", "datasets")
_REQUIRED = ("optimization_type", "circuit_with_params", "cost_hamiltonian")

Row = tuple[Place, dict[str, Any]]


def import_records(
    name: str, out: Path, *, jobs: int = 1, force: bool = False, tick: Tick = lambda: None
) -> DataSet:
    """Import records.

    Args:
        name: a path, or the name of a data set on the Hugging Face hub (`owner/name`).
        force: replace `out` if it exists.
        tick: called for each record.

    Raises:
        InputError: nothing there, or no usable record.
        InfrastructureError: the hub cannot be reached, or the disk is full.
    """
    storage.require_parquet()
    rows = Source(Path(name)).records() if _is_path(name) else _hub(name)
    first = next(rows, None)
    if first is None:
        raise InputError(f"{name} holds no records.")
    own_splits = first[0].split is None
    settings = BuildSettings.parse({"recipe": "agent-q", "count": 1})  # for our splits' shares
    rejected: list[dict[str, Any]] = []
    orders: Counter[str] = Counter()
    with new_folder(out, force=force) as folder:
        records = _accepted(
            chain([first], rows), settings, own_splits, jobs, tick, rejected, orders
        )
        splits = write_splits(
            folder / DATA,
            folder / f".{DATA}",
            records,
            list(settings.splits) if own_splits else [],
            settings.rows_per_file,
        )
        if not orders:
            raise InputError(f"{name} has no usable record: {rejected[0]['reason']}")
        content = {
            **manifest({"source": name}, None, _LIBRARIES),
            **describe(splits),
            "split_rule": "identity" if own_splits else "source",
            "rejected": len(rejected),
            "encodings": dict(sorted(orders.items())),
        }
        write_card(folder, content)
        if rejected:
            lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rejected)
            write_text(folder / REJECTED, lines)
        write_json(folder / MANIFEST, content)
    return DataSet(out, content)


def _is_path(name: str) -> bool:
    if Path(name).exists():
        return True
    owner, slash, rest = name.partition("/")
    return not (owner and slash and rest) or "/" in rest or name.startswith((".", "~"))


def _hub(name: str) -> Iterator[Row]:
    """Records of a data set on the hub, split by split.

    Raises:
        InputError: there is no data set of that name, or `datasets` is missing.
        InfrastructureError: the hub cannot be reached.
    """
    try:
        import datasets
    except ImportError:
        raise InputError(
            f"nothing at {name}, and reading it from the hub needs datasets: "
            "pip install -e '.[data]' in your clone of quasar."
        ) from None
    try:
        found = datasets.load_dataset(name)
    except (datasets.exceptions.DatasetNotFoundError, FileNotFoundError) as error:
        if os.environ.get("HF_HUB_OFFLINE"):
            raise InfrastructureError(_unreachable(name)) from error
        raise InputError(f"there is no data set {name!r} here or on the hub: {error}") from error
    except (ConnectionError, OSError) as error:
        raise InfrastructureError(_unreachable(name)) from error
    for split, rows in found.items():
        for row, record in enumerate(rows):
            yield Place(f"{name}/{split}", row, str(split)), dict(record)


def _unreachable(name: str) -> str:
    return (
        f"nothing at {name}, and the Hugging Face hub cannot be reached: give the path of a local "
        "copy (.jsonl, .jsonl.gz, .parquet, or a folder of parquet or arrow files)."
    )


def _accepted(
    rows: Iterable[Row],
    settings: BuildSettings,
    own_splits: bool,
    jobs: int,
    tick: Tick,
    rejected: list[dict[str, Any]],
    orders: Counter[str],
) -> Iterator[dict[str, Any]]:
    """The usable records, numbered in the source's order; fills `rejected` and `orders`."""
    index = 0
    for answers in map_ordered(_convert_chunk, chunked(rows, _CHUNK), jobs=jobs, tick=tick):
        for place, answer in answers:
            if isinstance(answer, str):
                rejected.append({**place._asdict(), "reason": answer})
                continue
            split = place.split
            if own_splits or split is None:
                split = split_of(
                    answer["instance_id"], settings.split_shares(), settings.split_salt
                )
            orders[f"{answer['encoding']}, {answer['variable_order']}"] += 1
            yield {**answer, "index": index, "split": split}
            index += 1


def _convert_chunk(rows: list[Row], tick: Tick) -> list[tuple[Place, dict[str, Any] | str]]:
    answers: list[tuple[Place, dict[str, Any] | str]] = []
    for place, record in rows:
        try:
            answers.append((place, convert(record)))
        except (InputError, ProblemError, CircuitError) as error:
            answers.append((place, str(error)))
        tick()
    return answers


def convert(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record of the public schema with our own fields, all but `index` and `split`.

    Raises:
        ProblemError: it states no problem.
        CircuitError: its circuit cannot be used.
        InputError: a field is missing or not a string.
    """
    for name in _REQUIRED:
        if not isinstance(record.get(name), str):
            raise InputError(f"the record has no {name!r}, or it is not a string.")
    public = {field.name: record.get(field.name) for field in PUBLIC}
    encoded = load_problem(public)
    if encoded.problem is None:
        raise ProblemError("the record states no problem.")
    measured, _ = measure(record["circuit_with_params"], encoded)
    for name in ("graph", "problem_specific_attributes", "solution", "exact_solution"):
        value = public[name]
        if not isinstance(value, str) and not (value is None and name.endswith("attributes")):
            public[name] = json.dumps(value)
    layers = public["number_of_layers"]
    return {
        **public,
        "signature": public["signature"] or "",
        "number_of_layers": layers if isinstance(layers, int) else 1,
        **own_fields(encoded, measured),
        "recipe": "imported",
        "problem": canonical(encoded.problem.to_data()),
        "instance_id": instance_id(encoded.problem),
        "ansatz": None,
        "template": None,
        "attempt": 0,
    }
