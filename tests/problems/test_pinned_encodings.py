"""Encodings stay as they are: data sets and trained models rest on them.

`pinned_encodings.json` has an instance or two of each type with the Hamiltonian of each encoding,
its constant behind it, the weight of the penalties, and the instance's id. A difference here
changes every data set.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from quasar.data.identity import instance_id
from quasar.problems.base import encode
from quasar.problems.load import build_problem
from quasar.problems.registry import PROBLEMS

PINNED = json.loads(Path(__file__).with_name("pinned_encodings.json").read_text(encoding="utf-8"))


def test_every_type_is_pinned() -> None:
    assert {row["problem"]["problem_type"] for row in PINNED} == set(PROBLEMS)


@pytest.mark.parametrize("row", PINNED, ids=lambda row: row["problem"]["problem_type"])
def test_hamiltonians(row: dict[str, Any]) -> None:
    problem = build_problem(row["problem"])
    penalties = problem.formulation().penalties
    assert (None if penalties is None else str(penalties.weight)) == row.get("penalty_weight")
    for encoding, text in row["hamiltonians"].items():
        hamiltonian = encode(problem, encoding).hamiltonian
        assert f"{hamiltonian.to_text()} + {hamiltonian.constant!r}" == text


@pytest.mark.parametrize("row", PINNED, ids=lambda row: row["problem"]["problem_type"])
def test_instances(row: dict[str, Any]) -> None:
    assert instance_id(build_problem(row["problem"])) == row["instance_id"]
