"""What numba compiles in a worker stays in its memory.

numba saves compiled functions beside their source, which a confined worker may not write: without
this, the first candidate that needs a function that no process has compiled would have no verdict.
Saved functions are still read.
"""

from __future__ import annotations

import sys


def save_nothing() -> None:
    """Let numba, where it is loaded, save no function that this process compiles."""
    caching = sys.modules.get("numba.core.caching")
    if caching is not None:
        # numba has no setting for it; the test runs a function through the real thing.
        caching.Cache.save_overload = lambda self, signature, data: None
