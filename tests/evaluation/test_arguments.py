"""Arguments of `quasar.evaluate` that do not fit are an InputError, before any work."""

from __future__ import annotations

from typing import Any

import pytest

import quasar
from quasar.core.errors import InputError
from support.plain_id import plain_id

RECORD = {"problem_type": "qubo", "qubo": {"a": 1, "a*b": -2}}
LINE = {"run": "r", "sample_index": 0, "candidate": 1, "qasm": "OPENQASM 3.0;\nqubit[2] q;\n"}


@pytest.mark.parametrize(
    "arguments",
    [
        {"records": None},
        {"records": 3},
        {"generations": None},
        {"generations": [3]},
        {"out": 3},
        {"jobs": 0},
        {"jobs": "two"},
        {"seed": -1},
        {"energy_convention": "real"},
        {"sandbox": "no"},
        {"force": 1},
        {"against": 3},
        {"against": "nobody"},
    ],
    ids=plain_id,
)
def test_refused(arguments: dict[str, Any]) -> None:
    given = {"records": [RECORD], "generations": [LINE], "sandbox": False, **arguments}
    with pytest.raises(InputError):
        quasar.evaluate(given.pop("records"), given.pop("generations"), **given)
