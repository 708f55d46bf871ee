"""Qubits under other names: every token that names them follows, and the way back exists."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quasar.prompts.vocabulary import WRITTEN_QUBITS, tokens
from quasar.train.stream.renaming import Renaming, draw_names

TOKENS = tokens()
NUMBER = {text: number for number, text in enumerate(TOKENS)}
RENAMING = Renaming(NUMBER)


def names_of(n: int, seed: int = 0) -> np.ndarray:
    return draw_names(np.array([n]), RENAMING.room, np.random.default_rng(seed))


def by_text(text: str, names: list[int]) -> str:
    """The plain way, for one token."""
    if re.search(r"(?:q\d+,){2}q\d|(?:q\[\d+\],){2}q\[", text):
        return text
    return re.sub(r"(?<![A-Za-z])q(\[?)(\d+)", lambda m: f"q{m[1]}{names[int(m[2])]}", text)


@given(st.permutations(range(RENAMING.room)))
def test_every_token_is_renamed_as_its_text_would_be(names: list[int]) -> None:
    several = [text for text in TOKENS if not text.startswith("gate cost(g) q0,q1{")]
    ids = np.array([[NUMBER[text]] for text in several], np.uint16)
    renamed = RENAMING(ids, np.tile(names, (len(ids), 1)))[:, 0]
    for text, number in zip(several, renamed, strict=True):
        wanted = by_text(text, names)
        assert TOKENS[number] == (wanted if wanted in NUMBER else text), text


@given(st.integers(3, WRITTEN_QUBITS), st.integers(0, 1000))
def test_there_is_a_way_back(n: int, seed: int) -> None:
    own = [t for t, number in NUMBER.items() if RENAMING.highest[number] < n]
    rng = np.random.default_rng(seed)
    ids = np.array([[NUMBER[t] for t in rng.choice(own, 40)]], np.uint16)
    names = names_of(n, seed)
    there = RENAMING(ids, names)
    assert RENAMING(there, np.argsort(names, axis=1)).tolist() == ids.tolist()
    assert RENAMING.highest[there].max() < n


def test_a_whole_register_in_order_stays() -> None:
    register = [t for t in TOKENS if t.startswith(("gate cost(g) q0,q1,q2", ") q[0],q[1],q[2]"))]
    assert register
    ids = np.array([[NUMBER[t]] for t in register], np.uint16)
    names = np.tile(np.arange(RENAMING.room)[::-1], (len(ids), 1))
    assert RENAMING(ids, names).tolist() == ids.tolist()


def test_a_row_without_a_token_for_its_new_names_stays_whole() -> None:
    small = Renaming({"h q0;": 0, "h q1;": 1, "h q2;": 2, "cx q0,q1;": 3, "cx q1,q2;": 4})
    ids = np.array([[0, 3], [1, 4], [0, 1]], np.uint16)
    names = np.array([[1, 2, 0], [1, 2, 0], [1, 2, 0]])
    assert small(ids, names).tolist() == [[1, 4], [1, 4], [1, 2]]


def test_words_are_no_qubits() -> None:
    odd = Renaming({"qubit[5] q;": 0, "qaoa ": 1, "q?": 2, "seq3 ": 3, "q12 ": 4})
    assert odd.highest.tolist() == [-1, -1, -1, -1, 12]


def test_a_vocabulary_without_qubits_renames_nothing() -> None:
    none = Renaming({"a": 0, "b": 1})
    ids = np.array([[0, 1]], np.uint16)
    assert none(ids, np.zeros((1, none.room), np.int64)).tolist() == [[0, 1]]


@pytest.mark.parametrize("n", [1, 3, RENAMING.room])
def test_drawn_names_are_permutations_of_the_rows_own_qubits(n: int) -> None:
    rng = np.random.default_rng(1)
    names = draw_names(np.full(400, n), RENAMING.room, rng)
    assert (np.sort(names[:, :n], axis=1) == np.arange(n)).all()
    assert (names[:, n:] == np.arange(n, RENAMING.room)).all()
    assert len({tuple(row) for row in names.tolist()}) == (1 if n == 1 else 6 if n == 3 else 400)
