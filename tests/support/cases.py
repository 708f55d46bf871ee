"""How many cases of one kind are tried: a part of them in `make test`, all in `make test-deep`."""

from __future__ import annotations

from hypothesis import settings

# The same cases at each run, so that a commit passes or fails once and for all; "deep" explores.
settings.register_profile("part", max_examples=25, deadline=None, derandomize=True)
settings.register_profile("deep", max_examples=100, deadline=None)
settings.load_profile("part")


def cases(most: int) -> int:
    """Cases to try now, of `most` in the long run; to be asked when a test is collected."""
    return min(most, max(20, most * settings.default.max_examples // 100))
