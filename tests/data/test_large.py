"""Data sets beyond 24 qubits: built, resumed, checked, exported, and read by training."""

from __future__ import annotations

import json
from pathlib import Path

import networkx as nx
import pytest

from quasar.core.errors import InputError
from quasar.data.build import build
from quasar.data.check import check_record
from quasar.data.export import export
from quasar.data.large import LARGE_PROBLEMS, sample_large
from quasar.data.settings import BuildSettings
from quasar.data.shard import build_record
from quasar.data.source import Source
from quasar.data.validate import validate
from quasar.evaluation.inputs import read_records

pytest.importorskip("pyarrow")
pytest.importorskip("ortools", reason="bounds need OR-Tools")

GIVEN = {
    "recipe": "converged",
    "count": 3,
    "sizes": "25-27",
    "layers": {"qaoa": {1: 1}},
    "solve_seconds": 3,
    "shard_size": 2,
}
SETTINGS = BuildSettings.parse(GIVEN)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("large") / "set", SETTINGS, jobs=1).folder


@pytest.fixture(scope="module")
def records(folder: Path) -> list[dict]:
    return [record for _, record in Source(folder / "data").records()]


def test_the_settings_of_a_range() -> None:
    assert SETTINGS.is_large
    assert (SETTINGS.min_qubits, SETTINGS.max_qubits) == (25, 27)
    assert set(SETTINGS.sizes) == {25, 26, 27}
    assert set(SETTINGS.algorithms) == {"qaoa"}
    again = BuildSettings.parse(json.loads(SETTINGS.model_dump_json()))
    assert again == SETTINGS


def test_of_small_data_sets_nothing_changes() -> None:
    small = BuildSettings.parse({"recipe": "converged", "count": 3})
    assert not small.is_large
    other = small.model_copy(update={"solve_seconds": 9.0})
    assert other.fingerprint() == small.fingerprint()
    assert SETTINGS.model_copy(update={"solve_seconds": 9.0}).fingerprint() != (
        SETTINGS.fingerprint()
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sizes": "10-30"}, "^sizes: a data set has up to 16 qubits, or from 25 on"),
        ({"sizes": "30"}, "a range is two numbers such as 30-200"),
        ({"sizes": "40-30"}, "a range is two numbers"),
        ({"algorithms": {"vqe": 1.0}}, "there is qaoa only"),
        ({"problems": {"tsp": 1.0}}, "tsp has no sparse instances"),
        ({"recipe": "agent-q"}, "agent-q is for up to 16 qubits"),
    ],
)
def test_what_large_sets_cannot_hold_is_refused(change: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        BuildSettings.parse({**GIVEN, **change})


@pytest.mark.parametrize("problem_type", LARGE_PROBLEMS)
def test_instances_have_their_size_and_are_sparse(problem_type: str) -> None:
    import numpy as np

    for seed in range(4):
        problem = sample_large(np.random.default_rng(seed), problem_type, 31)
        graph = problem.structure().graph
        assert len(problem.variables("exact")) == 31
        assert isinstance(graph, nx.Graph)


def test_records_state_what_is_known_and_nothing_else(records: list[dict]) -> None:
    assert len(records) == 3
    for record in records:
        assert 25 <= record["number_of_qubits"] <= 27
        assert record["p_optimal"] is record["basis_state"] is record["product_state"] is None
        assert json.loads(record["solution"])["bitstrings"] == []
        assert json.loads(record["known"])["optimum"]["status"] == "proven"
        assert 0.5 < record["ratio_low"] <= record["ratio_high"] <= 1


def test_a_record_can_be_made_again(records: list[dict]) -> None:
    again = build_record(SETTINGS, 1)
    for name in ("circuit_with_params", "energy", "instance_id", "e_min"):
        assert again[name] == records[1][name]


def test_they_pass_their_check_and_changes_do_not(folder: Path, records: list[dict]) -> None:
    found = validate(folder, jobs=1)
    assert found.findings == []
    assert found.checked == 3
    first = records[0]
    known = json.loads(first["known"])
    known["optimum"]["value"] += 1
    for change, words in (
        ({"energy": first["energy"] + 0.01}, "energy is"),
        ({"p_optimal": 0.5}, "not defined beyond 24 qubits"),
        ({"ratio_low": 0.1}, "ratio_low is"),
        ({"known": json.dumps(known)}, "the solution's objective is not"),
        ({"gates": 1}, "gates is 1"),
        ({"known": None}, "known must be string"),
    ):
        faults = check_record({**first, **change}, SETTINGS)
        assert any(words in fault for fault in faults), (change, faults)


def test_exported_records_can_be_evaluated(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "records.jsonl"
    assert export(folder, out) == 3
    found = read_records(out)
    assert all(r.problem.encoding == "exact" for r in found.items if r.problem.problem)
    assert all(record.layers == 1 for record in found.items)


def test_the_card_has_no_missing_numbers(folder: Path) -> None:
    text = (folder / "README.md").read_text()
    assert "nan" not in text
    assert "by causal cones" in text
