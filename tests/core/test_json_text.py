"""JSON of which no key is lost."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quasar.core.json_text import RepeatedKeyError, loads, terms_may_repeat

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_text_without_repeated_keys_is_read_as_ever(value: object) -> None:
    text = json.dumps(value)
    assert loads(text) == json.loads(text)


@given(
    st.lists(st.tuples(st.text(max_size=3), VALUES), max_size=6),
    st.lists(st.sampled_from(["list", "object"])),
)
def test_a_repeated_key_is_found_at_any_depth(
    pairs: list[tuple[str, object]], around: list[str]
) -> None:
    text = "{" + ",".join(f"{json.dumps(k)}:{json.dumps(v)}" for k, v in pairs) + "}"
    for kind in around:
        text = f"[0,{text}]" if kind == "list" else f'{{"in":{text}}}'
    keys = [key for key, _ in pairs]
    if len(set(keys)) == len(keys):
        assert loads(text) == json.loads(text)
        return
    with pytest.raises(RepeatedKeyError) as caught:
        loads(text)
    assert keys.count(caught.value.key) > 1
    assert len(caught.value.path) == len(around)


def test_the_place_is_named() -> None:
    with pytest.raises(RepeatedKeyError) as caught:
        loads('{"graph": {"edges": [{"a": 1}, {"source": 0, "source": 1}]}}')
    sentence = caught.value.sentence("p.json")
    assert sentence == "p.json has the key 'source' twice in graph.edges[1]: keep one of the two."
    with pytest.raises(RepeatedKeyError, match="the key 'a' twice: keep"):
        loads('{"a": 1, "a": 1}')


def test_only_terms_may_repeat_and_all_pairs_stay() -> None:
    text = '{"qubo": {"a": 1, "b": 2, "a": 3}}'
    terms = loads(text, may_repeat=terms_may_repeat)["qubo"]
    for kept in (terms, copy.deepcopy(terms), pickle.loads(pickle.dumps(terms))):
        assert list(kept.items()) == [("a", 1), ("b", 2), ("a", 3)]
        assert json.dumps(kept) == '{"a": 1, "b": 2, "a": 3}'
    for other in ('{"qubo": {"a": {"b": 1, "b": 2}}}', '{"x": {"qubo": {"a": 1, "a": 2}}}', "{%s}"):
        text = other.replace("%s", '"a": 1, "a": 2')
        with pytest.raises(RepeatedKeyError):
            loads(text, may_repeat=terms_may_repeat)


@pytest.mark.parametrize("text", ["", "{", "[1,]", '{"a" 1}'])
def test_what_is_not_json_is_said_as_ever(text: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        loads(text)
