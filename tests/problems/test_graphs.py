"""Graphs in problem files: attributes of the right type, or a refusal that shows one."""

from __future__ import annotations

from typing import Any

import pytest

from quasar.core.errors import ProblemError
from quasar.problems import graphs


@pytest.mark.parametrize(
    ("value", "kind", "read"),
    [(3, int, 3), (0, int, 0), (2, float, 2.0), (2.5, float, 2.5), (True, bool, True),
     (False, bool, False), ("a", str, "a")],
)  # fmt: skip
def test_attributes_of_their_type(value: Any, kind: type, read: Any) -> None:
    found = graphs.attribute({"k": value}, "k", kind, 1)
    assert found == read
    assert type(found) is kind


@pytest.mark.parametrize(
    ("value", "kind"),
    [("3", int), (2.5, int), ([3], int), ("2.5", float), (True, int), (True, float), (1, bool),
     (3, str)],
)  # fmt: skip
def test_attributes_of_another_type(value: Any, kind: type) -> None:
    with pytest.raises(ProblemError, match=f"'k' must be of type {kind.__name__}, not "):
        graphs.attribute({"k": value}, "k", kind, 1)


@pytest.mark.parametrize("given", [{}, {"k": None}, {"m": 3}])
def test_an_absent_attribute_is_shown_by_example(given: dict[str, Any]) -> None:
    with pytest.raises(ProblemError, match=r"lacks 'k': add it, e\.g\. \{'k': 3\}"):
        graphs.attribute(given, "k", int, 3)
