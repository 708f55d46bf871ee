"""Reading a prompt's words: numbers in front of nouns, nodes behind introductions.

What the types' `read_details` are made of. Covers words alone; literals are taken out before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from quasar.core.errors import InputError
from quasar.core.labels import Label, to_json

FILE = "state the problem in a file instead (--problem FILE)"
"""What to do where a prompt is not enough."""
COUNT = r"(?<![\d.])(\d{1,9})"
"""An integer in words."""

Names = Mapping[str, list[Label]]
"""Nodes by how they are written in a sentence: usually one each, but 3 and "3" look alike."""


def only(words: str, pattern: str, what: str) -> int | None:
    """The number that a pattern finds; None without a match.

    Raises:
        InputError: different numbers.
    """
    found = {
        int(next(filter(None, match.groups())))
        for match in re.finditer(pattern, words, re.IGNORECASE)
    }
    if len(found) > 1:
        raise InputError(
            f"the prompt names different {what} ({', '.join(map(str, sorted(found)))}): keep one."
        )
    return found.pop() if found else None


def node_after(words: str, names: Names, introductions: Iterable[str], what: str) -> Label | None:
    """The node behind the first introduction that has one, None if none has.

    Raises:
        InputError: it is not a node of the graph, or it is ambiguous.
    """
    written = sorted((name for name in names if name), key=lambda name: (-len(name), name))
    known = "|".join(map(re.escape, written)) or "(?!)"
    for introduction in introductions:
        before = rf"(?i:\b(?:{introduction})(?:\s+node)?)\s+"
        name = rf"(?:({known})|([\"'`])({known})\2)(?![\w-]|\.\d)"
        found = {match[1] or match[3] for match in re.finditer(before + name, words)}
        if len(found) > 1:
            raise InputError(
                f"the prompt names several nodes as {what} ({', '.join(sorted(found))}): keep one."
            )
        if found:
            return _the_one(found.pop(), names)
    for introduction in introductions:
        stranger = re.search(rf"(?i:\b(?:{introduction})\s+node)\s+[\"'`]?([\w.-]*\w)", words)
        if stranger:
            raise InputError(
                f"the prompt names {stranger[1]!r} as {what}, which is not a node of the graph."
            )
    return None


def _the_one(name: str, names: Names) -> Label:
    """The only node that can be meant by a name, and by none of the punctuation behind it."""
    bare = name
    labels = list(names[name])
    while bare and bare[-1] in ".,;:!?\"'`":
        bare = bare[:-1]
        labels += names.get(bare, []) if bare else []
    if len(labels) > 1:
        raise InputError(
            f"the nodes {' and '.join(map(repr, labels))} of the graph read alike in a prompt: "
            f"{FILE}."
        )
    return labels[0]


def stated(**values: Any) -> dict[str, Any]:
    """The attributes that were found, nodes as JSON has them."""
    return {name: to_json(value) for name, value in values.items() if value is not None}
