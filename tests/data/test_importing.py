from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from quasar.core.errors import InfrastructureError, InputError
from quasar.data.build import read_manifest
from quasar.data.export import export
from quasar.data.importing import REJECTED, import_records
from quasar.data.schema import PUBLIC
from quasar.data.validate import validate
from support.agentq import agentq_folder, load_records
from support.small_data import records_of


def write(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_the_shared_records_come_in_whole(tmp_path: Path) -> None:
    path = agentq_folder() / "records.jsonl.gz"
    found = import_records(str(path), tmp_path / "d", jobs=1)
    assert found.manifest["records"] == 123
    assert found.manifest["rejected"] == 0
    encodings = found.manifest["encodings"]
    assert encodings == {"agent-q, lexicographic": 8, "agent-q, natural": 115}
    for given, record in zip(load_records(), records_of(tmp_path / "d"), strict=True):
        for field in PUBLIC:
            assert record[field.name] == given[field.name]
    assert validate(tmp_path / "d", jobs=1, sample=15).findings == []


def test_records_that_cannot_be_used_are_listed(small_set: Path, tmp_path: Path) -> None:
    export(small_set, tmp_path / "all.jsonl", count=4)
    rows = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    rows[1]["circuit_with_params"] = "OPENQASM 3.0; nonsense"
    del rows[2]["cost_hamiltonian"]
    rows[3]["circuit_with_params"] = rows[3]["circuit_with_params"].replace("qubit[", "qubit[1")
    name = write(tmp_path / "bad.jsonl", rows)
    import_records(name, tmp_path / "d")
    assert len(records_of(tmp_path / "d")) == 1
    listed = [json.loads(line) for line in (tmp_path / "d" / REJECTED).read_text().splitlines()]
    assert [row["row"] for row in listed] == [2, 3, 4]
    assert "cost_hamiltonian" in listed[1]["reason"]
    with pytest.raises(InputError, match="no usable record"):
        import_records(write(tmp_path / "none.jsonl", rows[1:3]), tmp_path / "e")
    assert not (tmp_path / "e").exists()


def test_a_folders_own_splits_are_kept(small_set: Path, tmp_path: Path) -> None:
    import_records(str(small_set / "data"), tmp_path / "d")
    ours, theirs = records_of(tmp_path / "d"), records_of(small_set)
    by_signature = {(r["signature"], r["circuit_with_params"]): r["split"] for r in theirs}
    assert all(by_signature[r["signature"], r["circuit_with_params"]] == r["split"] for r in ours)
    manifest = read_manifest(tmp_path / "d")
    assert manifest is not None
    assert manifest["split_rule"] == "source"
    assert validate(tmp_path / "d", jobs=1).findings == []


def test_what_datasets_saved_comes_in(small_set: Path, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    loaded = datasets.load_dataset(str(small_set), cache_dir=str(tmp_path / "cache"))
    loaded.save_to_disk(str(tmp_path / "saved"))
    import_records(str(tmp_path / "saved"), tmp_path / "d")
    assert len(records_of(tmp_path / "d")) == 30


def test_the_hub_out_of_reach_is_said_plainly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets = pytest.importorskip("datasets")

    def unreachable(name: str) -> None:
        raise ConnectionError("no network")

    monkeypatch.setattr(datasets, "load_dataset", unreachable)
    with pytest.raises(InfrastructureError, match="hub cannot be reached"):
        import_records("owner/name", tmp_path / "d")
    with pytest.raises(InputError, match="nothing at"):
        import_records(str(tmp_path / "absent.jsonl"), tmp_path / "d")


def test_a_hub_data_set_comes_in_split_by_split(
    small_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets, "load_dataset", lambda name: {"test": records_of(small_set)[:3]})
    import_records("owner/name", tmp_path / "d")
    assert [r["split"] for r in records_of(tmp_path / "d")] == ["test"] * 3


def test_export_writes_what_evaluate_reads(small_set: Path, tmp_path: Path) -> None:
    from quasar.evaluation.inputs import read_records

    assert export(small_set, tmp_path / "a.jsonl.gz", split="test") > 0
    found = read_records(tmp_path / "a.jsonl.gz")
    assert {r.sample_index for r in found.items} == {
        r["index"] for r in records_of(small_set) if r["split"] == "test"
    }
    again = tmp_path / "b.jsonl.gz"
    export(small_set, again, split="test")
    assert again.read_bytes() == (tmp_path / "a.jsonl.gz").read_bytes()
    with pytest.raises(InputError, match="not 500"):
        export(small_set, tmp_path / "c.jsonl", count=500)
    with pytest.raises(InputError, match="must end in"):
        export(small_set, tmp_path / "c.csv")
