"""The smallest program that still shows a fault: statements are left out while it does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def smallest(parts: Sequence[T], shows: Callable[[tuple[T, ...]], bool]) -> tuple[T, ...]:
    """A part of `parts` from which nothing can be left out (delta debugging, Zeller 2002).

    Args:
        shows: whether the fault is still there; true for `parts`, and an exception counts as no.
    """
    kept = tuple(parts)
    size = max(len(kept) // 2, 1)
    while True:
        smaller = next(
            (
                rest
                for at in range(0, len(kept), size)
                if _holds(shows, rest := kept[:at] + kept[at + size :])
            ),
            None,
        )
        if smaller is not None:
            kept = smaller
        elif size == 1:
            return kept
        else:
            size //= 2
        size = max(min(size, len(kept)), 1)
        if not kept:
            return kept


def _holds(shows: Callable[[tuple[T, ...]], bool], parts: tuple[T, ...]) -> bool:
    try:
        return shows(parts)
    except Exception:
        return False
