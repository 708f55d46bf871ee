"""The card's numbers are those of the records, counted here by hand."""

from __future__ import annotations

import re
from pathlib import Path
from statistics import median_low

import pytest

from quasar.core.errors import InputError
from quasar.data.build import read_manifest
from quasar.data.card import card_text
from quasar.data.summary import read_figures
from support.small_data import records_of


def table(text: str, first: str) -> dict[str, dict[str, str]]:
    """The rows of the table whose first column is called `first`, by their first cell."""
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith(f"| {first} |"))
    head = [cell.strip() for cell in lines[at].strip("|").split("|")]
    rows = {}
    for line in lines[at + 2 :]:
        if not line.startswith("|"):
            break
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        rows[cells[0]] = dict(zip(head, cells, strict=True))
    return rows


@pytest.fixture(scope="module")
def text(small_set: Path) -> str:
    return (small_set / "README.md").read_text()


def test_the_card_is_written_from_the_finished_files(small_set: Path, text: str) -> None:
    manifest = read_manifest(small_set)
    assert manifest is not None
    made = card_text(read_figures(small_set), manifest, ["images/quality.png"])
    assert made == text.replace("![sizes and types](images/sizes_and_types.png)\n\n", "")
    assert "quasar data build --config manifest.json" in text
    assert sorted(p.name for p in (small_set / "images").iterdir()) == [
        "quality.png",
        "sizes_and_types.png",
    ]


def test_instances_and_splits(small_set: Path, text: str) -> None:
    records = records_of(small_set)
    instances, tasks = (len({r[name] for r in records}) for name in ("instance_id", "signature"))
    assert f"{instances} different problem instances (names aside), {tasks} different tasks" in text
    rows = table(text, "split")
    for split in ("train", "validation", "test"):
        own = [r for r in records if r["split"] == split]
        assert (f"data/{split}-*.parquet" in text) is bool(own)
        assert rows[split]["records"] == str(len(own))
        for algorithm in {r["optimization_type"] for r in records}:
            count = sum(r["optimization_type"] == algorithm for r in own)
            assert rows[split][algorithm] == str(count)


def test_quality(small_set: Path, text: str) -> None:
    records = records_of(small_set)
    rows = table(text, "algorithm")
    for name in (*sorted({r["optimization_type"] for r in records}), "all"):
        own = [r for r in records if name in ("all", r["optimization_type"])]
        row = rows[name]
        assert row["records"] == str(len(own))
        for title, field in (("mean ratio", "approximation_ratio"), ("mean P(opt)", "p_optimal")):
            assert row[title] == f"{sum(r[field] for r in own) / len(own):.4f}"
        for title, field in (
            ("top optimal", "top_is_optimal"),
            ("product state", "product_state"),
            ("basis state", "basis_state"),
        ):
            assert row[title] == f"{sum(r[field] for r in own) / len(own):.1%}"
        for title in ("gates", "two-qubit gates", "depth"):
            field = re.sub(r"\W", "_", title)
            assert row[title] == str(median_low(r[field] for r in own))


def test_problem_types_by_size(small_set: Path, text: str) -> None:
    records = records_of(small_set)
    rows = table(text, "problem type")
    counts = [int(row["records"]) for row in rows.values()]
    assert counts == sorted(counts, reverse=True)
    assert sum(counts) == len(records)
    for kind, row in rows.items():
        own = [r for r in records if r["problem_type"] == kind]
        assert row["share"] == f"{len(own) / len(records):.1%}"
        for algorithm in {r["optimization_type"] for r in records}:
            gates = [r["gates"] for r in own if r["optimization_type"] == algorithm]
            assert row[f"gates {algorithm}"] == (str(median_low(gates)) if gates else "-")


def test_distributions(small_set: Path, text: str) -> None:
    records = records_of(small_set)
    for title, field in (("number of qubits", "number_of_qubits"), ("template", "template")):
        values = [r[field] for r in records]
        (row,) = table(text, title).values()
        assert list(row)[1:] == [
            "none" if v is None else str(v)
            for v in sorted(set(values), key=lambda v: (v is None, v))
        ]
        for value in set(values):
            share = f"{values.count(value) / len(values):.1%}"
            assert row["none" if value is None else str(value)] == share


def test_a_folder_without_records(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no records"):
        read_figures(tmp_path)
