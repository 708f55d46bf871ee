"""The problem types by name. Adding one is one file, its test, and one line here."""

from __future__ import annotations

from quasar.core.errors import ProblemError
from quasar.problems.base import Problem
from quasar.problems.vertex_cover import VertexCover

PROBLEMS: dict[str, type[Problem]] = {cls.problem_type: cls for cls in (VertexCover,)}


def problem_class(problem_type: str) -> type[Problem]:
    """The class of a problem type.

    Raises:
        ProblemError: unknown name; the message lists the known ones.
    """
    try:
        return PROBLEMS[problem_type]
    except (KeyError, TypeError):
        raise ProblemError(
            f"unknown problem type {problem_type!r}; known: {', '.join(sorted(PROBLEMS))}."
        ) from None
