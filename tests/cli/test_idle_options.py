"""Options that would do nothing are refused, each with what to do instead."""

from __future__ import annotations

from typing import Any

import pytest

from quasar.cli.idle_options import Given, refuse_idle
from quasar.core.errors import InputError

DESIGNER = Given(designer=True, records=False, refine=False, out=True)
NANO = DESIGNER._replace(designer=False)


@pytest.mark.parametrize(
    ("given", "option", "message"),
    [
        (DESIGNER, "--temperature", "for language models"),
        (DESIGNER, "--top-p", "for language models"),
        (DESIGNER, "--max-tokens", "for language models"),
        (DESIGNER, "--constrained", "for language models"),
        (DESIGNER, "--guided/--free-running", "for language models"),
        (DESIGNER, "--with-qaoa", "take --algorithm qaoa"),
        (NANO, "--max-evaluations", "--refine takes --refine-evaluations"),
        (NANO, "--max-seconds", "limits --model designer and --refine"),
        (NANO, "--refine-evaluations", "add --refine"),
        (NANO._replace(records=True), "--basis", "for one problem"),
        (NANO._replace(records=True), "--trace", "for one problem"),
        (NANO._replace(out=False), "--force", "add --out FOLDER"),
    ],
)
def test_refused(given: Given, option: str, message: str) -> None:
    with pytest.raises(InputError, match=f"^{option} has no effect here: .*{message}"):
        refuse_idle(given, {option: 1, "--seed": 3})
    refuse_idle(given, {option: None})


@pytest.mark.parametrize(
    ("given", "options"),
    [
        (NANO, {"--temperature": 0.0, "--top-p": 1.0, "--with-qaoa": True, "--coupling": "line"}),
        (NANO._replace(refine=True), {"--max-seconds": 1.0, "--refine-evaluations": 9}),
        (DESIGNER, {"--max-seconds": 1.0, "--max-evaluations": 9, "--force": True}),
    ],
)
def test_taken(given: Given, options: dict[str, Any]) -> None:
    refuse_idle(given, options)
