"""The bundle that is checked in is what its source gives."""

from __future__ import annotations

import gzip
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "studio"
BUNDLE = ROOT / "src" / "quasar" / "studio" / "static"


def test_the_bundle_is_what_its_source_gives(tmp_path: Path) -> None:
    npx = shutil.which("npx")
    if npx is None or not (SOURCE / "node_modules").is_dir():
        pytest.skip("needs Node and `npm ci` in studio/")
    command = [npx, "vite", "build", "--outDir", str(tmp_path), "--logLevel", "error"]
    subprocess.run(command, cwd=SOURCE, check=True, capture_output=True, timeout=200)
    built = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_bytes() for path in BUNDLE.iterdir()}
    assert built.keys() == kept.keys()
    assert [name for name in kept if kept[name] != built[name]] == []


def test_the_bundle_is_small() -> None:
    packed = sum(len(gzip.compress(path.read_bytes(), 9)) for path in BUNDLE.iterdir())
    assert packed < 600_000


def test_the_bundle_asks_nobody_else() -> None:
    text = (BUNDLE / "index.html").read_text()
    assert "http" not in text
    assert "//" not in text.replace("<!doctype", "")
