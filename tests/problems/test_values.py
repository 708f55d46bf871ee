"""Plain values in problem files: entries by name or by position."""

from __future__ import annotations

import pytest

from quasar.core.errors import ProblemError
from quasar.problems import values


@pytest.mark.parametrize("stated", [[3, 1], {"a": 3, "b": 1}, {"0": 3, "1": 1}])
def test_entries_are_written_as_they_were_read(stated: object) -> None:
    assert values.as_stated(values.by_name(stated, "'numbers'", "number", "[3, 1]")) == stated


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ([], "'numbers' is empty"),
        ({}, "'numbers' is empty"),
        (3, "'numbers' must be a list such as"),
        ({3: 1, "3": 2}, "number '3' occurs twice"),
    ],
)
def test_what_has_no_entries_by_name_is_refused(stated: object, said: str) -> None:
    with pytest.raises(ProblemError, match=said):
        values.by_name(stated, "'numbers'", "number", "[3, 1]")
