"""The bar on standard error: a line a task, the rate of what is new."""

from __future__ import annotations

import pytest

from quasar.cli.bar import Bar


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err


def test_each_task_has_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar() as bar:
        bar.start("measuring the references", 2)
        bar.advance(2)
        bar.start("judging the candidates", 10, done=3)
        bar.advance()
    assert bar.done == 4
    lines = shown(capsys)
    assert "measuring the references" in lines
    assert "2/2" in lines
    assert "4/10" in lines


def test_a_task_of_no_steps_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar() as bar:
        bar.start("judging the candidates", 0)
    assert "judging" not in shown(capsys)


def test_a_patient_bar_says_nothing_of_short_work(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar(patience_s=60.0) as bar:
        bar.start("optimising", 5)
        bar.advance(5)
    assert not shown(capsys)


def test_what_is_being_done_now(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar() as bar:
        bar.start("building", 5)
        bar.advance(5)
        bar.say("writing the splits")
    assert "writing the splits" in shown(capsys)
