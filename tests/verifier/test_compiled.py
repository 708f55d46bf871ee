"""Functions that numba compiles in a worker are not saved: a confined one could not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MODULE = """
import sys
import numba
from quasar.verifier.sandbox.compiled import save_nothing

@numba.njit(cache=True)
def twice(x):
    return 2 * x

if len(sys.argv) > 1:
    save_nothing()
assert twice(21) == 42
"""


def test_a_compiled_function_is_saved_unless_told_otherwise(tmp_path: Path) -> None:
    pytest.importorskip("numba")
    script, kept = tmp_path / "script.py", tmp_path / "kept"
    script.write_text(MODULE)
    environment = os.environ | {
        "NUMBA_CACHE_DIR": str(kept),
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    for arguments, saves in ((["nothing"], False), ([], True)):
        subprocess.run([sys.executable, str(script), *arguments], env=environment, check=True)
        assert any(kept.rglob("*.nbi")) == saves
