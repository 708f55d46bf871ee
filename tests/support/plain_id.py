"""Names of test cases that are the same in every process."""

from __future__ import annotations

from typing import Any


def plain_id(value: Any) -> str:
    """What a plain value is, and the type of any other: no addresses, no order of sets."""
    if isinstance(value, str | bytes | int | float | type(None)):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {plain_id(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(plain_id, value)) + "]"
    return type(value).__name__
