"""Lines and tables of 80 columns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quasar.report.plain_text import cells, labelled, printable, table, wrapped


def test_a_label_stands_beside_its_text() -> None:
    assert labelled("answer", "Ada, Grace") == "answer     Ada, Grace"
    assert labelled("answer", "Ada, Grace", indent=2) == "  answer      Ada, Grace"
    assert labelled("cost", "") == "cost"


def test_further_lines_stand_below_the_text() -> None:
    text = labelled("answer", ", ".join(f"node {i}" for i in range(30)))
    first, second, *_ = text.splitlines()
    assert first.startswith("answer     node 0")
    assert second.startswith("           ")
    assert second[11] != " "
    assert max(map(len, text.splitlines())) <= 80


@given(st.text(), st.integers(8, 80))
def test_wrapping_loses_nothing(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert " ".join(lines) == printable(text)
    for line in lines:
        assert cells(line) <= width or " " not in line.strip(" ")


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert printable("a\x1b[31mb\nc\td") == r"a\x1b[31mb\nc\td"
    assert printable("Zürich 東京 $x$ <b>") == "Zürich 東京 $x$ <b>"


def test_wide_characters_take_two_columns() -> None:
    assert max(map(cells, wrapped("東京 " * 40, 80))) <= 80


def test_columns_stand_below_each_other() -> None:
    text = table(["name", "n"], [["a", "1"], ["longer", "20"], ["none"]])
    assert text == " name    n\n a       1\n longer  20\n none"
    assert table(["name", "n"], [["a", "1"]], right=True).splitlines()[1] == " a     1"


@pytest.mark.parametrize("length", [5, 40, 200])
def test_a_table_fits(length: int) -> None:
    name = " ".join(["word"] * (length // 5))
    text = table(["name", *"abcdefg"], [[name, *["0.123456"] * 5]])
    assert max(map(len, text.splitlines())) <= 80
    assert text.count("word") == length // 5


def test_columns_that_do_not_fit_go_below() -> None:
    headings = ["run", *(f"column {i:02}" for i in range(20))]
    rows = [
        ["one", *(f"a{i:02}" for i in range(20))],
        ["long name " * 4, *(f"b{i:02}" for i in range(20))],
    ]
    text = table(headings, rows, right=True)
    assert max(map(len, text.splitlines())) <= 80
    for i in range(20):
        assert text.count(f"column {i:02}") == text.count(f"a{i:02}") == 1
    assert text.count("run") == len(text.split("\n\n")) == 4


def test_a_word_longer_than_its_column_is_broken_and_whole() -> None:
    name = "organisation/" + "model-" * 15
    text = table(["run", *"abcdefgh"], [[name, *["0.1234"] * 8]])
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert "".join(line.split()[0] for line in lines[1:]) == name
    assert all(map(cells, table(["東京"], [["東京" * 60]]).splitlines()))
    assert max(map(cells, table(["東京"], [["東京" * 60]]).splitlines())) <= 80
