"""Facts in the words of a prompt: the problem type, the algorithm, and what may not be missing.

A type is recognised with spaces or hyphens for its underscores, in the plural, and in its other
spellings (`Problem.spelling`). Its attributes are read by the type itself (`Problem.read_details`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from quasar.core.errors import InputError
from quasar.problems.registry import PROBLEMS
from quasar.problems.words import FILE
from quasar.prompts.task_prompt import unread_task
from quasar.recipes.spec import Algorithm


@cache
def _type_pattern() -> re.Pattern[str]:
    """Every type name in every spelling; the group that matched is the type."""
    longest_first = sorted(PROBLEMS, key=len, reverse=True)
    one = "|".join(f"(?P<{name}>{_spelling(name)})" for name in longest_first)
    return re.compile(rf"(?<![A-Za-z_])(?:{one})s?(?![A-Za-z])", re.IGNORECASE)


def _spelling(name: str) -> str:
    spelling = PROBLEMS[name].spelling or name
    spelling = spelling.replace("max_", "max(?:imum)?_").replace("min_", "min(?:imum)?_")
    return spelling.replace("_", r"[-_\s]*")


_ASKED = re.compile(r"(?:solv\w*|address\w*)\s+(?:the|a|an)\s*$", re.IGNORECASE)


def find_type(words: str) -> str:
    """The type that the prompt names; one right behind "solve the" outweighs others."""
    found = [(match.lastgroup, match.start()) for match in _type_pattern().finditer(words)]
    asked = {kind for kind, at in found if _ASKED.search(words, max(0, at - 30), at)}
    kinds = asked or {kind for kind, _ in found}
    if len(kinds) == 1:
        return str(kinds.pop())
    if kinds:
        named = " and ".join(sorted(map(str, kinds)))
        raise InputError(
            f"the prompt names several problem types ({named}): write 'to solve the TYPE', or "
            f"{FILE}."
        )
    task = unread_task(words)
    if task is not None:
        raise InputError(
            f"the target task {task!r} is not read from words: use --task {task} (`quasar tasks "
            f"{task}` shows what it takes)."
        )
    raise InputError(
        "the prompt names no problem type and no target task: write 'to solve the TYPE' with a "
        "type such as vertex_cover (`quasar problems` lists them), or a task such as 'GHZ state on "
        "4 qubits' (`quasar tasks`)."
    )


def find_algorithm(words: str) -> Algorithm | None:
    """The algorithm if exactly one is named."""
    named: set[Algorithm] = set()
    for match in re.finditer(r"\b(?:(adaptive[-_\s]*vqe)|(qaoa)|(vqe))\b", words, re.IGNORECASE):
        named.add("adaptive_vqe" if match[1] else "qaoa" if match[2] else "vqe")
    return named.pop() if len(named) == 1 else None


def require(problem_type: str, attributes: Mapping[str, Any]) -> None:
    """Refuse attributes that lack one the type cannot do without.

    Raises:
        InputError: one is absent; the message shows how a prompt states it.
    """
    for name, wording in PROBLEMS[problem_type].reads.wording.items():
        if attributes.get(name) is None:
            raise InputError(
                f"the prompt does not state {name!r} of the {problem_type}: write e.g. "
                f"'{problem_type} {wording} given the graph: …'."
            )
