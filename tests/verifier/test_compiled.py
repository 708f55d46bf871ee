"""Functions that numba compiles in a worker are not saved: a confined one could not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MODULE = """
import numba
from quasar.verifier.sandbox.compiled import save_nothing

@numba.njit(cache=True)
def twice(x):
    return 2 * x

@numba.njit(cache=True)
def thrice(x):
    return 3 * x

assert twice(21) == 42
save_nothing()
assert thrice(14) == 42
"""


def test_a_compiled_function_is_saved_unless_told_otherwise(tmp_path: Path) -> None:
    pytest.importorskip("numba")
    script, kept = tmp_path / "script.py", tmp_path / "kept"
    script.write_text(MODULE)
    environment = os.environ | {
        "NUMBA_CACHE_DIR": str(kept),
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    subprocess.run([sys.executable, str(script)], env=environment, check=True)
    saved = [path.name for path in kept.rglob("*.nbi")]
    assert [name.split(".")[1].split("-")[0] for name in saved] == ["twice"]
