"""Literals in prose."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quasar.prompts.literals import find_literals, read_literal

values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.text(),
        st.floats(allow_nan=False, allow_infinity=False),
    ),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=8,
)
containers = st.one_of(st.lists(values), st.dictionaries(st.text(), values))


@given(containers, st.sampled_from([json.dumps, repr]))
def test_what_was_written_is_found_and_read(value: object, write: object) -> None:
    written = write(value)  # type: ignore[operator]
    text = f"It's the graph: {written}. Don't worry"
    [literal], unclosed = find_literals(text)
    assert unclosed is None
    assert text[literal.start : literal.end] == written
    assert read_literal(written) == value


@given(st.text("[]{}\"'\\ab ", max_size=30))
def test_any_text_is_scanned(text: str) -> None:
    literals, unclosed = find_literals(text)
    previous = 0
    for start, end in literals:
        assert previous <= start < end <= len(text)
        assert text[start] in "[{"
        assert text[end - 1] in "]}"
        previous = end
    assert unclosed is None or text[unclosed] in "[{"


def test_several_and_unclosed_ones() -> None:
    text = "a [1] b {'x': ['}']} c [2"
    literals, unclosed = find_literals(text)
    assert [text[start:end] for start, end in literals] == ["[1]", "{'x': ['}']}"]
    assert unclosed == text.index("[2")
    assert find_literals("x {1]")[1] == 2


def test_both_spellings_may_be_mixed() -> None:
    assert read_literal("{'a': true, 'b': null, \"c\": [False, (1, 2)], 'd': 'true'}") == {
        "a": True,
        "b": None,
        "c": [False, (1, 2)],
        "d": "true",
    }


@pytest.mark.parametrize(
    "text", ["{foo}", "[1, 2", "{1: __import__('os')}", "[" * 9999 + "]" * 9999, "[[1] + [2]]"]
)
def test_what_is_no_literal_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="neither JSON nor Python"):
        read_literal(text)


@pytest.mark.parametrize("unit", ["[", "{}", "\\", "'", "[']", '["'])
def test_a_megabyte_takes_linear_time(unit: str) -> None:
    start = time.process_time()
    find_literals(unit * (1_000_000 // len(unit)))
    assert time.process_time() - start < 10
