"""The long run over hostile programs: what it tries, and that it goes on where it stopped."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import fuzz_hostile
from fuzz_hostile import chunk, run, table

KEPT: dict[str, list[str | bytes]] = {
    "valid": ['OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nh q[0];\ncx q[0], q[1];\n'],
    "mutated": ['OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nif (c) h q[0];\n'],
    "raw": [b"OPENQASM 3.0;\xff"],
    "hostile": ['OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[999999999] q;\nh q;\n'],
}


def test_chunks_are_the_same_for_the_same_seed() -> None:
    assert chunk(KEPT, 50, 3) == chunk(KEPT, 50, 3)
    assert len(set(chunk(KEPT, 50, 3)) - set(chunk(KEPT, 50, 4))) > 30


def test_a_run_goes_on_behind_its_last_chunk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[str | bytes] = []

    def check(texts: list[str | bytes], **_: object) -> tuple:
        judged.extend(texts)
        return [], {"feasible": len(texts)}, dict.fromkeys(FIGURES, 1) | {"texts": len(texts)}

    monkeypatch.setattr(fuzz_hostile, "check", check)
    run(30, tmp_path, size=30, kept=KEPT, told=lambda text: None)
    with (tmp_path / "chunks.jsonl").open("a") as stream:
        stream.write('{"chunk": 1, "wr')  # killed while it wrote
    found = run(90, tmp_path, size=30, kept=KEPT, told=lambda text: None)
    lines = (tmp_path / "chunks.jsonl").read_text().splitlines()
    assert [json.loads(line)["chunk"] for line in lines] == [0, 1, 2]
    assert judged == [text for number in range(3) for text in chunk(KEPT, 30, number)]
    assert (table(found)["texts"], table(found)["verdicts"]) == (90, {"feasible": 90})
    assert run(90, tmp_path, size=30, kept=KEPT) == found


def test_rules_hold_for_a_chunk(tmp_path: Path) -> None:
    found = table(run(25, tmp_path, workers=1, kept=KEPT, told=lambda text: None))
    assert (found["texts"], found["wrong"]) == (25, 0)
    assert sum(found["verdicts"].values()) == 25


def test_what_breaks_a_rule_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def check(texts: list[str | bytes], **_: object) -> tuple:
        return [(texts[0], "wrong")], {}, dict.fromkeys(("texts", *FIGURES), 1)

    monkeypatch.setattr(fuzz_hostile, "check", check)
    found = run(2, tmp_path, size=1, kept=KEPT, told=lambda text: None)
    assert table(found)["wrong"] == 2
    lines = (tmp_path / "wrong.jsonl").read_text().splitlines()
    assert [json.loads(line)["why"] for line in lines] == ["wrong", "wrong"]


FIGURES = (
    "importer_undecided",
    "workers_started",
    "workers_killed",
    "workers_died",
    "sandbox_s",
    "importer_s",
    "peak_memory_mib",
)
