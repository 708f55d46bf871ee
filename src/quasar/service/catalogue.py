"""What the service says of itself: where to go, the routes as a page, and the problem types."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Literal

from quasar.problems.description import ProblemType, describe, describe_all
from quasar.service.models import ApiAnswer

DOCS_PATH = "/docs"
_ROW = "<tr><td>{0}</td><td><code>{1}</code></td><td>{2}</td></tr>"
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>quasar</title></head><body>
<h1>quasar</h1>
<p>Fields, limits and examples of every request: <a href="openapi.json">openapi.json</a>.</p>
<table>
{rows}
</table>
</body></html>
"""


class ProblemsAnswer(ApiAnswer):
    """The problem types."""

    problems: list[ProblemType]
    """In alphabetical order, or the one asked for."""


def problems_answer(problem_type: str | None = None) -> ProblemsAnswer:
    """All problem types, or one with a template.

    Raises:
        ProblemError: unknown name.
    """
    found = describe_all() if problem_type is None else [describe(problem_type)]
    return ProblemsAnswer(problems=found)


class IndexAnswer(ApiAnswer):
    """Where to go from here."""

    service: Literal["quasar"] = "quasar"
    """Always `quasar`."""
    version: str
    """Of quasar."""
    docs: str
    """The routes, for people."""
    openapi: str
    """The same for programs."""
    health: str
    """Whether the service is up."""
    v1: list[str]
    """The routes of this version."""


def page(routes: Iterable[tuple[str, ...]]) -> str:
    """A page without scripts on routes, each with its method, its path and what it does."""
    return _PAGE.format(rows="\n".join(_ROW.format(*map(escape, route)) for route in routes))
