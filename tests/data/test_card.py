from __future__ import annotations

from pathlib import Path

from quasar.data.build import read_manifest
from quasar.data.card import card_text, summarise
from small_data import records_of


def test_the_card_states_what_is_in_the_data(small_set: Path) -> None:
    records = records_of(small_set)
    found, manifest = summarise(small_set), read_manifest(small_set)
    assert manifest is not None
    everything = found.groups["", ""]
    assert everything.records == 30
    assert found.instances == len({r["instance_id"] for r in records})
    assert found.tasks == len({r["signature"] for r in records})
    gates = sorted(r["gates"] for r in records if r["optimization_type"] == "qaoa")
    assert found.groups["qaoa", ""].median("gates") == gates[(len(gates) - 1) // 2]
    text = card_text(found, manifest, ["images/quality.png"])
    assert text == (small_set / "README.md").read_text().replace(
        "![sizes and types](images/sizes_and_types.png)\n\n", ""
    )
    assert f"{sum(r['p_optimal'] for r in records) / 30:.4f}" in text
    assert "quasar data build --config manifest.json" in text
    for split in ("train", "validation", "test"):
        assert f"data/{split}-*.parquet" in text
