"""The page on results: its blocks run, in order, in one process."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "results.md"


def test_the_blocks_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pennylane", reason="needs the extra 'bench'")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 5
    scope: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), scope)
    assert (tmp_path / "answer.svg").stat().st_size > 1000
    named = set(re.findall(r"`(\w+\.(?:json|png|qasm))`", PAGE.read_text(encoding="utf-8")))
    files = {file.name for file in (tmp_path / "result").iterdir()}
    assert files <= named | {"answers.jsonl"}
