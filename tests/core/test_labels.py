"""Labels: order, pairs and JSON form."""

import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.core.labels import from_json, natural_key, sort_labels, sorted_pair, to_json

ATOMS = st.one_of(
    st.integers(-100, 100),
    st.floats(-100, 100, allow_nan=False),
    st.text(max_size=5),
    st.from_regex(r"\A[a-z]?\d{1,3}[a-z]?\Z"),
)
LABELS = st.recursive(ATOMS, lambda inner: st.tuples(inner, inner), max_leaves=4)


def test_numbers_sort_by_value_in_any_place():
    assert sort_labels([10, 9, 2.5]) == [2.5, 9, 10]
    assert sort_labels(["q10", "q9", "q"]) == ["q", "q9", "q10"]
    assert sort_labels([(0, 10), (0, 9), (-1, 11)]) == [(-1, 11), (0, 9), (0, 10)]
    assert sort_labels(["b", (1, 2), 3, "a"]) == [3, "a", "b", (1, 2)]


def test_lexicographic_order_is_by_text():
    assert sort_labels([10, 9, 2], "lexicographic") == [10, 2, 9]
    assert sort_labels([(0, 10), (0, 9)], "lexicographic") == [(0, 10), (0, 9)]


@settings(deadline=None)
@given(st.lists(LABELS, max_size=6))
def test_natural_order_is_total_and_independent_of_the_input_order(labels):
    once = sort_labels(labels)
    assert sort_labels(reversed(labels)) == once
    assert sort_labels(once) == once


@settings(deadline=None)
@given(LABELS, LABELS)
def test_different_labels_never_tie(a, b):
    assert (natural_key(a) == natural_key(b)) == (a == b)


@settings(deadline=None)
@given(LABELS, LABELS)
def test_a_pair_has_one_form(u, v):
    assert sorted_pair(u, v) == sorted_pair(v, u)
    assert set(sorted_pair(u, v)) == {u, v}


@settings(deadline=None)
@given(LABELS)
def test_json_round_trip(label):
    assert from_json(json.loads(json.dumps(to_json(label)))) == label


UNICODE = ["Zürich", "são paulo", "東京 1", "東京 2"]


@pytest.mark.parametrize("names", list(itertools.permutations(UNICODE)))
def test_unicode_and_spaces(names):
    assert sort_labels(names) == UNICODE
