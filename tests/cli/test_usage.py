"""A wrong command line is answered with one sentence that says what to change."""

from __future__ import annotations

import json

import pytest

from support.command import quasar


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("verfy x", "No such command 'verfy'. Did you mean 'verify'?"),
        ("design x", "Did you mean 'generate'?"),
        ("data buidl", "Did you mean 'build'? `quasar data --help` shows what it takes."),
        ("verify x --probem y", "there is no option --probem: did you mean --problem?"),
        ("verify x --xyzzy", "there is no option --xyzzy. `quasar verify --help`"),
        ("verify", "CIRCUIT is missing. `quasar verify --help` shows what it takes."),
        ("verify x", "--problem is missing"),
        ("verify x --problem", "'--problem' requires an argument"),
        ("verify x y --problem z", "unexpected extra argument(s) (y)"),
        ("generate x.csv", "(x.csv). A problem's file is named by --problem FILE."),
        ("generate --algorithm qoaa", "did you mean 'qaoa'?"),
        ("generate --layers -1", "--layers must be at least 1. `quasar generate --help`"),
        ("generate --layers two", "--layers must be an integer"),
        ("generate --temperature hot", "--temperature must be a number"),
        ("encode --problem x --encoding exakt", "did you mean 'exact'?"),
    ],
)
def test_usage_errors(line: str, message: str) -> None:
    code, out, err = quasar(*line.split())
    assert code == 2
    assert err.startswith("error: ")
    assert message in err
    assert err.count("\n") == 1
    assert not out


def test_usage_errors_are_json_where_it_is_asked_for() -> None:
    code, out, _ = quasar("verify", "x", "--json")
    told = json.loads(out)
    assert (code, told["exit_code"]) == (2, 2)
    assert "--problem is missing" in told["error"]


def test_capitals_and_other_spellings_of_commands() -> None:
    assert quasar("Problems", "kclique").code == 0
    assert "does" not in quasar("optimize", "--help").err
    assert quasar("optimize", "--help").code == 0


def test_nothing_at_all_shows_the_help() -> None:
    code, out, err = quasar()
    assert code == 2
    assert "generate" in out + err


def test_no_line_is_lost_where_standard_input_ends() -> None:
    code, _, err = quasar("verify", "-", "--problem", "-")
    assert code == 2
    assert "only one of" in err
