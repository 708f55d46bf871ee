"""Options that would do nothing are refused, each with what to do instead."""

from __future__ import annotations

from inspect import signature
from typing import Any

import pytest

from quasar.cli.generate import command
from quasar.cli.idle_options import _OPTIONS, Given, refuse_idle
from quasar.core.errors import InputError

DESIGNER = Given(designer=True, records=False, refine=False, out=True)
NANO = DESIGNER._replace(designer=False)


@pytest.mark.parametrize(
    ("given", "option", "message"),
    [
        (DESIGNER, "temperature", "for language models"),
        (DESIGNER, "top_p", "for language models"),
        (DESIGNER, "max_tokens", "for language models"),
        (DESIGNER, "constrained", "for language models"),
        (DESIGNER, "guided", "for language models"),
        (DESIGNER, "with_qaoa", "take --algorithm qaoa"),
        (NANO, "max_evaluations", "--refine takes --refine-evaluations"),
        (NANO, "max_seconds", "limits --model designer and --refine"),
        (NANO, "refine_evaluations", "add --refine"),
        (NANO._replace(records=True), "basis", "for one problem"),
        (NANO._replace(records=True), "trace", "for one problem"),
        (NANO._replace(out=False), "force", "add --out FOLDER"),
    ],
)
def test_refused(given: Given, option: str, message: str) -> None:
    with pytest.raises(InputError, match=f"^--.* has no effect here: .*{message}"):
        refuse_idle(given, {"trace": False, option: 1, "seed": 3})
    refuse_idle(given, {option: None})


def test_every_option_is_one_of_generate() -> None:
    assert _OPTIONS.keys() <= signature(command).parameters.keys()


@pytest.mark.parametrize(
    ("given", "options"),
    [
        (NANO, {"temperature": 0.0, "top_p": 1.0, "with_qaoa": True, "coupling": "line"}),
        (NANO._replace(refine=True), {"max_seconds": 1.0, "refine_evaluations": 9}),
        (DESIGNER, {"max_seconds": 1.0, "max_evaluations": 9, "force": True}),
    ],
)
def test_taken(given: Given, options: dict[str, Any]) -> None:
    refuse_idle(given, options)
